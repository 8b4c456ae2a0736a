import { int16ToBytes } from '../audio/int16.js'
import { createPcm16Encoder } from '../audio/pcm16.js'
import type { ClientEvent } from '../protocol/client-events.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type { InputAudioBufferClearedEvent, InputAudioBufferCommittedEvent } from '../protocol/events/input-audio.js'
import type { ServerEvent } from '../protocol/server-events.js'
import type { Transport } from '../transports/transport.js'
import { SessionError } from './error.js'
import type { SessionStatus } from './events.js'
import type { RequestOptions, WaitOptions } from './options.js'

/** Sound to send: bytes in the input format, samples for PCM16, or base64. */
export type AudioInput = Uint8Array | Int16Array | Float32Array | string

/** What the server is to hear, in the session's input format (24 kHz mono PCM16 unless configured otherwise). */
export interface InputAudio {
  /**
   * Adds sound to the input buffer. Bytes are sent as they are; samples, 16-bit or float from -1 to 1, as little-endian PCM16; a string is
   * taken for base64.
   * The service acknowledges none of it.
   * @throws {SessionError} `NOT_CONNECTED` or `CLOSED`. `MEDIA_TRANSPORT` when the audio travels on media tracks, as with `webRTC()` and
   * `sideband()`: the server ignores audio in events there.
   */
  append(audio: AudioInput): void
  /**
   * Resolves when all that was appended has left the session and the transport has room: the pace of a sender that must not drop anything.
   * @throws {SessionError} `CLOSED` when the session ends first, `TIMEOUT`.
   */
  drained(options?: WaitOptions): Promise<void>
  /**
   * Ends the turn by hand: what was heard becomes an item. Only needed without turn detection. The service refuses less than 100 ms.
   */
  commit(options?: RequestOptions): Promise<InputAudioBufferCommittedEvent>
  /** Throws away what was heard and not committed. */
  clear(options?: RequestOptions): Promise<InputAudioBufferClearedEvent>
}

/** Creates the input audio of a session. */
export function createInputAudio(
  core: {
    readonly status: SessionStatus
    sendUnacknowledged(event: Sendable<ClientEvent>): void
    request(event: ClientEvent, options?: RequestOptions): Promise<ServerEvent>
    drained(options?: WaitOptions): Promise<void>
  },
  transport: Pick<Transport, 'audio'>,
): InputAudio {
  const payloadOf = createPayload()
  return {
    append(audio) {
      assertTakesAudio(core, transport)
      core.sendUnacknowledged({ type: 'input_audio_buffer.append', audio: payloadOf(audio) })
    },
    drained: core.drained,
    commit: async (wait) =>
      (await core.request({ type: 'input_audio_buffer.commit' }, wait)) as InputAudioBufferCommittedEvent,
    clear: async (wait) =>
      (await core.request({ type: 'input_audio_buffer.clear' }, wait)) as InputAudioBufferClearedEvent,
  }
}

/**
 * Refuses audio in events where it would have no effect. Before `connect` the kind of a transport that falls back to another is not known.
 * @throws {SessionError} `MEDIA_TRANSPORT`.
 */
export function assertTakesAudio(core: { readonly status: SessionStatus }, transport: Pick<Transport, 'audio'>): void {
  const { status } = core
  if (transport.audio === 'media' && status !== 'idle' && status !== 'closing' && status !== 'closed')
    throw new SessionError('MEDIA_TRANSPORT', { method: 'audio.append' })
}

/** Makes of sound what an append carries; it is read before the next call, which may write over it. */
export function createPayload(): (audio: AudioInput) => Uint8Array | string {
  const encoder = createPcm16Encoder()
  return (audio) => {
    if (audio instanceof Float32Array) return encoder.encode(audio)
    return audio instanceof Int16Array ? int16ToBytes(audio) : audio
  }
}
