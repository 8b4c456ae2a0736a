import type { Transport, TransportClose } from '../../../src/transports/transport.js'
import type { Environment } from '../world.js'

/** Checks that a transport that reconnects reports the close of the connection with which it ends. */
export function checkFinalClose({ network, report }: Pick<Environment, 'network' | 'report'>, outer: Transport): void {
  let last: TransportClose | undefined
  let hasRetried = false
  outer.on('close', (close) => {
    last = close
  })
  outer.on('reconnecting', () => {
    hasRetried = true
  })
  network.onClosed((close) => {
    if (outer.state !== 'open') return
    last = undefined
    hasRetried = false
    setImmediate(() => {
      if (hasRetried || !last) return
      if (last.code !== close.code || last.reason !== close.reason || last.wasClean !== close.wasClean)
        report('a transport reports how its connection has closed', `${JSON.stringify(last)}, ${JSON.stringify(close)}`)
    })
  })
}
