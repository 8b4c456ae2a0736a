import { logging } from '../../../src/transports/logging.js'
import type { Transport } from '../../../src/transports/transport.js'
import { wrapTransport } from '../../../src/transports/wrap-transport.js'
import type { Environment } from '../world.js'

/** Checks of a transport that is wrapped twice, to watch it and to log it. */
export interface WrapperLaws {
  readonly transport: Transport
  check(): void
  /** @param sent Number of frames that the network has received from the client. */
  checkCalm(sent: number): void
}

/** Wraps a transport. Both wrappers change nothing and report everything. */
export function wrapWithLaws({ clock, report }: Pick<Environment, 'clock' | 'report'>, inner: Transport): WrapperLaws {
  const counts = { open: 0, sent: 0, received: 0, lost: 0 }
  const logged = { open: 0, sent: 0, received: 0, lost: 0 }
  const passed: string[] = []
  let isOpen = false
  const watched = wrapTransport(inner, {
    open: (next, signal) => next(signal),
    close: (next, code, reason) => next(code, reason),
    send(frame, next) {
      next(frame)
      counts.sent += 1
      passed.push(frame)
    },
    onOpen(next) {
      if (isOpen) report('a connection closes before the next one opens', 'a wrapper has seen two in a row')
      isOpen = true
      counts.open += 1
      if (inner.state !== 'open') report('a transport is open when it reports so', inner.state)
      next()
    },
    onMessage(frame, next) {
      counts.received += 1
      next(frame)
    },
    onReconnecting(event, next) {
      if (isOpen) counts.lost += 1
      isOpen = false
      next(event)
    },
    onClose(close, next) {
      if (counts.open === 0) report('a transport that has never opened reports no close', String(close.code))
      if (isOpen) counts.lost += 1
      isOpen = false
      next(close)
    },
  })
  let hasLogged = 0
  const transport = logging(watched, {
    clock,
    log({ message, data }) {
      hasLogged += 1
      if (message === 'open') logged.open += 1
      if (message.startsWith('sent ')) logged.sent += 1
      if (message.startsWith('received ')) logged.received += 1
      const text = data === undefined ? '' : JSON.stringify(data)
      const secret = /\b(?:apples|plums|word\d+)\b|[A-Za-z0-9+/]{200}/.exec(text)
      if (secret) report('the debug log has neither text nor audio', `${message}: ${secret[0].slice(0, 40)}`)
    },
  })

  return {
    transport,
    check() {
      if (transport.state !== inner.state || watched.state !== inner.state)
        report('a wrapper has the state of its transport', `${transport.state} instead of ${inner.state}`)
      if (transport.bufferedAmount !== inner.bufferedAmount)
        report('a wrapper has the buffer of its transport', `${transport.bufferedAmount} bytes`)
      for (const what of ['open', 'sent', 'received'] as const)
        if (logged[what] !== counts[what])
          report('a log has each frame', `${logged[what]} of ${counts[what]} ${what}, ${hasLogged} entries`)
    },
    checkCalm(sent) {
      if (counts.sent !== sent) report('a wrapper has each frame', `${counts.sent} of ${sent} were sent`)
    },
  }
}
