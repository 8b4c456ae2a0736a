import { type Clock, systemClock } from '../internal/clock.js'
import type { SessionConfig } from '../protocol/session.js'
import type { TransportError } from '../transports/error.js'
import type { Transport } from '../transports/transport.js'
import { SessionError } from './error.js'

/** The configuration of a session; its `type` may be left out. */
export type SessionConfigInput = Omit<SessionConfig, 'type'> & { type?: 'realtime' }

/** Options of every kind of session. */
export interface SharedOptions {
  /** The pipe to the server. It belongs to the session from now on, which opens and closes it. */
  transport: Transport
  /**
   * How long `connect` may take in milliseconds. After that time it fails unless it is sending the history of a snapshot and the server keeps
   * acknowledging it. It is also how long the restoration after a drop may make no progress; then that attempt has failed, and a transport
   * that reconnects makes the next one.
   * @default 15_000
   */
  connectTimeoutMs?: number
  /**
   * How long the server may take to acknowledge a request or to create a response, in milliseconds.
   * @default 10_000
   */
  requestTimeoutMs?: number
  /**
   * How much sound may wait while a transport reconnects or is slow, in milliseconds of 24 kHz PCM16; beyond it the oldest is dropped, and reported.
   * @default 30_000
   */
  maxWaitingAudioMs?: number
  /**
   * How much the transport may have buffered before sound waits its turn behind it, in bytes. Other events never wait, unless sound before
   * them does.
   * @default 1_048_576
   */
  highWaterMark?: number
  /**
   * Measures time for the session and for the features that run on it. Tests pass a manual clock.
   * @defaultValue the system clock
   */
  clock?: Clock
}

/** Bytes that a millisecond of 24 kHz PCM16 takes as base64. */
const base64BytesPerMs = 64

/**
 * The options with what was left out.
 * @throws {SessionError} `INVALID_OPTION` when there is no transport.
 */
export function withDefaults<Options extends SharedOptions>(options: Options) {
  assertTransport((options as Options | undefined)?.transport)
  return {
    ...options,
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

/** How a wait may end early. */
export interface WaitOptions {
  /** Ends the wait; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  /** How long to wait, in milliseconds. */
  timeoutMs?: number | undefined
}

/** Options of `request` and of every method that resolves with the server's acknowledgement. */
export interface RequestOptions extends WaitOptions {}

/** Options of `waitFor`; without `timeoutMs` it waits as long as the session lives. */
export interface WaitForOptions<Event> extends WaitOptions {
  /** Only an event for which this is true counts. */
  where?: ((event: Event) => boolean) | undefined
}

/** Options of `events`. */
export interface EventsOptions {
  /** Ends the iteration. */
  signal?: AbortSignal | undefined
  /**
   * How many events may wait for the reader; one more ends the iteration with `SessionError` `OVERFLOW`.
   * @default 10_000
   */
  limit?: number | undefined
}

/** How a session ended. */
export interface SessionClose {
  /** WebSocket close code. */
  readonly code: number
  readonly reason: string
  /** Whether both sides took leave in order. */
  readonly wasClean: boolean
  /** Who ended it: this side, or the server and the network. */
  readonly initiator: 'client' | 'server'
  /** What the server said was wrong, `EXPIRED` at its time limit, or what the transport knows. */
  readonly error?: SessionError | TransportError
}
