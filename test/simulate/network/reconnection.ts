import type { SessionStatus } from '../../../src/session/events.js'
import type { Environment } from '../world.js'

/** What a connection law needs of a session. */
export interface ReconnectingSession {
  readonly status: SessionStatus
  /** The state of the outermost transport. */
  readonly transportState: string
  readonly reconnects: boolean
  /** Code of the error with which the session was closed. `client` when the app has closed it. */
  readonly closeCode: string | undefined
}

/** Close codes after which another connection would end in the same way. */
const finalCodes = new Set([1000])

/**
 * Checks when a session reconnects: after a connection was lost, not after the server has closed it for good, and at once when a page is
 * online again. `goOnline` makes the page online and checks the latter.
 */
export function watchReconnection(
  { network, report, page }: Pick<Environment, 'network' | 'report' | 'page'>,
  /** Whether the close codes of the network are those of the transport. */
  hasCodes: boolean,
  current: () => ReconnectingSession,
): { goOnline(act: () => void): void } {
  network.onDial(() => {
    if (current().status === 'closed') report('no connection is opened after close()', 'an attempt has started')
  })
  network.onClosed(({ code }, line) => {
    const session = current()
    if (!hasCodes || session.status !== 'open' || network.line !== line) return
    const { attempts } = network
    const isFinal = finalCodes.has(code) || !session.reconnects
    setImmediate(() => {
      // Another session may have followed.
      if (network.line !== line) return
      const { status } = session
      if (isFinal && (status !== 'closed' || network.attempts !== attempts))
        report('a connection that the server has closed for good is not opened again', `${code}: ${status}`)
      const isExhausted = session.closeCode === 'RECONNECT_EXHAUSTED' || session.closeCode === 'client'
      if (!isFinal && status === 'closed' && network.attempts === attempts && !isExhausted)
        report('a lost connection is opened again', `${code}: ${status}`)
    })
  })
  return {
    goOnline(act) {
      const wasOffline = page?.isOnline === false
      act()
      const { status, transportState } = current()
      const isWaiting = status === 'reconnecting' && transportState === 'opening' && !network.isDialing
      if (wasOffline && isWaiting && !network.mustWait)
        report('a page that is online again reconnects at once', 'no attempt was started')
    },
  }
}
