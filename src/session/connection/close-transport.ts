import { withTimeout } from '../with-timeout.js'
import type { ClientFrame, ConnectionOptions } from './connection-options.js'

/**
 * Closes the transport of a connection.
 * @throws {SessionError} `TIMEOUT`, so that a transport that never closes blocks no caller.
 */
export function closeTransport<Client extends ClientFrame, Server extends { type: string }>(
  { transport, clock, requestTimeoutMs }: ConnectionOptions<Client, Server>,
  code: number,
  reason: string,
): Promise<void> {
  return withTimeout<void>(clock, { timeoutMs: requestTimeoutMs }, 'the end of the connection', (resolve, reject) => {
    transport.close(code, reason).then(resolve, reject)
    return () => {}
  })
}
