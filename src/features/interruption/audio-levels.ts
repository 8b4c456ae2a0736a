import { measureLevel } from '../../audio/level.js'
import { bytesPerMs } from '../../session/audio-duration.js'
import type { ReportedAudioFormat } from '../../session/audio-format.js'
import { samplesOf } from '../../session/audio-samples.js'
import type { AudioInput } from '../../session/input-audio.js'

/** Levels are measured over this many milliseconds. */
export const stepMs = 20

/**
 * Measures audio in steps of 20 ms and calls `onLevel` for each step with its RMS level in dBFS and its duration. Audio that cannot be decoded
 * has no level.
 */
export function measureAudio(
  audio: AudioInput,
  format: ReportedAudioFormat,
  onLevel: (db: number, ms: number) => void,
): void {
  const samples = samplesOf(audio, format)
  if (!samples) return
  const samplesPerMs = isG711(format) ? bytesPerMs(format) : bytesPerMs(format) / 2
  const length = Math.round(stepMs * samplesPerMs)
  for (let at = 0; at < samples.length; at += length) {
    const step = samples.subarray(at, at + length)
    onLevel(measureLevel(step).rmsDb, step.length / samplesPerMs)
  }
}

function isG711({ type }: ReportedAudioFormat): boolean {
  return type === 'audio/pcmu' || type === 'audio/pcma'
}
