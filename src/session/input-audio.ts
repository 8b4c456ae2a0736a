import { int16ToBytes } from '../audio/int16.js'
import { createPcm16Encoder } from '../audio/pcm16.js'
import { addListener, createListeners, emit } from '../internal/emitter.js'
import type { ClientEvent } from '../protocol/client-events.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type { InputAudioBufferClearedEvent, InputAudioBufferCommittedEvent } from '../protocol/events/input-audio.js'
import type { ServerEvent } from '../protocol/server-events.js'
import type { Connection, ConnectionOf } from './connection/connection-parts.js'
import { drained, getStatus, request, sendUnacknowledged } from './connection/event-exchange.js'
import { SessionError } from './error.js'
import type { RequestOptions, WaitOptions } from './options.js'

/** Audio to send: bytes in the input format, samples for PCM16, or base64. */
export type AudioInput = Uint8Array | Int16Array | Float32Array | string

/** The input audio of a session, in its input format: 24 kHz mono PCM16 unless configured otherwise. */
export interface InputAudio {
  /**
   * Appends audio to the input buffer. Bytes are sent unchanged. Samples (16-bit integers, or floats from -1 to 1) are sent as little-endian
   * PCM16. A string must be base64. The service does not acknowledge appends.
   * @throws {SessionError} `NOT_CONNECTED` or `CLOSED`. `MEDIA_TRANSPORT` when the audio travels on media tracks, as with `webRTC()` and
   * `sideband()`, because the server ignores audio in events there.
   */
  append(audio: AudioInput): void
  /**
   * Calls the listener with each piece of audio that is appended, for example to measure its level. The listener must not keep or change it.
   * Returns an unsubscribe function.
   */
  onAppend(listener: (audio: AudioInput) => void): () => void
  /**
   * Resolves when all appended audio was passed to the transport and the transport has room. Await it between appends to drop no audio.
   * @throws {SessionError} `CLOSED` when the session ends first, `TIMEOUT`.
   */
  drained(options?: WaitOptions): Promise<void>
  /**
   * Commits the input buffer as a user message. Only needed without turn detection. The service refuses less than 100 ms of audio.
   */
  commit(options?: RequestOptions): Promise<InputAudioBufferCommittedEvent>
  /** Clears the audio that is not committed. */
  clear(options?: RequestOptions): Promise<InputAudioBufferClearedEvent>
}

/** Creates the input audio of a session. */
export function createInputAudio(connection: ConnectionOf<Sendable<ClientEvent>, ServerEvent, unknown>): InputAudio {
  const payloadOf = createPayload()
  const listeners = createListeners<{ append: AudioInput }>()
  return {
    append(audio) {
      assertTakesAudio(connection)
      sendUnacknowledged(connection, { type: 'input_audio_buffer.append', audio: payloadOf(audio) })
      emit(listeners, 'append', audio)
    },
    onAppend: (listener) => addListener(listeners, 'append', listener),
    drained: (wait) => drained(connection, wait),
    commit: (wait) => request(connection, { type: 'input_audio_buffer.commit' }, wait),
    clear: (wait) => request(connection, { type: 'input_audio_buffer.clear' }, wait),
  }
}

/**
 * Throws when audio in events has no effect. Before `connect`, the audio mode of a transport with a fallback is not known.
 * @throws {SessionError} `MEDIA_TRANSPORT`.
 */
export function assertTakesAudio(connection: Connection): void {
  if (connection.options.transport.audio !== 'media') return
  const status = getStatus(connection)
  if (status !== 'idle' && status !== 'closing' && status !== 'closed')
    throw new SessionError('MEDIA_TRANSPORT', { method: 'audio.append' })
}

/** Returns an encoder for the payload of appends. The next call may overwrite the returned bytes. */
export function createPayload(): (audio: AudioInput) => Uint8Array | string {
  // Created for the first floats: most sessions append bytes.
  let encoder: ReturnType<typeof createPcm16Encoder> | undefined
  return (audio) => {
    if (audio instanceof Float32Array) {
      encoder ??= createPcm16Encoder()
      return encoder.encode(audio)
    }
    return audio instanceof Int16Array ? int16ToBytes(audio) : audio
  }
}
