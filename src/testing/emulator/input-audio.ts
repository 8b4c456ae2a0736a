import { createId } from '../../internal/id.js'
import type { AudioFormat } from '../../protocol/audio-format.js'
import type { TurnDetection } from '../../protocol/turn-detection.js'
import { bytesOfBase64, bytesPerSample, decodeAudio, type PcmAudio, rateOf } from './pcm-audio.js'
import { type Refusal, refusals } from './refusals.js'
import { createSampleBuffer } from './sample-buffer.js'
import { createVoiceActivity } from './voice-activity.js'

/** Callbacks of the input buffer while turn detection is on. Times are milliseconds since the start of the session's audio. */
export interface InputAudioEvents {
  speechStarted(speech: { readonly itemId: string; readonly audioStartMs: number }): void
  speechStopped(speech: { readonly itemId: string; readonly audioEndMs: number; readonly audio: PcmAudio }): void
  /** The user did not speak for `idle_timeout_ms`. */
  timedOut(pause: {
    readonly itemId: string
    readonly audioStartMs: number
    readonly audioEndMs: number
    readonly audio: PcmAudio
  }): void
}

/** The input audio buffer of a session. */
export interface InputAudio {
  /** Sets the format and turn detection. A change of either restarts the detection. */
  configure(format: AudioFormat, turnDetection: TurnDetection | null): void
  /** Appends base64 audio. Returns a refusal if it is invalid. */
  append(audio: string): Refusal | undefined
  /** Appends samples. Returns a refusal if the buffer is full. */
  push(pcm: Int16Array): Refusal | undefined
  /** Empties the buffer and returns its audio as a turn. */
  commit(): { readonly itemId: string; readonly audio: PcmAudio } | Refusal
  clear(): void
  /** Starts the idle timeout after `inMs` more milliseconds of audio. Speech cancels it. */
  awaitSpeech(inMs: number): void
}

const semanticSilenceMs: Readonly<Record<string, number>> = { low: 1600, medium: 800, auto: 800, high: 400 }
const longestTurnMs = 15 * 60_000
const stepMs = 100
// The detector places the start of speech at most this far in the past, so this much audio is kept.
const lookBackMs = 1000

/** Creates an empty input buffer for 24 kHz PCM without turn detection. */
export function createInputAudio(events: InputAudioEvents): InputAudio {
  let format: AudioFormat = { type: 'audio/pcm', rate: 24_000 }
  let detection: TurnDetection | null = null
  let rate = rateOf(format)
  let buffer = createSampleBuffer()
  let detector: ReturnType<typeof createVoiceActivity> | undefined
  // Offset between positions in the buffer and in the detector, which is created later.
  let detectorStart = 0
  let speech: { readonly itemId: string; readonly from: number } | undefined
  // Whether the detector still has the threshold of before the last change, because the user speaks.
  let isOutdated = false
  let elapsedMs = 0
  let idleFrom: number | undefined
  let halfSample: number | undefined

  const toMs = (position: number) => Math.round(elapsedMs + (position * 1000) / rate)
  const toSamples = (ms: number) => Math.round((ms * rate) / 1000)

  function listenAnew(): void {
    speech = undefined
    isOutdated = false
    detectorStart = buffer.end
    detector = detection
      ? createVoiceActivity({ rate, threshold: detection.threshold ?? 0.5, silenceMs: silenceOf(detection) })
      : undefined
  }

  function interruptSpeech(): void {
    speech = undefined
    if (isOutdated) listenAnew()
    else detector?.interrupt()
  }

  function cut(to: number): PcmAudio {
    const pcm = buffer.slice(buffer.start, to)
    buffer.dropBefore(to)
    return { pcm, rate }
  }

  function start(at: number): void {
    const from = Math.max(buffer.start, at - toSamples(detection?.prefix_padding_ms ?? 300))
    speech = { itemId: createId('item'), from }
    idleFrom = undefined
    buffer.dropBefore(from)
    events.speechStarted({ itemId: speech.itemId, audioStartMs: toMs(from) })
  }

  function stop(at: number): void {
    if (!speech) return
    const { itemId } = speech
    speech = undefined
    const audio = cut(at)
    if (isOutdated) listenAnew()
    events.speechStopped({ itemId, audioEndMs: toMs(at), audio })
  }

  function checkIdle(): void {
    const timeoutMs = detection?.idle_timeout_ms
    if (!timeoutMs || idleFrom === undefined || speech) return
    const to = idleFrom + toSamples(timeoutMs)
    if (buffer.end < to) return
    buffer.dropBefore(idleFrom)
    const audioStartMs = toMs(idleFrom)
    idleFrom = undefined
    const audio = cut(to)
    events.timedOut({ itemId: createId('item'), audioStartMs, audioEndMs: toMs(to), audio })
  }

  function forget(): void {
    if (!detector || speech) return
    const kept = buffer.end - toSamples((detection?.prefix_padding_ms ?? 300) + lookBackMs)
    buffer.dropBefore(idleFrom === undefined ? kept : Math.min(kept, idleFrom))
  }

  function listen(pcm: Int16Array): void {
    const current = detector
    if (!current) return
    for (const { type, at } of current.push(pcm)) {
      // A callback may have reconfigured the buffer.
      if (detector !== current) return
      if (type === 'started') start(detectorStart + at)
      else stop(detectorStart + at)
    }
    if (speech && buffer.end - speech.from > toSamples(longestTurnMs)) {
      stop(buffer.end)
      interruptSpeech()
    }
  }

  function push(pcm: Int16Array): Refusal | undefined {
    if (!detector && buffer.end - buffer.start + pcm.length > toSamples(longestTurnMs)) {
      return refusals.bufferFull(longestTurnMs / 60_000)
    }
    // Fixed steps make the order of the events independent of the size of the client's chunks.
    const step = toSamples(stepMs)
    for (let at = 0; at < pcm.length; at += step) {
      const piece = pcm.subarray(at, at + step)
      buffer.push(piece)
      listen(piece)
      checkIdle()
    }
    forget()
    return undefined
  }

  return {
    configure(newFormat, newDetection) {
      const newRate = rateOf(newFormat)
      const isSameFormat = newFormat.type === format.type
      if (!isSameFormat) {
        elapsedMs += (buffer.end * 1000) / rate
        buffer = createSampleBuffer()
        halfSample = undefined
        idleFrom = undefined
        rate = newRate
      } else if (JSON.stringify(newDetection) === JSON.stringify(detection)) {
        return
      }
      format = newFormat
      detection = newDetection
      if (speech && detection && isSameFormat) {
        // The turn in progress continues. Without its end, a client would wait for the user to stop speaking.
        isOutdated = true
        detector?.setSilence(silenceOf(detection))
      } else listenAnew()
    },
    append(audio) {
      const decoded = bytesOfBase64(audio)
      if (!decoded) return refusals.invalidAudio('audio', describe(format))
      const bytes = halfSample === undefined ? decoded : prepend(halfSample, decoded)
      const whole = bytes.length - (bytes.length % bytesPerSample(format))
      const refusal = push(decodeAudio(bytes.subarray(0, whole), format).pcm)
      if (!refusal) halfSample = bytes[whole]
      return refusal
    },
    push,
    commit() {
      const ms = ((buffer.end - buffer.start) * 1000) / rate
      if (ms < 100) return refusals.bufferTooSmall(ms)
      const itemId = speech?.itemId ?? createId('item')
      const audio = cut(buffer.end)
      interruptSpeech()
      return { itemId, audio }
    },
    clear() {
      buffer.dropBefore(buffer.end)
      halfSample = undefined
      interruptSpeech()
    },
    awaitSpeech(inMs) {
      if (speech || !detection?.idle_timeout_ms) return
      idleFrom = buffer.end + toSamples(inMs)
    },
  }
}

/** Returns the silence that ends a turn, in milliseconds. */
function silenceOf({ silence_duration_ms: silenceMs, eagerness }: TurnDetection): number {
  return silenceMs ?? semanticSilenceMs[eagerness ?? 'auto'] ?? 800
}

function prepend(first: number, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(rest.length + 1)
  bytes[0] = first
  bytes.set(rest, 1)
  return bytes
}

function describe(format: AudioFormat): string {
  if (format.type === 'audio/pcmu') return 'mono G.711 mu-law at 8kHz'
  if (format.type === 'audio/pcma') return 'mono G.711 A-law at 8kHz'
  return 'mono PCM16 at 24kHz'
}
