import { isSessionError } from '../../session/error.js'
import { isTransportError } from '../../transports/error.js'

/** How many causes of an error are read. */
const maxDepth = 8

/**
 * Returns whether `connect()` of a session over `sideband` failed because the call has ended. After any other failure, the call can still be
 * there, so keep its record.
 *
 * @example
 * ```ts
 * await session.connect().catch((error) => (isCallEnded(error) ? persistence.end() : persistence.handOver()))
 * ```
 */
export function isCallEnded(error: unknown): boolean {
  let current = error
  for (let depth = 0; depth < maxDepth && current instanceof Error; depth++) {
    if (isTransportError(current, 'CONNECT_FAILED') && current.data.status === 404) return true
    if (isSessionError(current, 'SERVER_ERROR') && current.data.error.code === 'call_id_not_found') return true
    current = current.cause
  }
  return false
}
