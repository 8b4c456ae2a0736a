import { decodeBase64 } from '../audio/base64.js'
import { decodeALaw, decodeMuLaw } from '../audio/g711.js'
import { bytesToInt16 } from '../audio/int16.js'
import type { ReportedAudioFormat } from './audio-format.js'
import type { AudioInput } from './input-audio.js'

/** Returns the samples of audio in a format of the API, or `undefined` if it is not base64. */
export function samplesOf(audio: AudioInput, { type }: ReportedAudioFormat): Int16Array | Float32Array | undefined {
  if (audio instanceof Int16Array || audio instanceof Float32Array) return audio
  try {
    const bytes = typeof audio === 'string' ? decodeBase64(audio) : audio
    if (type === 'audio/pcmu') return decodeMuLaw(bytes)
    if (type === 'audio/pcma') return decodeALaw(bytes)
    // A chunk may end in the middle of a sample.
    return bytesToInt16(bytes.subarray(0, bytes.length - (bytes.length % 2)))
  } catch {
    return undefined
  }
}
