import type { Clock } from '../internal/clock.js'
import type { Transport } from '../transports/transport.js'
import { within } from './within.js'

/**
 * Returns a function that closes the transport.
 * @throws {SessionError} `TIMEOUT`, so that a transport that never closes holds up no caller. What the transport refuses is thrown as it is.
 */
export function transportCloser(transport: Transport, clock: Clock, timeoutMs: number) {
  return (code: number, reason: string): Promise<void> =>
    within<void>(clock, { timeoutMs }, 'the end of the connection', (resolve, reject) => {
      transport.close(code, reason).then(resolve, reject)
      return () => {}
    })
}
