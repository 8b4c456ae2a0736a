import type { Clock } from '../internal/clock.js'
import type { Transport } from '../transports/transport.js'
import { answersTo, canRepeat, canWait } from './acknowledge.js'
import type { ClientFrame } from './core-options.js'
import { SessionError } from './error.js'
import type { RequestOptions } from './options.js'
import type { Outflow } from './outflow.js'
import type { Requests } from './requests.js'
import { within } from './within.js'

/** Sends events that wait for their acknowledgement, and decides which of them survive a lost connection. */
export interface RequestSender<Client, Server> {
  /** Sends by the given function and resolves with the acknowledgement. */
  request(send: (event: Client) => void, event: Client, wait: RequestOptions): Promise<Server>
  /** Returns the requests that can be sent again on another connection, and rejects the others with `CONNECTION_LOST`. */
  repeatable(): readonly Client[]
}

export function createRequestSender<Client extends ClientFrame, Server>(options: {
  readonly clock: Clock
  readonly transport: Transport
  readonly requestTimeoutMs: number
  readonly requests: Requests<Client, Server>
  readonly outflow: Pick<Outflow<Client>, 'has' | 'forget'>
  readonly nextEventId: () => string
}): RequestSender<Client, Server> {
  const { clock, transport, requests, outflow } = options
  return {
    request(send, event, { signal, timeoutMs = options.requestTimeoutMs }) {
      const id = event.event_id ?? options.nextEventId()
      const waitingFor = answersTo(event.type)?.[0] ?? `an answer to ${event.type}`
      return within<Server>(clock, { signal, timeoutMs }, waitingFor, (resolve, reject) => {
        const named = { ...event, event_id: id }
        const release = requests.add(id, named, resolve, reject)
        try {
          send(named)
        } catch (error) {
          reject(error)
        }
        return () => {
          release()
          // No caller waits any more, so an event that has not left by now must not leave later.
          outflow.forget(id)
        }
      })
    },
    repeatable: () =>
      requests.keep(
        (request) =>
          outflow.has(request.event_id) ? canWait(request) : canRepeat(request, transport.session ?? 'own'),
        ({ type, event_id }) => {
          outflow.forget(event_id)
          return new SessionError('CONNECTION_LOST', { eventType: type })
        },
      ),
  }
}
