import { AudioError } from './error.js'
import { createSampleReader, readWavFormat, unsupportedWav, type WavFormat } from './wav-format.js'

/** A WAV file, read. */
export interface WavFile extends WavFormat {
  /**
   * One array of float samples a channel, all equally long; integer formats give -1 up to 1, float formats what they
   * hold.
   */
  readonly channels: readonly Float32Array<ArrayBuffer>[]
  /** Length of the sound in milliseconds, not rounded. */
  readonly durationMs: number
}

/**
 * Writers that cannot go back to fill in a size leave a number from here up; sox and espeak-ng are the ones that leave
 * this one.
 */
const smallestUnknownSize = 0x7ffff000

const riffHeaderLength = 12
const chunkHeaderLength = 8

/**
 * Reads a WAV file: PCM of 8, 16, 24 and 32 bits, float of 32 and 64 bits, mu-law and A-law, plain or
 * WAVE_FORMAT_EXTENSIBLE, any number of channels. Chunks that it does not know are skipped. Where a streaming writer
 * left the sizes open (0, or as good as infinite) it takes what is there; half a sample at the end is left out.
 * @throws {@link AudioError} INVALID_WAV with the reason, UNSUPPORTED_FORMAT when the encoding is another.
 */
export function readWav(bytes: Uint8Array): WavFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  assertRiff(view)
  const { format, data } = findSound(view)
  const channels = readChannels(format, data)
  return { ...format, channels, durationMs: ((channels[0]?.length ?? 0) * 1000) / format.sampleRate }
}

function assertRiff(view: DataView): void {
  if (view.byteLength === 0) throw new AudioError('INVALID_WAV', { reason: 'empty' })
  const group = readName(view, 0)
  const kind = readName(view, 8)
  if (kind === 'WAVE' && (group === 'RF64' || group === 'RIFX')) throw unsupportedWav(`a WAV file of the kind ${group}`)
  if (!'RIFF'.startsWith(group) || !'WAVE'.startsWith(kind)) throw new AudioError('INVALID_WAV', { reason: 'not-wav' })
  if (view.byteLength < riffHeaderLength) throw truncated(view, riffHeaderLength)
}

function findSound(view: DataView): { format: WavFormat; data: DataView } {
  const length = view.byteLength
  const riffSize = view.getUint32(4, true)
  const riffEnd = riffSize >= smallestUnknownSize ? 0 : chunkHeaderLength + riffSize
  let format: WavFormat | undefined
  let offset = riffHeaderLength
  while (offset + chunkHeaderLength <= length) {
    const name = readName(view, offset)
    const size = view.getUint32(offset + 4, true)
    const start = offset + chunkHeaderLength
    if (name === 'data') {
      if (!format) throw new AudioError('INVALID_WAV', { reason: 'no-format' })
      return { format, data: subview(view, start, soundEnd(view, start, size, riffEnd)) }
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

function soundEnd(view: DataView, start: number, size: number, riffEnd: number): number {
  // A size of 0 is only open when the file as a whole ends, by its own word, where the sound begins.
  const open = size === 0 ? riffEnd <= start : size >= smallestUnknownSize && start + size > view.byteLength
  if (open) return view.byteLength
  if (start + size > view.byteLength) throw truncated(view, start + size)
  return start + size
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
