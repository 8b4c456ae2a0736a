import { type Clock, systemClock } from '../internal/clock.js'
import type { SessionConfig } from '../protocol/session.js'
import type { TransportError } from '../transports/error.js'
import type { Transport } from '../transports/transport.js'
import { SessionError } from './error.js'

/** The configuration of a realtime session. `type` is optional. */
export type SessionConfigInput = Omit<SessionConfig, 'type'> & { type?: 'realtime' }

/** Options of every kind of session. */
export interface SharedOptions {
  /** The connection to the server. The session opens and closes it, so a transport must not be shared by sessions. */
  transport: Transport
  /**
   * Timeout of `connect()` in milliseconds. While the history of a snapshot is sent, it starts again with each acknowledgement. After a lost
   * connection, it is how long a restore may make no progress before the attempt fails.
   * @defaultValue 15_000
   */
  connectTimeoutMs?: number
  /**
   * How long the server may take to acknowledge a request or to create a response, in milliseconds.
   * @defaultValue 10_000
   */
  requestTimeoutMs?: number
  /**
   * Maximum audio that is queued while the transport reconnects or is slow, in milliseconds of 24 kHz PCM16. When there is more, the oldest is
   * dropped and reported by a `dropped` event.
   * @defaultValue 30_000
   */
  maxWaitingAudioMs?: number
  /**
   * Bytes that the transport may buffer before audio is queued in the session. Other events are queued only behind queued audio.
   * @defaultValue 1_048_576
   */
  highWaterMark?: number
  /**
   * Clock of the session and of the features that run on it. Tests pass a manual clock.
   * @defaultValue the system clock
   */
  clock?: Clock
}

/** Bytes of one millisecond of 24 kHz PCM16 in base64. */
const base64BytesPerMs = 64

/**
 * Returns the settings of the connection, with defaults for what the options do not contain.
 * @throws {SessionError} `INVALID_OPTION` when there is no transport.
 */
export function withDefaults(options: SharedOptions) {
  assertTransport((options as SharedOptions | undefined)?.transport)
  return {
    transport: options.transport,
    clock: options.clock ?? systemClock,
    connectTimeoutMs: options.connectTimeoutMs ?? 15_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
    highWaterMark: options.highWaterMark ?? 2 ** 20,
    maxWaitingAudioBytes: (options.maxWaitingAudioMs ?? 30_000) * base64BytesPerMs,
  }
}

function assertTransport(transport: Partial<Transport> | undefined): void {
  const example = "pass one, such as webSocket({ apiKey, model: 'gpt-realtime-2.1' })"
  const members = ['open', 'send', 'close', 'on'] as const
  const problem =
    transport === undefined || transport === null
      ? `is missing; ${example}`
      : members.every((name) => typeof transport[name] === 'function')
        ? undefined
        : `is not a transport; ${example}`
  if (problem !== undefined) throw new SessionError('INVALID_OPTION', { option: 'transport', problem })
}

/** When to stop waiting. */
export interface WaitOptions {
  /** Rejects the promise with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Timeout in milliseconds. */
  timeoutMs?: number | undefined
}

/** Options of `request` and of every method that resolves with the server's acknowledgement. */
export interface RequestOptions extends WaitOptions {}

/** Options of `session.update`. */
export interface UpdateOptions extends RequestOptions {
  /**
   * Whether snapshots leave the change out. For settings that a part of your app takes over while it runs, and takes over again in a session
   * that continues from the snapshot. After a lost connection, the change is restored like any other.
   * @defaultValue false
   */
  temporary?: boolean | undefined
}

/** Options of `waitFor`. Without `timeoutMs`, it waits until the session is closed. */
export interface WaitForOptions<Event> extends WaitOptions {
  /** Ignores events for which it returns false. */
  where?: ((event: Event) => boolean) | undefined
}

/** Options of `events`. */
export interface EventsOptions {
  /** Ends the iteration. */
  signal?: AbortSignal | undefined
  /**
   * Maximum number of unread events. One more ends the iteration with `SessionError` `OVERFLOW`.
   * @defaultValue 10_000
   */
  limit?: number | undefined
}

/** How a session ended. */
export interface SessionClose {
  /** WebSocket close code. */
  readonly code: number
  readonly reason: string
  /** Whether the closing handshake was completed. */
  readonly wasClean: boolean
  /** Who closed it: the app, or the server or the network. */
  readonly initiator: 'client' | 'server'
  /** The error that the server reported, `EXPIRED` at its time limit, or the error of the transport. */
  readonly error?: SessionError | TransportError
}
