import type { Clock } from '../internal/clock.js'
import type { ClientFrame, Core } from './core-options.js'
import type { Store } from './store.js'

/** What every kind of session shows of its core. */
export type CoreSurface<Client extends ClientFrame, Server extends { type: string }, ByType> = Pick<
  Core<Client, Server, ByType>,
  'connect' | 'send' | 'request' | 'on' | 'events' | 'waitFor' | 'close' | 'closed'
> & {
  /** Measures time for the session and for the features that run on it; see the `clock` option. */
  readonly clock: Clock
}

/** The part of a session that is the same for every kind; the rest of the core is for the session alone. */
export function surfaceOf<Client extends ClientFrame, Server extends { type: string }, ByType, State>(
  core: Core<Client, Server, ByType>,
  store: Store<State>,
  clock: Clock,
): CoreSurface<Client, Server, ByType> & Pick<Store<State>, 'getState' | 'subscribe'> {
  const { connect, send, request, on, events, waitFor, close, closed } = core
  const { getState, subscribe } = store
  return { connect, send, request, on, events, waitFor, close, closed, getState, subscribe, clock }
}
