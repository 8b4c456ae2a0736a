import { encodeBase64 } from '../audio/base64.js'
import { int16ToBytes } from '../audio/int16.js'
import type { ClientEvent } from '../protocol/client-events.js'
import type { InputAudioBufferClearedEvent, InputAudioBufferCommittedEvent } from '../protocol/events/input-audio.js'
import type { ServerEvent } from '../protocol/server-events.js'
import type { RequestOptions, WaitOptions } from './options.js'

/** What the server is to hear, in the session's input format (24 kHz mono PCM16 unless configured otherwise). */
export interface InputAudio {
  /**
   * Adds sound to the input buffer. Bytes are sent as they are; samples as little-endian PCM16; a string is taken for base64.
   * The service acknowledges none of it.
   * @throws {SessionError} `NOT_CONNECTED` or `CLOSED`.
   */
  append(audio: Uint8Array | Int16Array | string): void
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

/** The input audio of a session, over what the session can do. */
export function createInputAudio(core: {
  send(event: ClientEvent): string
  request(event: ClientEvent, options?: RequestOptions): Promise<ServerEvent>
  drained(options?: WaitOptions): Promise<void>
}): InputAudio {
  return {
    append(audio) {
      core.send({ type: 'input_audio_buffer.append', audio: toBase64(audio) })
    },
    drained: core.drained,
    commit: async (wait) =>
      (await core.request({ type: 'input_audio_buffer.commit' }, wait)) as InputAudioBufferCommittedEvent,
    clear: async (wait) =>
      (await core.request({ type: 'input_audio_buffer.clear' }, wait)) as InputAudioBufferClearedEvent,
  }
}

/** The base64 text that an append carries. */
export function toBase64(audio: Uint8Array | Int16Array | string): string {
  if (typeof audio === 'string') return audio
  return encodeBase64(audio instanceof Int16Array ? int16ToBytes(audio) : audio)
}
