import { type ReconnectingOptions, reconnecting } from 'realtime-primitives'
import { createManualClock } from '../../src/testing/clock.js'
import { TransportError } from '../../src/transports/error.js'
import { fakeTransport } from './fake-transport.js'
import { logTransport, typesOf } from './transport-log.js'

export const url = 'wss://example.com/realtime'
/** A handshake that got an HTTP response without an upgrade. */
export const http = (status: number, retryAfterMs?: number) =>
  new TransportError('CONNECT_FAILED', {
    url,
    status,
    reason: 'said so',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
/** A handshake without a response. */
export const timeout = () => new TransportError('CONNECT_TIMEOUT', { url, timeoutMs: 10_000 })

/** A reconnecting transport around a fake one, with a manual clock and the maximum jitter. */
export function setUpReconnecting(options: ReconnectingOptions = {}, onDial?: (attempt: number) => void) {
  const clock = createManualClock()
  const inner = fakeTransport(onDial)
  const transport = reconnecting(inner, { clock, random: () => 1, ...options })
  const log = logTransport(transport)
  return {
    clock,
    inner,
    transport,
    log,
    async open() {
      const opening = transport.open()
      inner.accept()
      await opening
    },
    /** Returns the log entries since the last call. */
    news: () => typesOf(log.splice(0)),
  }
}
