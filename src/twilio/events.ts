import type { TwilioDtmfMessage, TwilioStartMessage, UnknownTwilioMessage } from './messages.js'
import type { ReadTwilioMessage } from './read-message.js'

/** What a stream is about. */
export interface TwilioCall {
  readonly streamSid: string
  readonly callSid: string
  /** What the `<Parameter>`s of the stream say, by their names. */
  readonly customParameters: Readonly<Record<string, string>>
  /** The whole message, with all that the provider said. */
  readonly message: TwilioStartMessage
}

/** What a bridge tells its listeners. */
export interface TwilioBridgeEvents {
  /** The provider says what the stream is about; the session may still be connecting. */
  start: TwilioCall
  /**
   * The session is connected in the format of the line. What a listener sends goes to the model before the caller's first words:
   * the moment for instructions about this caller, and for a greeting.
   */
  ready: TwilioCall
  /** A key of the telephone was pressed. */
  dtmf: { readonly digit: string; readonly message: TwilioDtmfMessage }
  /** Sound was lost: what the caller said, or what the model answered. */
  dropped: { readonly speaker: 'caller' | 'model'; readonly ms: number }
  /** The socket is full, and answers wait until it is not; once each time. */
  stalled: { readonly bufferedAmount: number }
  /** A message of a kind that this version does not know. */
  unknown: UnknownTwilioMessage
  /** Something that is no message of a media stream. The call goes on, unless it was the `start`, without which it cannot. */
  invalid: { readonly error: Extract<ReadTwilioMessage, { kind: 'invalid' }>['error']; readonly data: unknown }
  /** The bridge has ended, once, and holds nothing any more. */
  stop: TwilioStop
}

/** How a bridge ended. */
export interface TwilioStop {
  /**
   * `hangup`: the provider ended the stream. `dropped`: its socket closed, failed or died. `session`: the session ended. `error`: sound could not be
   * carried, the stream did not say what it is about, or the session did not connect. `client`: this side stopped it.
   */
  readonly reason: 'hangup' | 'dropped' | 'session' | 'error' | 'client'
  /** What went wrong: a `TwilioError`, or the error of the session. */
  readonly error?: unknown
}

/** A telephone call and a session, joined. Calling it ends that; it resolves when everything has ended. */
export interface TwilioBridge {
  (): Promise<void>
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof TwilioBridgeEvents>(type: K, listener: (event: TwilioBridgeEvents[K]) => void): () => void
  /** What the stream is about; undefined before `start`. */
  readonly call: TwilioCall | undefined
  /** Resolves when all that the model has said so far was heard, or will not be; without marks, a second after it should have been. */
  drained(): Promise<void>
}
