import { emit, type Listeners } from '../../internal/emitter.js'
import type { Transport } from '../../transports/transport.js'
import { SessionError } from '../error.js'
import type { ReconnectAttempt, SessionStatus, StatusEvent } from '../events.js'
import type { ConnectAttempt } from './connect-attempt.js'
import type { ClientFrame, ConnectionOptions, ServerFrame } from './connection-options.js'
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

/** The phase of a connection, and the changes that are not reported yet. */
export interface Phases {
  phase: Phase
  /** The upcoming attempt to connect again. */
  reconnect: ReconnectAttempt | undefined
  readonly notifications: (() => void)[]
  isNotifying: boolean
}

/** What a change of the phase is reported to. */
interface PhasedConnection extends Phases {
  readonly options: ConnectionOptions<ClientFrame, ServerFrame>
  readonly listeners: Listeners<Record<string, unknown>>
}

/** Changes the state of the session with the status. */
type UpdateStatus = (status: SessionStatus, connection: PhasedConnection) => void

/**
 * The only writer of the phase. When the status changes, `update` changes the state of the session with it, and listeners receive `status`
 * after that.
 */
export function enter(connection: PhasedConnection, next: Phase, update: UpdateStatus = updateStatus): void {
  const previous = statusOf(connection.phase)
  const status = statusOf(next)
  connection.phase = next
  if (status === previous && update === updateStatus) return
  if (status !== previous) connection.notifications.push(() => emitStatus(connection, { status, previous }))
  update(status, connection)
  notify(connection)
}

function updateStatus(status: SessionStatus, { options: { handlers, session }, reconnect }: PhasedConnection): void {
  handlers.onStatus(status, reconnect, session)
}

function emitStatus({ listeners, options: { handlers, session } }: PhasedConnection, event: StatusEvent): void {
  emit(listeners, 'status', event)
  handlers.afterStatus?.(event.status, session)
}

/** Emits in the order of the changes, also when a listener causes the next one. */
export function notify(connection: Phases, notification?: () => void): void {
  const { notifications } = connection
  if (notification) notifications.push(notification)
  if (connection.isNotifying) return
  connection.isNotifying = true
  for (let next = notifications.shift(); next; next = notifications.shift()) next()
  connection.isNotifying = false
}

/** Returns the current phase; during `close()`, the phase that continues when the transport refuses to close. */
export function activePhase({ phase }: Phases): ActivePhase {
  return phase.phase === 'closing' ? phase.resume : phase
}

/** Enters a phase; during `close()`, makes it the one that continues when the transport refuses to close. */
export function enterActive(connection: PhasedConnection, next: ActivePhase, update?: UpdateStatus): void {
  const { phase } = connection
  enter(connection, phase.phase === 'closing' ? { ...phase, resume: next } : next, update)
}

/** Returns the `connect()` that runs. */
export function runningAttempt(connection: Phases): ConnectAttempt | undefined {
  const phase = activePhase(connection)
  return phase.phase === 'connecting' || phase.phase === 'handshaking' ? phase.attempt : undefined
}
