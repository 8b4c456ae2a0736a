import { decodeBase64, encodeBase64 } from '../../audio/base64.js'
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../../audio/g711.js'
import { bytesToInt16, int16ToBytes, toFloat32, toInt16 } from '../../audio/int16.js'
import { resample } from '../../audio/resample.js'
import type { AudioFormat } from '../../protocol/audio-format.js'

/** Mono sound. */
export interface Sound {
  readonly pcm: Int16Array
  /** Samples a second: 24000, or 8000 for G.711. */
  readonly rate: number
}

/** What the emulator hears and says where sound travels beside the events, whatever the codec on the wire. */
export const lineFormat: AudioFormat = { type: 'audio/pcm', rate: 24_000 }

/** Samples a second of a format. */
export function rateOf(format: AudioFormat): number {
  return isG711(format) ? 8_000 : 24_000
}

/** Bytes of a format that are one sample. */
export function bytesPerSample(format: AudioFormat): number {
  return isG711(format) ? 1 : 2
}

/** Length in milliseconds, not rounded. */
export function soundMs({ pcm, rate }: Sound): number {
  return (pcm.length * 1000) / rate
}

/** The bytes of a base64 text, or `undefined` if it is none. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  try {
    return decodeBase64(text)
  } catch {
    return undefined
  }
}

/** The sound in whole samples of a format. */
export function decodeSound(bytes: Uint8Array, format: AudioFormat): Sound {
  if (format.type === 'audio/pcmu') return { pcm: decodeMuLaw(bytes), rate: 8_000 }
  if (format.type === 'audio/pcma') return { pcm: decodeALaw(bytes), rate: 8_000 }
  return { pcm: bytesToInt16(bytes), rate: 24_000 }
}

/** Base64 of a sound in a format; the rates must agree, see {@link convert}. */
export function encodeSound(pcm: Int16Array, format: AudioFormat): string {
  if (format.type === 'audio/pcmu') return encodeBase64(encodeMuLaw(pcm))
  if (format.type === 'audio/pcma') return encodeBase64(encodeALaw(pcm))
  return encodeBase64(int16ToBytes(pcm))
}

/** The same sound at another rate; untouched when it has that rate. */
export function convert(sound: Sound, rate: number): Sound {
  if (sound.rate === rate || sound.pcm.length === 0) return { pcm: sound.pcm, rate }
  return { pcm: toInt16(resample(toFloat32(sound.pcm), sound.rate, rate)), rate }
}

/** The first `ms` milliseconds. */
export function firstMs({ pcm, rate }: Sound, ms: number): Sound {
  return { pcm: pcm.slice(0, Math.round((ms * rate) / 1000)), rate }
}

function isG711(format: AudioFormat): boolean {
  return format.type === 'audio/pcmu' || format.type === 'audio/pcma'
}
