import type { ClientEvent } from '../../protocol/client-events.js'
import type { Sendable } from '../../protocol/encode-audio.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import type { ConnectionOf } from '../connection/connection-parts.js'
import type { StateStore } from '../state/state-store.js'
import type { Announcements } from './announcements.js'
import type { ConflictState } from './conflict.js'
import type { ResponseHandle } from './handle.js'
import type { SettledResponse } from './settled-response.js'
import type { TrackedResponses } from './tracked-responses.js'

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

/** The responses of a session: a queue with at most one running response in the conversation. Every handle settles. */
export interface Responses {
  readonly connection: ConnectionOf<
    Sendable<ClientEvent>,
    ServerEvent,
    { response: ResponseHandle; submitted: ResponseHandle }
  >
  readonly store: StateStore
  /** How long a running response may have no events, in milliseconds. */
  readonly responseTimeoutMs: number
  /** Follows a response until everything that it led to is finished. */
  readonly whenSettled: (handle: ResponseHandle) => Promise<SettledResponse>
  readonly tracked: TrackedResponses
  readonly conflict: ConflictState
  /** Responses that will be requested later. */
  readonly announcements: Announcements
  /** The `event_id`s of cancels whose refusal is expected. */
  readonly cancelIds: string[]
  /** Whether requests can be sent, have to wait for a connection, or are rejected. */
  availability: 'available' | 'unavailable' | 'ended'
  /** Whether the server is about to create a response by itself, because a turn of the user has ended. */
  expectsServerResponse: boolean
  /** Whether the server has returned metadata before. */
  returnsMetadata: boolean
}
