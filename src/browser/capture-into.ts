import { type AudioFormatLike, audioLayout } from '../audio/duration.js'
import { int16ToBytes } from '../audio/int16.js'
import { inputFormatOf } from '../session/audio-format.js'
import type { SessionStatus } from '../session/events.js'
import { DeviceError } from './error.js'
import type { Microphone } from './microphone-contract.js'
import type { MicrophoneFrame } from './microphone-frames.js'
import { createStreamEncoder } from './stream-codec.js'

/** The members of a session that {@link captureInto} uses. Realtime, transcription, and translation sessions have them. */
export interface AudioInputSession {
  getState(): { readonly status: SessionStatus; readonly session?: unknown }
  on(type: 'status' | 'session.created' | 'session.updated', listener: () => void): () => void
  readonly audio: { append(audio: Uint8Array): void }
}

/** Options of {@link captureInto}. */
export interface CaptureOptions {
  /**
   * Audio that is kept while the session is not open, in milliseconds. When there is more, the oldest is dropped.
   * @defaultValue 10_000
   */
  readonly preRollMs?: number
}

type Encode = (frame: MicrophoneFrame) => Uint8Array

/**
 * Sends the audio of a microphone to a session, in the input format of the session. Audio that is captured before the session is open is
 * buffered and sent once it opens. Capturing ends when the session closes. Sessions over WebRTC take the microphone's `stream` instead.
 *
 * @example
 * ```ts
 * const stop = captureInto(session, microphone)
 * await Promise.all([microphone.start(), session.connect()])
 * ```
 * @returns a function that ends capturing; the microphone stays open
 * @throws {DeviceError} `INVALID_OPTION` when `preRollMs` is not a number of at least 0.
 */
export function captureInto(
  session: AudioInputSession,
  microphone: Microphone,
  { preRollMs = 10_000 }: CaptureOptions = {},
): () => void {
  if (!(preRollMs >= 0))
    throw new DeviceError('INVALID_OPTION', { option: 'preRollMs', problem: `must be 0 or more, not ${preRollMs}` })
  const buffered: MicrophoneFrame[] = []
  let isAccepting = acceptsAudio(session.getState().status)
  let encoder: { readonly format: string; readonly encode: Encode } | undefined
  /** Whether the format must be read again. It is not read for each frame, because reading the state builds a snapshot. */
  let isStale = true

  function send(frame: MicrophoneFrame): void {
    if (!encoder || isStale) encoder = currentEncoder()
    session.audio.append(encoder.encode(frame))
  }

  function currentEncoder() {
    isStale = false
    const format = inputFormatOf(session.getState().session)
    const name = JSON.stringify(format)
    // An encoder holds samples, so it is kept while the format stays the same.
    if (encoder?.format === name) return encoder
    return { format: name, encode: createFrameEncoder(format, microphone.sampleRate) }
  }

  function onFrame(frame: MicrophoneFrame): void {
    if (isAccepting) {
      send(frame)
      return
    }
    buffered.push(frame)
    if (buffered.length * microphone.frameMs > preRollMs) buffered.shift()
  }

  function onStatus(): void {
    const { status } = session.getState()
    isAccepting = acceptsAudio(status)
    if (status === 'closing' || status === 'closed') stop()
    else if (isAccepting) for (const frame of buffered.splice(0)) send(frame)
  }

  function onConfig(): void {
    isStale = true
  }

  function stop(): void {
    for (const remove of unsubscribe) remove()
    buffered.length = 0
  }

  const unsubscribe = [
    microphone.on('frame', onFrame),
    session.on('status', onStatus),
    session.on('session.created', onConfig),
    session.on('session.updated', onConfig),
  ]
  return stop
}

function createFrameEncoder(format: AudioFormatLike, sampleRate: number): Encode {
  const type = typeof format === 'string' ? format : format.type
  // Frames already contain the PCM16 that most sessions use.
  if (type === 'audio/pcm' && audioLayout(format).sampleRate === sampleRate) return ({ pcm16 }) => int16ToBytes(pcm16)
  const encode = createStreamEncoder(format, sampleRate)
  return ({ samples }) => encode(samples)
}

/** A reconnecting session queues audio itself. */
function acceptsAudio(status: SessionStatus): boolean {
  return status === 'open' || status === 'reconnecting'
}
