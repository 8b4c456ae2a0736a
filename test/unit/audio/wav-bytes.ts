/** A WAV file put together by hand, so that the reader is not tested against the writer. */
export interface WavParts {
  tag?: number
  channelCount?: number
  sampleRate?: number
  bits?: number
  /** Bytes of one sample; from `bits` unless given. */
  container?: number
  extensible?: boolean
  data?: Uint8Array
  /** Chunks between "fmt " and "data", and after "data". */
  before?: readonly Uint8Array[]
  after?: readonly Uint8Array[]
  /** Sizes in place of the true ones. */
  riffSize?: number
  dataSize?: number
}

export function wavBytes(parts: WavParts = {}): Uint8Array<ArrayBuffer> {
  const { data = new Uint8Array(0), before = [], after = [] } = parts
  const sound = chunk('data', data, parts.dataSize)
  const body = join([text('WAVE'), formatChunk(parts), ...before, sound, ...after])
  return join([text('RIFF'), uint32(parts.riffSize ?? body.length), body])
}

export function formatChunk(parts: WavParts): Uint8Array {
  const { tag = 1, channelCount = 1, sampleRate = 24_000, bits = 16, extensible = false } = parts
  const container = parts.container ?? Math.ceil(bits / 8)
  const frame = container * channelCount
  const base = [
    uint16(extensible ? 0xfffe : tag),
    uint16(channelCount),
    uint32(sampleRate),
    uint32(sampleRate * frame),
    uint16(frame),
    uint16(extensible ? 8 * container : bits),
  ]
  if (!extensible) return chunk('fmt ', join(base))
  const identifier = join([uint16(tag), Uint8Array.of(0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71)])
  return chunk('fmt ', join([...base, uint16(22), uint16(bits), uint32(0), identifier]))
}

/** A chunk with its padding byte, if its length is odd. */
export function chunk(name: string, content: Uint8Array, size = content.length): Uint8Array {
  return join([text(name), uint32(size), content, new Uint8Array(content.length % 2)])
}

/** Numbers as the little-endian bytes of one of DataView's types. */
export function pack(
  type: 'Uint8' | 'Int16' | 'Int32' | 'Float32' | 'Float64',
  values: readonly number[],
): Uint8Array<ArrayBuffer> {
  const width = { Uint8: 1, Int16: 2, Int32: 4, Float32: 4, Float64: 8 }[type]
  const bytes = new Uint8Array(width * values.length)
  const view = new DataView(bytes.buffer)
  values.forEach((value, index) => {
    view[`set${type}`](index * width, value, true)
  })
  return bytes
}

export function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]))
}

export function text(characters: string): Uint8Array {
  return Uint8Array.from(characters, (character) => character.charCodeAt(0))
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value, value >> 8)
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)
}
