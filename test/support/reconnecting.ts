import { type ReconnectingOptions, reconnecting } from 'realtime-primitives'
import { createManualClock } from '../../src/testing/clock.js'
import { TransportError } from '../../src/transports/error.js'
import { fakeTransport } from './fake-transport.js'
import { logTransport, typesOf } from './transport-log.js'

export const url = 'wss://example.com/realtime'
/** A handshake that was answered with a plain HTTP response. */
export const http = (status: number, retryAfterMs?: number) =>
  new TransportError('CONNECT_FAILED', {
    url,
    status,
    reason: 'said so',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
/** A handshake that nobody answered. */
export const timeout = () => new TransportError('CONNECT_TIMEOUT', { url, timeoutMs: 10_000 })

/** A reconnecting transport around a played one, on a clock that stands still and with jitter that is always at its bound. */
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
    /** What happened since the last call. */
    news: () => typesOf(log.splice(0)),
  }
}
