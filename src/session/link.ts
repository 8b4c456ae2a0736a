import { abortReason, abortWith } from '../internal/abort.js'
import type { Link } from './core-options.js'
import type { RequestOptions } from './options.js'

/**
 * Sends the requests of a handshake. One listener on its signal serves them all, however long the history is. They have no deadline of
 * their own: the last item of a long history may have to wait for all others, so the handshake as a whole must make progress.
 */
export function createLink<Client, Server>(
  signal: AbortSignal,
  request: (event: Client, wait: RequestOptions) => Promise<Server>,
  onProgress: () => void,
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
      const acknowledged = request(event, { signal: controller.signal, timeoutMs: Number.POSITIVE_INFINITY })
      onProgress()
      return acknowledged.finally(() => {
        open.delete(controller)
        onProgress()
      })
    },
  }
}
