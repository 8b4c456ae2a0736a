import type { Clock } from '../internal/clock.js'
import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { ReadableStore } from '../internal/readable-store.js'
import type { UnknownEvent } from '../protocol/codec.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type { AcknowledgementOf } from './connection/acknowledgements.js'
import type { ClientFrame, Connection } from './connection/connection-options.js'
import type { EventsOptions, RequestOptions } from './options.js'
import type { Store } from './store.js'

/** What every kind of session exposes of its core. */
export type CoreSurface<Client extends ClientFrame, Server extends { type: string }, ByType> = Pick<
  Connection<Client, Server, ByType>,
  'connect' | 'send' | 'on' | 'waitFor' | 'close' | 'closed'
> &
  ReadonlyEvents<Client, Server> & {
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
  clock: Clock,
): CoreSurface<Client, Server, ByType> & ReadableStore<State> {
  const { connect, send, on, waitFor, close, closed } = core
  const { getState, subscribe, getServerState } = store
  // An event is assignable to its readonly type, but not for the compiler as long as `Server` is a type parameter.
  const { request, events } = core as unknown as ReadonlyEvents<Client, Server>
  return { connect, send, request, on, events, waitFor, close, closed, getState, subscribe, getServerState, clock }
}
