import { commonLength } from './channels.js'
import { AudioError } from './error.js'
import { bytesToInt16, int16ToBytes, type QuantizeOptions, toFloat32, toInt16 } from './int16.js'
import { formatTags } from './wav-format.js'

/** Samples of one channel: float (-1 to 1), 16-bit, or `audio/pcm` bytes (16-bit little-endian). */
export type WavSamples = Float32Array | Int16Array | Uint8Array

/** Options of {@link writeWav}. */
export interface WavOptions extends QuantizeOptions {
  /** Sample rate per channel, in hertz. */
  readonly sampleRate: number
  /**
   * `pcm16` plays everywhere. `float32` keeps values above full scale and below the resolution of 16 bits.
   * @defaultValue 'pcm16'
   */
  readonly encoding?: 'pcm16' | 'float32'
}

/**
 * Writes a complete WAV file with one channel, or several of the same length.
 * @throws {@link AudioError} INVALID_OPTION when the sample rate is invalid or the channels differ in length, ODD_BYTE_COUNT when bytes
 *   end in
 * the middle of a sample.
 *
 * @example
 * ```ts
 * await writeFile('answer.wav', writeWav(samples, { sampleRate: 24_000 }))
 * ```
 */
export function writeWav(sound: WavSamples | readonly WavSamples[], options: WavOptions): Uint8Array<ArrayBuffer> {
  const channelCount = ArrayBuffer.isView(sound) ? 1 : sound.length
  const writer = createWavWriter({ ...options, channelCount })
  const body = writer.write(sound)
  const header = writer.finalHeader()
  const file = new Uint8Array(header.length + body.length)
  file.set(header)
  file.set(body, header.length)
  return file
}

/** Options of {@link createWavWriter}. */
export interface WavWriterOptions extends WavOptions {
  /**
   * Number of channels of each chunk.
   * @defaultValue 1
   */
  readonly channelCount?: number
}

/**
 * Writes a WAV file in chunks and keeps none of them. Write `header`, then the result of each `write`. In a seekable file, overwrite the
 * header with
 * `finalHeader()` at the end or periodically. A response or a pipe needs nothing more.
 */
export interface WavWriter {
  /** Start of the file, with placeholder sizes. */
  readonly header: Uint8Array<ArrayBuffer>
  /**
   * Returns the bytes to append for a chunk.
   * @throws {@link AudioError} INVALID_OPTION when the number of channels differs from `channelCount` or they differ in length,
   *   ODD_BYTE_COUNT.
   */
  write(sound: WavSamples | readonly WavSamples[]): Uint8Array<ArrayBuffer>
  /** Returns the header with the final sizes. It has the same length as `header`. */
  finalHeader(): Uint8Array<ArrayBuffer>
  /** Samples written so far, per channel. */
  readonly sampleCount: number
}

/**
 * Creates a writer for audio that arrives in chunks.
 * @throws {@link AudioError} INVALID_OPTION when the sample rate or the number of channels is invalid.
 * @example
 * ```ts
 * const wav = createWavWriter({ sampleRate: 24_000 })
 * await file.write(wav.header)
 * for await (const pcm of response.audio()) await file.write(wav.write(pcm))
 * await file.write(wav.finalHeader(), 0, wav.header.length, 0)
 * ```
 */
export function createWavWriter(options: WavWriterOptions): WavWriter {
  const { sampleRate, channelCount = 1, encoding = 'pcm16' } = options
  assertWhole('sampleRate', sampleRate, 0xffffffff)
  assertWhole('channelCount', channelCount, 0xffff)
  if (encoding !== 'pcm16' && encoding !== 'float32') throw invalidOption('encoding', `must be 'pcm16' or 'float32'`)
  const layout: Layout = { sampleRate, channelCount, encoding, sampleBytes: encoding === 'pcm16' ? 2 : 4 }
  let sampleCount = 0
  return {
    header: createHeader(layout, undefined),
    write(sound) {
      const channels = ArrayBuffer.isView(sound) ? [sound] : sound
      if (channels.length !== channelCount) {
        throw invalidOption('channels', `must contain ${channelCount} channels, not ${channels.length}`)
      }
      const samples = channels.map((channel) => (encoding === 'pcm16' ? asInt16(channel, options) : asFloat32(channel)))
      const length = commonLength(samples)
      sampleCount += length
      return interleave(samples, length, encoding)
    },
    finalHeader: () => createHeader(layout, sampleCount),
    get sampleCount() {
      return sampleCount
    },
  }
}

interface Layout {
  readonly sampleRate: number
  readonly channelCount: number
  readonly encoding: 'pcm16' | 'float32'
  readonly sampleBytes: number
}

/** Placeholder for sizes that are unknown or too large. */
const openSize = 0xffffffff

function createHeader(layout: Layout, sampleCount: number | undefined): Uint8Array<ArrayBuffer> {
  // Formats other than PCM have an extension size in "fmt " and the number of samples in "fact".
  const isFloat = layout.encoding === 'float32'
  const header = new Uint8Array(isFloat ? 58 : 44)
  const frameBytes = layout.sampleBytes * layout.channelCount
  const dataSize = sampleCount === undefined ? openSize : sampleCount * frameBytes
  const fields = createFieldWriter(header)
  fields.name('RIFF').uint32(dataSize + header.length - 8)
  fields.name('WAVE')
  fields.name('fmt ').uint32(isFloat ? 18 : 16)
  fields.uint16(isFloat ? formatTags.float : formatTags.pcm).uint16(layout.channelCount)
  fields.uint32(layout.sampleRate).uint32(layout.sampleRate * frameBytes)
  fields.uint16(frameBytes).uint16(8 * layout.sampleBytes)
  if (isFloat)
    fields
      .uint16(0)
      .name('fact')
      .uint32(4)
      .uint32(sampleCount ?? openSize)
  fields.name('data').uint32(dataSize)
  return header
}

interface FieldWriter {
  name(characters: string): FieldWriter
  uint16(value: number): FieldWriter
  uint32(value: number): FieldWriter
}

function createFieldWriter(bytes: Uint8Array): FieldWriter {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = 0
  const fields: FieldWriter = {
    name(characters) {
      for (let index = 0; index < 4; index++) view.setUint8(offset++, characters.charCodeAt(index))
      return fields
    },
    uint16(value) {
      view.setUint16(offset, Math.min(value, 0xffff), true)
      offset += 2
      return fields
    },
    uint32(value) {
      view.setUint32(offset, Math.min(value, openSize), true)
      offset += 4
      return fields
    },
  }
  return fields
}

function asInt16(samples: WavSamples, options: QuantizeOptions): Int16Array {
  if (samples instanceof Int16Array) return samples
  return samples instanceof Float32Array ? toInt16(samples, options) : bytesToInt16(samples)
}

function asFloat32(samples: WavSamples): Float32Array {
  if (samples instanceof Float32Array) return samples
  return toFloat32(samples instanceof Int16Array ? samples : bytesToInt16(samples))
}

function interleave(
  channels: readonly (Int16Array | Float32Array)[],
  length: number,
  encoding: 'pcm16' | 'float32',
): Uint8Array<ArrayBuffer> {
  const count = channels.length * length
  const mixed = encoding === 'pcm16' ? new Int16Array(count) : new Float32Array(count)
  for (const [channel, samples] of channels.entries()) {
    for (let index = 0, target = channel; index < length; index++, target += channels.length) {
      mixed[target] = samples[index] as number
    }
  }
  return mixed instanceof Int16Array ? int16ToBytes(mixed) : floatsToBytes(mixed)
}

function floatsToBytes(samples: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 * samples.length)
  const view = new DataView(bytes.buffer)
  for (const [index, sample] of samples.entries()) view.setFloat32(4 * index, sample, true)
  return bytes
}

function assertWhole(option: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return
  throw invalidOption(option, `must be a whole number from 1 to ${most}, not ${value}`)
}

function invalidOption(option: string, problem: string): AudioError<'INVALID_OPTION'> {
  return new AudioError('INVALID_OPTION', { option, problem })
}
