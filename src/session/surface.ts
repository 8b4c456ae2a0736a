import type { Clock } from '../internal/clock.js'
import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { ReadableStore } from '../internal/readable-store.js'
import type { UnknownEvent } from '../protocol/codec.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type { Transport } from '../transports/transport.js'
import type { AcknowledgementOf } from './connection/acknowledgements.js'
import type { ClientFrame, Connection } from './connection/connection-options.js'
import { closedByClient, closedError } from './connection/failure.js'
import { SessionError } from './error.js'
import type { EventsOptions, RequestOptions } from './options.js'
import type { Store } from './store.js'

/** What every kind of session exposes of its core. */
export type CoreSurface<Client extends ClientFrame, Server extends { type: string }, ByType> = Pick<
  Connection<Client, Server, ByType>,
  'connect' | 'send' | 'on' | 'waitFor' | 'close' | 'closed'
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

/** The methods that return server events, which listeners and the state share. */
interface ReadonlyEvents<Client extends ClientFrame, Server extends { type: string }> {
  /** Sends an event that the service acknowledges, and resolves with the acknowledgement. */
  request<Type extends Client['type']>(
    event: Client & { readonly type: Type },
    options?: RequestOptions,
  ): Promise<DeepReadonly<AcknowledgementOf<Type, Server>>>
  /** Returns every server event from now on, in order, unknown types included. It ends with the session. */
  events(options?: EventsOptions): AsyncIterableIterator<DeepReadonly<Server> | DeepReadonly<UnknownEvent>>
}

/**
 * Returns the part of a session that is the same for every kind. `Client` is what its callers may send: its core also accepts audio as bytes.
 */
export function surfaceOf<Client extends ClientFrame, Server extends { type: string }, ByType, State>(
  core: Connection<Sendable<Client> & ClientFrame, Server, ByType>,
  store: Store<State>,
  { clock, transport }: { readonly clock: Clock; readonly transport: Transport },
): CoreSurface<Client, Server, ByType> & ReadableStore<State> {
  const { connect, send, on, waitFor, close, closed } = core
  const { getState, subscribe, getServerState } = store
  // An event is assignable to its readonly type, but not for the compiler as long as `Server` is a type parameter.
  const { request, events } = core as unknown as ReadonlyEvents<Client, Server>
  function sendRaw(frame: string): void {
    const status = core.getStatus()
    if (status === 'closing' || status === 'closed') throw closedError(closedByClient)
    if (status !== 'open') throw new SessionError('NOT_CONNECTED', { status })
    transport.send(frame)
  }
  return {
    connect,
    send,
    sendRaw,
    request,
    on,
    events,
    waitFor,
    close,
    closed,
    getState,
    subscribe,
    getServerState,
    clock,
  }
}
