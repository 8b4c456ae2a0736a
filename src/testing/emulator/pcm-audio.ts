import { decodeBase64, encodeBase64 } from '../../audio/base64.js'
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../../audio/g711.js'
import { bytesToInt16, int16ToBytes, toFloat32, toInt16 } from '../../audio/int16.js'
import { resample } from '../../audio/resample.js'
import type { AudioFormat } from '../../protocol/audio-format.js'

/** Mono PCM audio. */
export interface PcmAudio {
  readonly pcm: Int16Array
  /** Sample rate in hertz: 24000, or 8000 for G.711. */
  readonly rate: number
}

/** Format of audio on media tracks inside the emulator, independent of the codec on the network. */
export const mediaFormat: AudioFormat = { type: 'audio/pcm', rate: 24_000 }

/** Returns the sample rate of a format in hertz. */
export function rateOf(format: AudioFormat): number {
  return isG711(format) ? 8_000 : 24_000
}

/** Returns the bytes per sample of a format. */
export function bytesPerSample(format: AudioFormat): number {
  return isG711(format) ? 1 : 2
}

/** Returns the duration in milliseconds, not rounded. */
export function audioMs({ pcm, rate }: PcmAudio): number {
  return (pcm.length * 1000) / rate
}

/** Decodes base64. Returns `undefined` if the text is invalid. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  try {
    return decodeBase64(text)
  } catch {
    return undefined
  }
}

/** Decodes bytes of a format. */
export function decodeAudio(bytes: Uint8Array, format: AudioFormat): PcmAudio {
  if (format.type === 'audio/pcmu') return { pcm: decodeMuLaw(bytes), rate: 8_000 }
  if (format.type === 'audio/pcma') return { pcm: decodeALaw(bytes), rate: 8_000 }
  return { pcm: bytesToInt16(bytes), rate: 24_000 }
}

/** Encodes samples in a format as base64. The rates must match, see {@link resampleAudio}. */
export function encodeAudio(pcm: Int16Array, format: AudioFormat): string {
  if (format.type === 'audio/pcmu') return encodeBase64(encodeMuLaw(pcm))
  if (format.type === 'audio/pcma') return encodeBase64(encodeALaw(pcm))
  return encodeBase64(int16ToBytes(pcm))
}

/** Returns the audio at another sample rate. */
export function resampleAudio(audio: PcmAudio, rate: number): PcmAudio {
  if (audio.rate === rate || audio.pcm.length === 0) return { pcm: audio.pcm, rate }
  return { pcm: toInt16(resample(toFloat32(audio.pcm), audio.rate, rate)), rate }
}

/** Returns the first `ms` milliseconds. */
export function firstMs({ pcm, rate }: PcmAudio, ms: number): PcmAudio {
  return { pcm: pcm.slice(0, Math.round((ms * rate) / 1000)), rate }
}

function isG711(format: AudioFormat): boolean {
  return format.type === 'audio/pcmu' || format.type === 'audio/pcma'
}
