import type { RealtimeSession } from '../session/realtime.js'
import type { ReadTwilioMessage } from './message-reader.js'
import type { TwilioDtmfMessage, TwilioMediaMessage, TwilioStartMessage, UnknownTwilioMessage } from './messages.js'

/** A telephone call, as its `start` message describes it. */
export interface TwilioCall {
  readonly streamSid: string
  readonly callSid: string
  /** Values of the stream's `<Parameter>` elements by name. */
  readonly customParameters: Readonly<Record<string, string>>
  /** The complete `start` message. */
  readonly message: TwilioStartMessage
}

/** Events of a {@link TwilioBridge}. */
export interface TwilioBridgeEvents {
  /** The provider sent `start`. The session may still be connecting. */
  start: TwilioCall
  /**
   * The session is connected in the format of the line. Events that a listener sends reach the server before the caller's audio, so this
   * is the place for instructions about the caller and for a greeting.
   */
  ready: TwilioCall
  /** Audio of the call arrived, also before the session is connected. `media.timestamp` is its position on the line. */
  media: TwilioMediaMessage
  /** A key of the telephone was pressed. */
  dtmf: { readonly digit: string; readonly message: TwilioDtmfMessage }
  /** Audio of the caller or of the model was dropped. */
  dropped: { readonly speaker: 'caller' | 'model'; readonly ms: number }
  /** The socket has more than `highWaterMark` bytes buffered, so audio of the model waits. Emitted once each time. */
  stalled: { readonly bufferedAmount: number }
  /** The provider sent a message with an unknown `event`. */
  unknown: UnknownTwilioMessage
  /** The provider sent an invalid message. The call continues unless it was the `start`. */
  invalid: { readonly error: Extract<ReadTwilioMessage, { kind: 'invalid' }>['error']; readonly data: unknown }
  /** The bridge ended and released all resources. Emitted once. */
  stop: TwilioStop
}

/** Why a bridge ended. */
export interface TwilioStop {
  /**
   * - `hangup`: the provider sent `stop`.
   * - `dropped`: the provider's socket closed, failed, or was inactive.
   * - `session`: the session closed.
   * - `error`: the formats do not match, `start` is invalid or missing, or the session did not connect.
   * - `client`: the bridge function was called.
   */
  readonly reason: 'hangup' | 'dropped' | 'session' | 'error' | 'client'
  /** A `TwilioError`, or the error of the session. */
  readonly error?: unknown
}

/**
 * A connection between a telephone call and a session. Call it to end it: it closes the socket and, with `onStop: 'close'`, the session. The
 * promise resolves when both are closed.
 */
export interface TwilioBridge {
  (): Promise<void>
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof TwilioBridgeEvents>(type: K, listener: (event: TwilioBridgeEvents[K]) => void): () => void
  /** The session of the call. */
  readonly session: RealtimeSession
  /** The call, or `undefined` before `start`. */
  readonly call: TwilioCall | undefined
  /**
   * Resolves when all audio of the model so far was played or dropped. If the provider returns no marks, it resolves a second after the audio
   * should have been played.
   */
  drained(): Promise<void>
}
