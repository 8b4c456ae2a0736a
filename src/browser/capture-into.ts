import { type AudioFormatLike, audioLayout } from '../audio/duration.js'
import { int16ToBytes } from '../audio/int16.js'
import type { SessionStatus } from '../session/events.js'
import { DeviceError } from './error.js'
import type { MicrophoneFrame } from './framer.js'
import type { Microphone } from './microphone-contract.js'
import { createSoundEncoder } from './sound-codec.js'

/** The part of a session that listens: every kind of session has it. */
export interface ListeningSession {
  getState(): { readonly status: SessionStatus; readonly session?: unknown }
  subscribe(listener: () => void): () => void
  readonly audio: { append(sound: Uint8Array): void }
}

/** Options of {@link captureInto}. */
export interface CaptureOptions {
  /**
   * How much is kept while the session is not open, in milliseconds; beyond it the oldest is dropped.
   * @defaultValue 10_000
   */
  readonly preRollMs?: number
}

/**
 * Sends what a microphone hears to a session, in the session's own input format. What is said before the session is open waits, and is sent as
 * soon as it is: the first syllable is not lost. It ends with the session, or by the function that it answers; the microphone goes on.
 * Sessions over WebRTC take the microphone's `stream` instead.
 * @throws {@link DeviceError} INVALID_OPTION when `preRollMs` is none.
 */
export function captureInto(
  session: ListeningSession,
  microphone: Microphone,
  { preRollMs = 10_000 }: CaptureOptions = {},
): () => void {
  if (!(preRollMs >= 0))
    throw new DeviceError('INVALID_OPTION', { option: 'preRollMs', problem: `must be 0 or more, not ${preRollMs}` })
  const waiting: MicrophoneFrame[] = []
  let encoder: { readonly format: string; readonly encode: (samples: Float32Array) => Uint8Array } | undefined

  function encode({ samples, pcm16 }: MicrophoneFrame): Uint8Array {
    const format = inputFormatOf(session.getState().session)
    // What most sessions take is in the frame already.
    if (isPcm16(format) && audioLayout(format).sampleRate === microphone.sampleRate) return int16ToBytes(pcm16)
    const name = JSON.stringify(format)
    if (encoder?.format !== name) encoder = { format: name, encode: createSoundEncoder(format, microphone.sampleRate) }
    return encoder.encode(samples)
  }

  function hear(frame: MicrophoneFrame): void {
    if (accepts(session.getState().status)) session.audio.append(encode(frame))
    else {
      waiting.push(frame)
      if (waiting.length * microphone.frameMs > preRollMs) waiting.shift()
    }
  }

  function follow(): void {
    const { status } = session.getState()
    if (status === 'closing' || status === 'closed') stop()
    else if (accepts(status)) for (const frame of waiting.splice(0)) session.audio.append(encode(frame))
  }

  function stop(): void {
    unlisten()
    unsubscribe()
    waiting.length = 0
  }

  const unlisten = microphone.on('frame', hear)
  const unsubscribe = session.subscribe(follow)
  return stop
}

function isPcm16(format: AudioFormatLike): boolean {
  return (typeof format === 'string' ? format : format.type) === 'audio/pcm'
}

/** A session that reconnects keeps sound by itself. */
function accepts(status: SessionStatus): boolean {
  return status === 'open' || status === 'reconnecting'
}

function inputFormatOf(session: unknown): AudioFormatLike {
  const configured = (session as { audio?: { input?: { format?: AudioFormatLike } } } | undefined)?.audio?.input?.format
  return configured ?? 'audio/pcm'
}
