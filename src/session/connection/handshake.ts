import { abortReason, abortWith, throwIfAborted } from '../../internal/abort.js'
import { sessionStartStep } from '../error.js'
import type { Restored } from '../events.js'
import type { RequestOptions } from '../options.js'
import { acknowledgementTypes } from './acknowledgements.js'
import type { ClientFrame, Handshake } from './connection-options.js'
import type { HandshakeDeadline } from './handshake-deadline.js'

/** What {@link runHandshake} needs of a connection. */
export interface HandshakeOptions<Client extends ClientFrame, Server> {
  /** Aborted when the connection is lost or the session is closed. */
  readonly signal: AbortSignal
  /** Whether this is the first connection of `connect()`, whose deadline covers everything but the history. */
  readonly isConnect: boolean
  readonly deadline: HandshakeDeadline
  /** Waits for `session.created`. Absent where the session on the server exists already. */
  readonly waitForSession: (() => Promise<unknown>) | undefined
  /** Sends an event ahead of everything that waits. */
  readonly sendNow: (event: Client) => void
  /** Sends an event ahead of everything that waits, and resolves with its acknowledgement. */
  readonly request: (event: Client, wait: RequestOptions) => Promise<Server>
  /** Returns the requests that were sent on an earlier connection and still wait for their acknowledgement. */
  readonly takeUnacknowledged: () => readonly Client[]
  readonly configure: (handshake: Handshake<Client, Server>) => Promise<void>
  readonly restore: (handshake: Handshake<Client, Server>) => Promise<Restored>
}

/**
 * Brings a new session on the server to where this session stands: the configuration, the history, then the requests that no server has
 * acknowledged. It runs each time that the transport has opened a connection.
 */
export async function runHandshake<Client extends ClientFrame, Server>(
  options: HandshakeOptions<Client, Server>,
): Promise<Restored> {
  const { signal, deadline, sendNow } = options
  let isRestoring = false
  // `connect()` has one deadline in all. Only sending the history may take longer, as long as it makes progress.
  const onProgress = () => {
    if (isRestoring || !options.isConnect) deadline.running?.extend()
  }
  const request = (event: Client, wait: RequestOptions) => {
    deadline.step = acknowledgementTypes(event.type)?.[0] ?? sessionStartStep
    return options.request(event, wait)
  }
  const handshake = createHandshake<Client, Server>(signal, request, onProgress)
  await options.waitForSession?.()
  onProgress()
  await options.configure(handshake)
  isRestoring = true
  const restored = await options.restore(handshake)
  throwIfAborted(signal)
  // Requests that were given up during the handshake are not among them.
  for (const event of options.takeUnacknowledged()) sendNow(event)
  return restored
}

/**
 * Sends the requests of a handshake. One listener on its signal serves them all, however long the history is. They have no deadline of
 * their own: the last item of a long history may have to wait for all others, so the handshake as a whole must make progress.
 */
function createHandshake<Client, Server>(
  signal: AbortSignal,
  request: (event: Client, wait: RequestOptions) => Promise<Server>,
  onProgress: () => void,
): Handshake<Client, Server> {
  const running = new Set<AbortController>()
  const abortAll = () => {
    for (const controller of running) abortWith(controller, abortReason(signal))
  }
  signal.addEventListener('abort', abortAll, { once: true })
  return {
    request(event) {
      const controller = new AbortController()
      running.add(controller)
      if (signal.aborted) abortWith(controller, abortReason(signal))
      const acknowledged = request(event, { signal: controller.signal, timeoutMs: Number.POSITIVE_INFINITY })
      onProgress()
      return acknowledged.finally(() => {
        running.delete(controller)
        onProgress()
      })
    },
  }
}
