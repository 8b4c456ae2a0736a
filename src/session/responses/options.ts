import type { Clock } from '../../internal/clock.js'
import type { ClientEvent } from '../../protocol/client-events.js'
import type { InvalidEvent } from '../../protocol/codec.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import type { DeltaEvent } from '../delta.js'
import type { Announcements } from './announcements.js'
import type { ResponseHandle } from './handle.js'
import type { SettledResponse } from './settled-response.js'

/** Options of `respond`. */
export interface RespondOptions {
  /**
   * What to do while another response runs in the conversation: `queue` waits for its end, `interrupt` cancels it, and `reject` settles the
   * new handle as `rejected` with `RESPONSE_ACTIVE`. Out-of-band responses never wait.
   * @defaultValue `'queue'`
   */
  whenBusy?: 'queue' | 'interrupt' | 'reject' | undefined
  /** Cancels the response when it aborts. */
  signal?: AbortSignal | undefined
  /**
   * How long the server may take to create the response after the request was sent, in milliseconds. After that the handle settles as
   * `rejected` with `TIMEOUT`, and a response that is created later is cancelled.
   * @defaultValue the session's `requestTimeoutMs`
   */
  timeoutMs?: number | undefined
  /**
   * What the handle does with text, transcript, audio, and items: `keep` buffers them for readers that start late, and `discard` buffers nothing,
   * so that iterators of the handle complete without values. An app that plays the audio through a player or a bridge saves memory with `discard`.
   * @defaultValue `'keep'`
   */
  content?: 'keep' | 'discard' | undefined
}

/** A message that was sent or waits for a connection, and that a response replies to. */
export interface SentMessage {
  /** Rejects when the server refuses the message. */
  readonly acknowledged: Promise<unknown>
  /** Drops the message if it has not been sent. */
  withdraw(): void
}

/** The responses of a session. At most one runs in the conversation at a time, and every handle settles. */
export interface Responses {
  /**
   * Returns whether a response runs in the conversation, was requested or announced, or is expected from the server after a turn of the user.
   */
  isDue(): boolean
  /** Responses that will be requested later. */
  readonly announcements: Announcements
  /**
   * Cancels the response that runs in the conversation or was requested. With an id, cancels it only if it has that id. Returns `false` when
   * there is none.
   */
  cancelActive(responseId?: string): boolean
  /**
   * Requests a response.
   * @param sendMessage Sends the message that the response replies to, unless the request is rejected at once.
   */
  respond(params?: ResponseCreateParams, options?: RespondOptions, sendMessage?: () => SentMessage): ResponseHandle
  /** Receives an event that is not a delta. Returns `true` for an error that the session has handled, so that listeners do not receive it. */
  receive(event: ServerEvent): boolean
  receiveDelta(event: DeltaEvent): void
  /** Settles the response whose `response.created` or `response.done` has an invalid shape. */
  receiveInvalid(event: InvalidEvent): void
  /** The session connects. Requests wait until `resume`. */
  hold(): void
  /** Settles created responses as cancelled. Requests that were not sent wait until `resume`. */
  connectionLost(): void
  resume(): void
  /** Settles every remaining handle. */
  end(reason: 'session_closed' | 'connection_lost'): void
}

export interface ResponsesOptions {
  readonly clock: Clock
  /** How long the server may take to create a response, or to finish a cancelled one, in milliseconds. */
  readonly timeoutMs: number
  /** How long a running response may have no events, in milliseconds. */
  readonly responseTimeoutMs: number
  readonly send: (event: ClientEvent) => void
  /** Removes an event that has not been sent from the send queue. Returns `false` when it was sent. */
  readonly cancelPending: (eventId: string) => boolean
  /** Returns whether the server creates a response after each turn. */
  readonly respondsToTurns: () => boolean
  /** Follows a response until everything that it led to is finished. */
  readonly whenSettled: (handle: ResponseHandle) => Promise<SettledResponse>
  /** Returns whether `onServerResponse` has a listener. Without one, responses of the server get no handle. */
  readonly hasServerResponseListener: () => boolean
  /** Emits a response that the server created by itself. */
  readonly onServerResponse: (handle: ResponseHandle) => void
  /** A request was passed on to be sent. */
  readonly onSubmitted: (handle: ResponseHandle) => void
}
