import type { Clock } from '../../internal/clock.js'
import { audioMs, base64ByteLength } from '../../session/audio-duration.js'
import type { ReportedAudioFormat } from '../../session/audio-format.js'
import type { AudioInput } from '../../session/input-audio.js'
import { measureAudio } from '../interruption/audio-levels.js'

/** Finds out when the user stopped speaking, which is before the server reports it. */
export interface SpeechEnd {
  append(audio: AudioInput): void
  /** The server has started a session. It counts audio from 0, and later sessions start with audio that was sent before. */
  serverStarted(): void
  /** Returns the times of a turn that the server has just reported with `input_audio_buffer.speech_stopped`. */
  of(audioEndMs: number | undefined): SpeechEndTimes
}

/** The end of a turn of the user, in milliseconds of the clock. */
export interface SpeechEndTimes {
  /** When the user stopped speaking. */
  readonly spokeUntilMs: number
  /** When the audio up to the end of the turn was appended. What follows is time of the server or the network. */
  readonly detectableMs: number
}

/** What the end of a turn depends on in the configuration. */
export interface TurnSettings {
  readonly format: ReportedAudioFormat
  /** `silence_duration_ms`, which `audio_end_ms` includes. `undefined` for semantic turn detection. */
  readonly silenceMs: number | undefined
}

interface Append {
  /** The end of the append, in milliseconds of audio. */
  readonly endMs: number
  readonly atMs: number
}

/** Quieter audio is background noise. */
const noiseDb = -45

/** The end of a turn is at most this far back in the appended audio, in milliseconds. */
const keptMs = 10_000

/** Sums of durations are exact to far less than a sample. */
const toleranceMs = 0.001

/**
 * The position in audio that is appended in real time determines when the user stopped. Positions are known on the first connection, if
 * all of its audio was seen. On later ones, and with semantic turn detection, the level of the audio determines it. On media tracks, turn
 * detection is taken to need exactly `silence_duration_ms`.
 */
export function createSpeechEnd(clock: Clock, settings: () => TurnSettings): SpeechEnd {
  let appends: Append[] = []
  let totalMs = 0
  let servers = 0
  let knowsPositions = false
  let loudUntilMs: number | undefined

  function timeOf(positionMs: number): number | undefined {
    return appends.find(({ endMs }) => endMs >= positionMs - toleranceMs)?.atMs
  }

  return {
    append(audio) {
      const { format } = settings()
      const atMs = clock.now()
      totalMs += durationMs(audio, format)
      appends.push({ endMs: totalMs, atMs })
      // Dropped from time to time, because each time all appends are copied.
      if ((appends[0]?.endMs ?? totalMs) < totalMs - 2 * keptMs)
        appends = appends.filter(({ endMs }) => endMs >= totalMs - keptMs)
      measureAudio(audio, format, (db) => {
        if (db > noiseDb) loudUntilMs = atMs
      })
    },
    serverStarted() {
      servers += 1
      knowsPositions = servers === 1
    },
    of(audioEndMs) {
      const { silenceMs } = settings()
      const nowMs = clock.now()
      const byPosition = knowsPositions && audioEndMs !== undefined ? timeOf(audioEndMs) : undefined
      if (byPosition !== undefined && audioEndMs !== undefined) {
        const spokeUntilMs = silenceMs === undefined ? loudUntilMs : timeOf(audioEndMs - silenceMs)
        return { spokeUntilMs: Math.min(spokeUntilMs ?? byPosition, byPosition), detectableMs: byPosition }
      }
      const spokeUntilMs = loudUntilMs ?? nowMs - (silenceMs ?? 0)
      const detectableMs = silenceMs === undefined ? nowMs : Math.min(nowMs, spokeUntilMs + silenceMs)
      return { spokeUntilMs, detectableMs }
    },
  }
}

function durationMs(audio: AudioInput, format: ReportedAudioFormat): number {
  if (typeof audio === 'string') return audioMs(base64ByteLength(audio), format)
  // Samples are sent as PCM16.
  return audio instanceof Uint8Array ? audioMs(audio.length, format) : audioMs(audio.length * 2, { rate: format?.rate })
}
