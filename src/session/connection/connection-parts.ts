import type { Listeners } from '../../internal/emitter.js'
import type { UnknownEvent } from '../../protocol/codec.js'
import type { SessionClose } from '../options.js'
import type { ClientFrame, ConnectedStages, ConnectionOptions, ServerFrame } from './connection-options.js'
import type { EventIterators } from './event-iterators.js'
import type { EventWaits } from './event-waits.js'
import type { LastServerError } from './failure.js'
import type { HandshakeDeadline } from './handshake-deadline.js'
import type { PendingRequests } from './pending-requests.js'
import type { Phases } from './phase.js'
import type { SendQueue } from './send-queue.js'

/**
 * A session without state: sending, receiving, waiting, and closing. It is plain data; the functions of `connection.ts` and `receiver.ts` work
 * on it.
 */
export interface Connection extends Phases {
  readonly options: ConnectionOptions<ClientFrame, ServerFrame>
  /** The listeners of the session: server events and local events, by type. */
  readonly listeners: Listeners<Record<string, unknown>>
  readonly iterators: EventIterators<ServerFrame | UnknownEvent>
  readonly waits: EventWaits
  readonly requests: PendingRequests
  readonly queue: SendQueue
  readonly deadline: HandshakeDeadline
  readonly lastError: LastServerError
  stages: ConnectedStages<ServerFrame> | undefined
  readonly nextEventId: () => string
  /** Removes the listeners on the transport. */
  unsubscribes: readonly (() => void)[]
  /** Resolves when the session is closed. */
  readonly closed: Promise<SessionClose>
  readonly resolveClosed: (close: SessionClose) => void
}

/** A connection with the types of its events. `ByType` maps each event type, local ones included, to its event. */
export interface ConnectionOf<Client extends ClientFrame, Server extends ServerFrame, ByType> extends Connection {
  /** It has no value at run time. */
  readonly types?: { readonly client: (event: Client) => void; readonly server: Server; readonly byType: ByType }
}
