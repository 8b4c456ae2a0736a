import type { Transport } from '../../transports/transport.js'
import { SessionError } from '../error.js'
import type { SessionStatus, StatusEvent } from '../events.js'
import type { ConnectAttempt } from './connect-attempt.js'
import { closedByClient, closedError } from './failure.js'

/** The phases of a connection. {@link SessionStatus} is what they look like from outside. */
export type Phase =
  | { readonly phase: 'idle' }
  | { readonly phase: 'connecting'; readonly attempt: ConnectAttempt }
  | Handshaking
  | { readonly phase: 'open' }
  | { readonly phase: 'reconnecting'; readonly reason: 'lost' | 'rotating' }
  /** `resume` is the phase that continues when the transport refuses to close. `done` settles with `close()`. */
  | { readonly phase: 'closing'; readonly done: Promise<void>; readonly resume: ActivePhase }
  | { readonly phase: 'closed' }

/** `attempt` is the `connect()` that waits for the handshake, or undefined when the session is restored after a drop. */
export interface Handshaking {
  readonly phase: 'handshaking'
  readonly attempt: ConnectAttempt | undefined
  readonly abort: AbortController
}

export type ActivePhase = Exclude<Phase, { phase: 'closing' }>

export function statusOf(phase: Phase): SessionStatus {
  if (phase.phase !== 'handshaking') return phase.phase
  return phase.attempt ? 'connecting' : 'reconnecting'
}

/**
 * Returns whether an event can leave now, or has to wait for a connection.
 * @throws {SessionError} `NOT_CONNECTED` or `CLOSED`.
 */
export function sendModeOf(phase: Phase, transport: Transport['state']): 'open' | 'pending' {
  switch (phase.phase) {
    case 'closing':
    case 'closed':
      throw closedError(closedByClient)
    case 'open':
      if (transport === 'open') return 'open'
      // A transport that reconnects changes its state before it reports that it does.
      if (transport === 'opening') return 'pending'
      break
    case 'reconnecting':
      return 'pending'
    case 'connecting':
    case 'handshaking':
      // A failed attempt sends nothing more while it closes the transport.
      if (phase.attempt?.outcome.settled) break
      // The configuration and the history come first.
      if (!phase.attempt || transport === 'open') return 'pending'
      break
    case 'idle':
      break
  }
  throw new SessionError('NOT_CONNECTED', { status: statusOf(phase) })
}

/** Holds the phase of a connection and reports its changes. */
export function createPhases(onStatus: (status: SessionStatus) => void, emitStatus: (event: StatusEvent) => void) {
  const notifications: (() => void)[] = []
  let isNotifying = false

  /**
   * The only writer of the phase. When the status changes, `update` changes the state of the session with it, and listeners receive `status`
   * after that.
   */
  function enter(next: Phase, update: (status: SessionStatus) => void = onStatus): void {
    const previous = statusOf(phases.current)
    const status = statusOf(next)
    phases.current = next
    if (status === previous && update === onStatus) return
    if (status !== previous) notifications.push(() => emitStatus({ status, previous }))
    update(status)
    notify()
  }

  /** Emits in the order of the changes, also when a listener causes the next one. */
  function notify(notification?: () => void): void {
    if (notification) notifications.push(notification)
    if (isNotifying) return
    isNotifying = true
    for (let next = notifications.shift(); next; next = notifications.shift()) next()
    isNotifying = false
  }

  /** Returns the current phase; during `close()`, the phase that continues when the transport refuses to close. */
  function active(): ActivePhase {
    return phases.current.phase === 'closing' ? phases.current.resume : phases.current
  }

  /** Enters a phase; during `close()`, makes it the one that continues when the transport refuses to close. */
  function enterActive(next: ActivePhase, update?: (status: SessionStatus) => void): void {
    enter(phases.current.phase === 'closing' ? { ...phases.current, resume: next } : next, update)
  }

  function runningAttempt(): ConnectAttempt | undefined {
    const phase = active()
    return phase.phase === 'connecting' || phase.phase === 'handshaking' ? phase.attempt : undefined
  }

  const phases = { current: { phase: 'idle' } as Phase, enter, enterActive, active, runningAttempt, notify }
  return phases as Readonly<typeof phases>
}
