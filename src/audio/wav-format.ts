import { AudioError } from './error.js'
import { decodeALaw, decodeMuLaw } from './g711.js'
import { toFloat32 } from './int16.js'

/** Encoding of the samples in a WAV file. */
export type WavEncoding = 'pcm' | 'float' | 'mu-law' | 'a-law'

/** Content of the `fmt ` chunk of a WAV file. */
export interface WavFormat {
  /** Sample rate per channel, in hertz. */
  readonly sampleRate: number
  readonly channelCount: number
  readonly encoding: WavEncoding
  /** Bits per stored sample. */
  readonly bitsPerSample: number
}

/** Reads the stored sample at a byte offset as a float sample. */
type SampleReader = (view: DataView, offset: number) => number

/** Format tags of the supported encodings. */
export const formatTags = { pcm: 1, float: 3, 'a-law': 6, 'mu-law': 7 } as const

const extensibleTag = 0xfffe

/** The bytes after the format tag in the subformat GUID of WAVE_FORMAT_EXTENSIBLE. */
const identifierTail = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]

/**
 * Reads a `fmt ` chunk.
 * @throws {@link AudioError} INVALID_WAV when its fields contradict each other, UNSUPPORTED_FORMAT for other encodings.
 */
export function readWavFormat(chunk: DataView): WavFormat {
  if (chunk.byteLength < 16) throw badFormat()
  const tag = readTag(chunk)
  const encoding = encodingOf(tag)
  if (encoding === undefined) throw unsupportedWav(`WAV encoding ${tag}`)
  const channelCount = chunk.getUint16(2, true)
  const sampleRate = chunk.getUint32(4, true)
  const blockAlign = chunk.getUint16(12, true)
  const bits = chunk.getUint16(14, true)
  if (channelCount === 0 || sampleRate === 0) throw badFormat()
  const bitsPerSample = storedBits(encoding, { channelCount, blockAlign, bits })
  return { sampleRate, channelCount, encoding, bitsPerSample }
}

interface FrameLayout {
  readonly channelCount: number
  /** Bytes of one sample of every channel. */
  readonly blockAlign: number
  /** Bits per sample, as the `fmt ` chunk specifies them. */
  readonly bits: number
}

/** Returns how many bits one stored sample takes. Throws when the bits and the block align contradict each other. */
function storedBits(encoding: WavEncoding, layout: FrameLayout): number {
  const { channelCount, blockAlign, bits } = layout
  if (encoding === 'mu-law' || encoding === 'a-law') {
    // G.711 always takes 8 bits. Some writers store 0, or the 16 bits of the decoded samples, and derive the block align from that.
    if (bits !== 8 && bits !== 0 && bits !== 16) throw badFormat()
    if (blockAlign !== channelCount && (bits === 8 || blockAlign * 8 !== channelCount * bits))
      throw badBlockAlign(layout, 8)
    return 8
  }
  const containerBits = (8 * blockAlign) / channelCount
  if (containerBits % 8 !== 0) throw badFormat()
  if (bits === 0 || bits > containerBits) throw badFormat()
  if (encoding === 'float' && bits !== containerBits) throw badFormat()
  // Samples of 20 bits live in the upper bits of 24, and some writers store 24 bits in 32.
  const wholeBytes = 8 * Math.ceil(bits / 8)
  const isPadded = containerBits === 32 && bits > 16
  if (containerBits !== wholeBytes && !isPadded) throw badBlockAlign(layout, wholeBytes)
  return containerBits
}

function readTag(chunk: DataView): number {
  const tag = chunk.getUint16(0, true)
  if (tag !== extensibleTag) return tag
  if (chunk.byteLength < 40) throw badFormat()
  return identifierTail.every((byte, index) => chunk.getUint8(26 + index) === byte) ? chunk.getUint16(24, true) : tag
}

function encodingOf(tag: number): WavEncoding | undefined {
  switch (tag) {
    case formatTags.pcm:
      return 'pcm'
    case formatTags.float:
      return 'float'
    case formatTags['a-law']:
      return 'a-law'
    case formatTags['mu-law']:
      return 'mu-law'
    default:
      return undefined
  }
}

/**
 * Returns a function that reads one stored sample.
 * @throws {@link AudioError} UNSUPPORTED_FORMAT when the encoding does not have this sample size.
 */
export function createSampleReader({ encoding, bitsPerSample }: WavFormat): SampleReader {
  switch (`${encoding} ${bitsPerSample}`) {
    case 'pcm 8':
      return (view, offset) => (view.getUint8(offset) - 128) / 128
    case 'pcm 16':
      return (view, offset) => view.getInt16(offset, true) / 2 ** 15
    case 'pcm 24':
      return (view, offset) => ((view.getInt8(offset + 2) << 16) | view.getUint16(offset, true)) / 2 ** 23
    case 'pcm 32':
      return (view, offset) => view.getInt32(offset, true) / 2 ** 31
    case 'float 32':
      return (view, offset) => view.getFloat32(offset, true)
    case 'float 64':
      return (view, offset) => view.getFloat64(offset, true)
    case 'mu-law 8':
      return throughTable(decodeMuLaw)
    case 'a-law 8':
      return throughTable(decodeALaw)
    default:
      throw unsupportedWav(`${bitsPerSample}-bit ${encoding} WAV`)
  }
}

function throughTable(decode: (codes: Uint8Array) => Int16Array): SampleReader {
  const samples = toFloat32(decode(Uint8Array.from({ length: 256 }, (_, code) => code)))
  return (view, offset) => samples[view.getUint8(offset)] as number
}

function badFormat(): AudioError<'INVALID_WAV'> {
  return new AudioError('INVALID_WAV', { reason: 'bad-format' })
}

function badBlockAlign({ blockAlign, channelCount }: FrameLayout, bitsPerSample: number): AudioError<'INVALID_WAV'> {
  const expectedBlockAlign = (channelCount * bitsPerSample) / 8
  return new AudioError('INVALID_WAV', { reason: 'bad-format', blockAlign, expectedBlockAlign })
}

/** Creates the error for an unsupported kind of WAV file or encoding. */
export function unsupportedWav(format: string): AudioError<'UNSUPPORTED_FORMAT'> {
  return new AudioError('UNSUPPORTED_FORMAT', { format, supported })
}

/** The supported encodings, for the error message. */
const supported = 'a RIFF file with PCM of 8, 16, 24, or 32 bits, float of 32 or 64 bits, 8-bit mu-law, or 8-bit A-law'
