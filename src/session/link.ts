import { abortReason, abortWith } from '../internal/abort.js'
import type { Link } from './core-options.js'
import type { RequestOptions } from './options.js'

/** The way of the handshake to the server; one listener on its signal serves all its requests, however long the history is. */
export function createLink<Client, Server>(
  signal: AbortSignal,
  request: (event: Client, wait: RequestOptions) => Promise<Server>,
): Link<Client, Server> {
  const open = new Set<AbortController>()
  const abortAll = () => {
    for (const controller of open) abortWith(controller, abortReason(signal))
  }
  signal.addEventListener('abort', abortAll, { once: true })
  return {
    request(event) {
      const controller = new AbortController()
      open.add(controller)
      if (signal.aborted) abortWith(controller, abortReason(signal))
      return request(event, { signal: controller.signal }).finally(() => open.delete(controller))
    },
  }
}
