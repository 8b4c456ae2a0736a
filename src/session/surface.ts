import type { Clock } from '../internal/clock.js'
import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { ReadableStore } from '../internal/readable-store.js'
import type { UnknownEvent } from '../protocol/codec.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type { AcknowledgementOf } from './connection/acknowledgements.js'
import { close, connect } from './connection/connection.js'
import type { ClientFrame, ServerFrame } from './connection/connection-options.js'
import type { ConnectionOf } from './connection/connection-parts.js'
import { getStatus, listen, request, send, waitFor } from './connection/event-exchange.js'
import { openIterator } from './connection/event-iterators.js'
import { closedByClient, closedError } from './connection/failure.js'
import { SessionError } from './error.js'
import type { EventsOptions, RequestOptions, SessionClose, WaitForOptions } from './options.js'

/** What every kind of session exposes of its connection. */
export type CoreSurface<Client extends ClientFrame, Server extends ServerFrame, ByType> = ConnectionMethods<
  Client,
  ByType
> &
  ReadonlyEvents<Client, Server> & {
    /**
     * Sends a text frame as it is, for events that this version does not know. It is not checked, not kept while the connection is down, and
     * not sent again.
     * @throws {SessionError} `NOT_CONNECTED` or `CLOSED`.
     * @example
     * ```ts
     * session.sendRaw(JSON.stringify({ type: 'vendor.event', text: 'Welcome.' }))
     * ```
     */
    sendRaw(frame: string): void
    /** Measures time for the session and for the features that run on it; see the `clock` option. */
    readonly clock: Clock
  }

interface ConnectionMethods<Client extends ClientFrame, ByType> {
  connect(options?: { signal?: AbortSignal | undefined }): Promise<void>
  /** Sends an event and returns its `event_id`. */
  send(event: Client): string
  on<K extends keyof ByType>(type: K, listener: (event: ByType[K]) => void): () => void
  waitFor<K extends keyof ByType>(type: K, options?: WaitForOptions<ByType[K]>): Promise<ByType[K]>
  close(code?: number, reason?: string): Promise<void>
  readonly closed: Promise<SessionClose>
}

/** The methods that return server events, which listeners and the state share. */
interface ReadonlyEvents<Client extends ClientFrame, Server extends ServerFrame> {
  /** Sends an event that the service acknowledges, and resolves with the acknowledgement. */
  request<Type extends Client['type']>(
    event: Client & { readonly type: Type },
    options?: RequestOptions,
  ): Promise<DeepReadonly<AcknowledgementOf<Type, Server>>>
  /** Returns every server event from now on, in order, unknown types included. It ends with the session. */
  events(options?: EventsOptions): AsyncIterableIterator<DeepReadonly<Server> | DeepReadonly<UnknownEvent>>
}

/**
 * Returns the part of a session that is the same for every kind. `Client` is what its callers may send: its connection also accepts audio as
 * bytes.
 */
export function surfaceOf<Client extends ClientFrame, Server extends ServerFrame, ByType, State>(
  connection: ConnectionOf<Sendable<Client> & ClientFrame, Server, ByType>,
  { getState, subscribe, getServerState }: ReadableStore<State>,
): CoreSurface<Client, Server, ByType> & ReadableStore<State> {
  const { clock, transport } = connection.options
  // An event is assignable to its readonly type, but not for the compiler as long as `Server` is a type parameter.
  const { request: requestReadonly, events }: ReadonlyEvents<Client, Server> = {
    request: (event, options) => request(connection, event as never, options) as Promise<never>,
    events: (options) => openIterator(connection.iterators, options) as AsyncIterableIterator<never>,
  }
  return {
    connect: (options) => connect(connection, options),
    send: (event) => send(connection, event),
    sendRaw(frame) {
      const status = getStatus(connection)
      if (status === 'closing' || status === 'closed') throw closedError(closedByClient)
      if (status !== 'open') throw new SessionError('NOT_CONNECTED', { status })
      transport.send(frame)
    },
    request: requestReadonly,
    on: (type, listener) => listen(connection, type, listener),
    events,
    waitFor: (type, options) => waitFor(connection, type, options),
    close: (code, reason) => close(connection, code, reason),
    closed: connection.closed,
    getState,
    subscribe,
    getServerState,
    clock,
  }
}
