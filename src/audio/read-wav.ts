import { AudioError } from './error.js'
import { createSampleReader, readWavFormat, unsupportedWav, type WavFormat } from './wav-format.js'

/** Format and samples of a WAV file. */
export interface WavFile extends WavFormat {
  /**
   * One array of float samples per channel, all with the same length. Integer formats have values from -1 to 1, float formats the stored
   * values.
   */
  readonly channels: readonly Float32Array<ArrayBuffer>[]
  /** Duration in milliseconds, not rounded. */
  readonly durationMs: number
}

/** Options of {@link readWav}. */
export interface ReadWavOptions {
  /**
   * What happens when the file ends before its samples do: `throw` throws `INVALID_WAV` with the reason `truncated`,
   * `read` returns the samples that are there. A file that ends before its samples start is always an error.
   * @defaultValue `'throw'`
   */
  readonly onTruncated?: 'throw' | 'read'
}

/**
 * Writers that cannot seek back store a placeholder for sizes that they do not know yet. ffmpeg stores 0xffffffff, sox
 * and espeak-ng 0x7ffff000, and Python programs call `setnframes(1_000_000_000)`, which is 1,000,000,000 bytes or more.
 */
const smallestPlaceholder = 1_000_000_000

const riffHeaderLength = 12
const chunkHeaderLength = 8

/**
 * Reads a WAV file: PCM of 8, 16, 24 and 32 bits, float of 32 and 64 bits, mu-law and A-law, plain or
 * WAVE_FORMAT_EXTENSIBLE, with any number of channels. Unknown chunks are skipped, and half a sample at the end is
 * left out. A streamed file, whose sizes are 0 or placeholders of 1,000,000,000 and more, is read to its end.
 *
 * ```ts
 * const { channels, sampleRate } = readWav(await readFile('question.wav'))
 * ```
 * @throws {@link AudioError} INVALID_WAV with the reason, UNSUPPORTED_FORMAT for other encodings and for RF64, BW64,
 *   RIFX and W64 files, INVALID_OPTION.
 *
 * @example
 * ```ts
 * const { channels, sampleRate } = readWav(await readFile('question.wav'))
 * ```
 */
export function readWav(bytes: Uint8Array, options: ReadWavOptions = {}): WavFile {
  const { onTruncated = 'throw' } = options
  if (onTruncated !== 'throw' && onTruncated !== 'read')
    throw new AudioError('INVALID_OPTION', { option: 'onTruncated', problem: "must be 'throw' or 'read'" })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  assertRiff(view)
  const { format, start, end } = findSamples(view)
  if (end > view.byteLength && onTruncated === 'throw') throw truncated(view, end)
  const channels = readChannels(format, subview(view, start, Math.min(end, view.byteLength)))
  return { ...format, channels, durationMs: ((channels[0]?.length ?? 0) * 1000) / format.sampleRate }
}

function assertRiff(view: DataView): void {
  if (view.byteLength === 0) throw new AudioError('INVALID_WAV', { reason: 'empty' })
  const group = readName(view, 0)
  const kind = readName(view, 8)
  // Wave64 starts with a GUID whose first four bytes are "riff" in lower case.
  if (group === 'riff') throw unsupportedWav('a WAV file of the kind W64')
  if (kind === 'WAVE' && otherKinds.includes(group)) throw unsupportedWav(`a WAV file of the kind ${group}`)
  if (!'RIFF'.startsWith(group) || !'WAVE'.startsWith(kind)) throw new AudioError('INVALID_WAV', { reason: 'not-wav' })
  if (view.byteLength < riffHeaderLength) throw truncated(view, riffHeaderLength)
}

/** RF64 and BW64 have 64-bit sizes; RIFX is big-endian. */
const otherKinds = ['RF64', 'BW64', 'RIFX']

/** Returns where the samples are. `end` is beyond the end of a truncated file. */
function findSamples(view: DataView): { format: WavFormat; start: number; end: number } {
  const length = view.byteLength
  const riffSize = view.getUint32(4, true)
  const riffEnd =
    riffSize >= smallestPlaceholder && chunkHeaderLength + riffSize > length ? 0 : chunkHeaderLength + riffSize
  let format: WavFormat | undefined
  let offset = riffHeaderLength
  while (offset + chunkHeaderLength <= length) {
    const name = readName(view, offset)
    const size = view.getUint32(offset + 4, true)
    const start = offset + chunkHeaderLength
    if (name === 'data') {
      if (!format) throw new AudioError('INVALID_WAV', { reason: 'no-format' })
      return { format, start, end: samplesEnd(view, start, size, riffEnd) }
    }
    const end = start + size
    if (end > length) throw truncated(view, end)
    if (name === 'fmt ') format = readWavFormat(subview(view, start, end))
    offset = end + (size % 2)
  }
  if (riffEnd > length) throw truncated(view, riffEnd)
  if (offset < length) throw truncated(view, offset + chunkHeaderLength)
  throw new AudioError('INVALID_WAV', { reason: 'no-data' })
}

function samplesEnd(view: DataView, start: number, size: number, riffEnd: number): number {
  // A size of 0 is only a placeholder when the RIFF size does not announce anything after the "data" header either.
  const isPlaceholder = size === 0 ? riffEnd <= start : size >= smallestPlaceholder && start + size > view.byteLength
  return isPlaceholder ? view.byteLength : start + size
}

function readChannels(format: WavFormat, data: DataView): Float32Array<ArrayBuffer>[] {
  const read = createSampleReader(format)
  const sampleBytes = format.bitsPerSample / 8
  const frameBytes = sampleBytes * format.channelCount
  const frames = Math.floor(data.byteLength / frameBytes)
  return Array.from({ length: format.channelCount }, (_, channel) => {
    const samples = new Float32Array(frames)
    let offset = channel * sampleBytes
    for (let index = 0; index < frames; index++, offset += frameBytes) samples[index] = read(data, offset)
    return samples
  })
}

/** Up to four characters; fewer where the file ends. */
function readName(view: DataView, offset: number): string {
  let name = ''
  for (let index = offset; index < Math.min(offset + 4, view.byteLength); index++) {
    name += String.fromCharCode(view.getUint8(index))
  }
  return name
}

function subview(view: DataView, start: number, end: number): DataView {
  return new DataView(view.buffer, view.byteOffset + start, end - start)
}

function truncated(view: DataView, expectedBytes: number): AudioError<'INVALID_WAV'> {
  return new AudioError('INVALID_WAV', { reason: 'truncated', expectedBytes, foundBytes: view.byteLength })
}
