import { decodeBase64 } from '../../audio/base64.js'
import { decodeALaw, decodeMuLaw } from '../../audio/g711.js'
import { bytesToInt16 } from '../../audio/int16.js'
import { measureLevel } from '../../audio/level.js'
import { type AudioFormatInfo, audioMs } from '../../session/audio-duration.js'
import type { AudioInput } from '../../session/input-audio.js'

/** The level of a piece of audio. */
export interface AudioLevel {
  /** RMS level in dBFS. */
  readonly db: number
  /** Duration in milliseconds. */
  readonly ms: number
}

/** Levels are measured over this many milliseconds. */
const stepMs = 20

/** Returns the level of audio in steps of 20 ms. Audio that cannot be decoded has no level. */
export function measureAudio(audio: AudioInput, format: AudioFormatInfo | undefined): AudioLevel[] {
  const samples = samplesOf(audio, format)
  if (!samples) return []
  const isG711 = format?.type === 'audio/pcmu' || format?.type === 'audio/pcma'
  const length = Math.round(stepMs / audioMs(isG711 ? 1 : 2, format))
  const levels: AudioLevel[] = []
  for (let at = 0; at < samples.length; at += length) {
    const step = samples.subarray(at, at + length)
    levels.push({ db: measureLevel(step).rmsDb, ms: (step.length * stepMs) / length })
  }
  return levels
}

function samplesOf(audio: AudioInput, format: AudioFormatInfo | undefined): Int16Array | Float32Array | undefined {
  if (audio instanceof Int16Array || audio instanceof Float32Array) return audio
  try {
    const bytes = typeof audio === 'string' ? decodeBase64(audio) : audio
    if (format?.type === 'audio/pcmu') return decodeMuLaw(bytes)
    if (format?.type === 'audio/pcma') return decodeALaw(bytes)
    // A chunk may end in the middle of a sample.
    return bytesToInt16(bytes.subarray(0, bytes.length - (bytes.length % 2)))
  } catch {
    return undefined
  }
}
