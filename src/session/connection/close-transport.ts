import { withTimeout } from '../with-timeout.js'
import type { ConnectionSettings } from './connection-options.js'

/**
 * Closes the transport of a connection.
 * @throws {SessionError} `TIMEOUT`, so that a transport that never closes blocks no caller.
 */
export function closeTransport(
  { transport, clock, requestTimeoutMs }: ConnectionSettings,
  code: number,
  reason: string,
): Promise<void> {
  return withTimeout<void>(clock, { timeoutMs: requestTimeoutMs }, 'the end of the connection', (resolve, reject) => {
    transport.close(code, reason).then(resolve, reject)
    return () => {}
  })
}
