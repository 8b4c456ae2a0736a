import type { Clock } from '../internal/clock.js'
import type { ClientEvent } from '../protocol/client-events.js'
import type { InvalidEvent } from '../protocol/codec.js'
import type { ResponseCreateParams } from '../protocol/response.js'
import type { ServerEvent } from '../protocol/server-events.js'
import type { ResponseHandle } from './response-handle.js'

/** Options of `respond`. */
export interface RespondOptions {
  /**
   * What to do while another response runs in the conversation: wait for its end, cancel it, or reject this one.
   * @defaultValue `'queue'`
   */
  whenBusy?: 'queue' | 'interrupt' | 'reject' | undefined
  /** Cancels the response. */
  signal?: AbortSignal | undefined
  /**
   * How long the server may take to create the response after the request was sent, in milliseconds. After that the handle settles as
   * `rejected` with `TIMEOUT`, and a response that is created later is cancelled.
   * @defaultValue the session's `requestTimeoutMs`
   */
  timeoutMs?: number | undefined
}

/** The responses of a session: at most one runs in the conversation at a time, and every handle settles. */
export interface Responses {
  /**
   * Cancels the response of the conversation that runs or was requested, or only the one with the given id. Returns false when there is
   * none.
   */
  cancelActive(responseId?: string): boolean
  respond(params?: ResponseCreateParams, options?: RespondOptions): ResponseHandle
  /** Returns true for an error event that the session has handled itself, so that listeners do not receive it. */
  receive(event: ServerEvent): boolean
  receiveInvalid(event: InvalidEvent): void
  /** The connection is lost: responses that ran are cancelled, and queued requests wait until `resume`. */
  lose(): void
  resume(): void
  /** Settles every remaining handle. */
  end(reason: 'session_closed' | 'connection_lost'): void
}

export interface ResponsesOptions {
  readonly clock: Clock
  /** How long the server may take to create a response, or to finish a cancelled one, in milliseconds. */
  readonly timeoutMs: number
  /** How long the server may send nothing for a running response, in milliseconds. */
  readonly responseTimeoutMs: number
  readonly send: (event: ClientEvent) => void
  /** Takes back an event that has not been sent yet. Returns false when it has. */
  readonly withdraw: (eventId: string) => boolean
  /** Whether the server creates a response after each turn by itself. */
  readonly serverResponds: () => boolean
  /** Emits a response that the server created by itself. Returns false when there is no listener. */
  readonly onServerResponse: (handle: ResponseHandle) => boolean
}
