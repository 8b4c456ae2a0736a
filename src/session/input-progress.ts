import { tryDecodeBase64 } from '../internal/decode-base64.js'
import type { ServerEvent } from '../protocol/server-events.js'
import { type AudioFormatInfo, audioMs, bytesPerMs } from './audio-duration.js'
import type { AudioInput } from './input-audio.js'

/** Tracks how much of the input audio the server has made turns of. */
export interface InputProgress {
  /** Measures how long the end of the appended audio has been quiet. */
  recordAppended(audio: AudioInput): void
  /** Counts an append that has left on this connection, in bytes of audio and in bytes of its frame. */
  recordSent(audioBytes: number, frameBytes: number): void
  /** Returns the bytes of the sent frames that a detected turn does not contain, or contains in part only. */
  unsettledBytes(): number
  /** Records a commit or a clear that is sent: it takes everything that was sent before it. */
  recordCut(): void
  receive(event: ServerEvent): void
  /** Whether the server has committed a turn that it detected. Then audio after the turn stays in the input buffer. */
  isDetectedTurn(event: ServerEvent): boolean
  /** Whether the server has announced a turn that it has not committed. */
  readonly hasOpenTurn: boolean
  /** Forgets an announced turn that will not come, because the server has nothing left to commit. */
  dropOpenTurn(): void
  /** Whether audio that is in no turn is loud enough to contain a word. */
  readonly mayHoldSpeech: boolean
}

/** Peaks below this, about -30 dBFS, are background noise. */
const quietPeak = 1024

/** Consecutive frames of the same size. */
interface FrameRun {
  readonly durationMs: number
  readonly frameBytes: number
  count: number
}

/** Frames of many different sizes take memory. Far fewer hold the audio that is sent again after a lost connection. */
const maxFrameRuns = 4_096

/** Sums of durations are exact to far less than a sample. */
const toleranceMs = 0.001

/** `inputFormat` returns the format of the input audio. */
export function createInputProgress(inputFormat: () => AudioFormatInfo | null | undefined): InputProgress {
  // Positions are milliseconds of the audio that was sent on this connection, as in the server's events.
  let sentMs = 0
  let frames: FrameRun[] = []
  let turnsEndMs = 0
  let cutMs = 0
  let cutsInFlightMs = 0
  let stoppedTurn: { readonly itemId: string; readonly endMs: number } | undefined
  let openTurnId: string | undefined
  // Quiet audio that was appended since the last loud sample.
  let quietMs = 0

  const isDetectedTurn = (event: ServerEvent) =>
    event.type === 'input_audio_buffer.committed' && event.item_id === stoppedTurn?.itemId

  return {
    recordAppended(audio) {
      const { quiet, length, perMs } = measureQuiet(audio, inputFormat())
      quietMs = quiet === length ? quietMs + quiet / perMs : quiet / perMs
    },
    recordSent(audioBytes, frameBytes) {
      const durationMs = audioMs(audioBytes, inputFormat())
      sentMs += durationMs
      const last = frames.at(-1)
      if (last?.durationMs === durationMs && last.frameBytes === frameBytes) last.count += 1
      else frames.push({ durationMs, frameBytes, count: 1 })
      if (frames.length > maxFrameRuns) frames.shift()
    },
    unsettledBytes() {
      let leftMs = sentMs - turnsEndMs
      let bytes = 0
      for (let index = frames.length - 1; index >= 0 && leftMs > toleranceMs; index--) {
        const { durationMs, frameBytes, count } = frames[index] as FrameRun
        // A turn may end inside a frame: such a frame counts as a whole, because half of it would be lost otherwise.
        const needed = durationMs > 0 ? Math.min(count, Math.ceil((leftMs - toleranceMs) / durationMs)) : count
        bytes += needed * frameBytes
        leftMs -= needed * durationMs
      }
      return bytes
    },
    recordCut() {
      cutsInFlightMs = sentMs
    },
    receive(event) {
      switch (event.type) {
        case 'session.created':
          // A new session of the server counts from 0.
          sentMs = turnsEndMs = cutMs = cutsInFlightMs = 0
          frames = []
          stoppedTurn = undefined
          openTurnId = undefined
          return
        case 'input_audio_buffer.speech_started':
          openTurnId = event.item_id
          return
        case 'input_audio_buffer.speech_stopped':
          openTurnId = event.item_id
          // Without a position, everything that was sent belongs to the turn.
          stoppedTurn = { itemId: event.item_id, endMs: event.audio_end_ms ?? sentMs }
          return
        case 'input_audio_buffer.committed':
          if (isDetectedTurn(event)) turnsEndMs = Math.max(turnsEndMs, stoppedTurn?.endMs ?? 0)
          else cutMs = cutsInFlightMs
          if (openTurnId === event.item_id || !isDetectedTurn(event)) openTurnId = undefined
          return
        case 'input_audio_buffer.cleared':
          cutMs = cutsInFlightMs
          openTurnId = undefined
          return
        default:
      }
    },
    isDetectedTurn,
    get hasOpenTurn() {
      return openTurnId !== undefined
    },
    dropOpenTurn() {
      openTurnId = undefined
    },
    get mayHoldSpeech() {
      return sentMs - Math.max(turnsEndMs, cutMs) > quietMs
    },
  }
}

/** Returns how many elements at the end of the audio are quiet, the number of elements, and the number of elements per millisecond. */
function measureQuiet(audio: AudioInput, format: AudioFormatInfo | null | undefined) {
  const perMs = bytesPerMs(format)
  // Samples are sent as PCM16.
  const samplesPerMs = bytesPerMs({ rate: format?.rate }) / 2
  if (audio instanceof Float32Array)
    return quietEnd(audio, 1, samplesPerMs, (at) => Math.abs(audio[at] as number) < quietPeak / 32_768)
  if (audio instanceof Int16Array)
    return quietEnd(audio, 1, samplesPerMs, (at) => Math.abs(audio[at] as number) < quietPeak)
  const bytes = typeof audio === 'string' ? (tryDecodeBase64(audio) ?? noAudio) : audio
  // In G.711 a code's magnitude rises with the signal. 0x30 stands for about 1,000 in both laws.
  if (format?.type === 'audio/pcmu') return quietEnd(bytes, 1, perMs, (at) => (~(bytes[at] as number) & 0x7f) < 0x30)
  if (format?.type === 'audio/pcma')
    return quietEnd(bytes, 1, perMs, (at) => (((bytes[at] as number) ^ 0x55) & 0x7f) < 0x30)
  // The signed high byte of a little-endian sample is its loudness in steps of 256.
  return quietEnd(bytes, 2, perMs, (at) => Math.abs(((bytes[at] as number) << 24) >> 24) < quietPeak / 256)
}

/** Stands for text that is not base64. `append` throws the reason. */
const noAudio = new Uint8Array()

function quietEnd(audio: { readonly length: number }, step: number, perMs: number, isQuiet: (at: number) => boolean) {
  const { length } = audio
  let at = length - 1
  while (at >= 0 && isQuiet(at)) at -= step
  return { quiet: at < 0 ? length : length - 1 - at, length, perMs }
}
