import type { Clock } from '../../internal/clock.js'
import { SessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'

/**
 * Time in milliseconds after which a missing acknowledgement is reported. It is shorter than the time in which the heartbeat detects a
 * half-open connection (25 s by default), so a report does not cancel the request: it is sent again on the next connection.
 */
const overdueMs = 10_000

/** Reports an acknowledgement that is missing on an open connection, once. Returns a function that cancels the report. */
export function watchOverdue(
  session: RealtimeSession,
  clock: Clock,
  waitingFor: string,
  report: (cause: SessionError<'TIMEOUT'>) => void,
): () => void {
  return whenOpenFor(session, clock, () => report(new SessionError('TIMEOUT', { waitingFor, timeoutMs: overdueMs })))
}

/**
 * How far events of the server can be apart that it sent at the same time, in milliseconds. After a request, the first ones may be older than a
 * connection that is half-open since. After a stall, the first one may precede the acknowledgement.
 */
const inFlightMs = 1_000

/** Apps and `runFallback` dispatch such events, for example during a stall, so they do not show that the server responds. */
const content = /^response\.output_(text|audio)/

/**
 * Calls back once when an acknowledgement is overdue and the server has sent something else since the request: the connection works, so the
 * server ignores the request. On a half-open connection nothing arrives. Returns a function that stops watching.
 */
export function watchIgnored(
  session: RealtimeSession,
  clock: Clock,
  waitingFor: string,
  onIgnored: (cause: SessionError<'TIMEOUT'>) => void,
): () => void {
  let lastEventMs = Number.NEGATIVE_INFINITY
  let isOverdue = false
  let cancel = () => {}

  /** After a lost connection, the request is sent again. */
  function start(): void {
    cancel()
    isOverdue = false
    if (session.getState().status === 'open') cancel = clock.after(overdueMs, onOverdue)
  }

  function onOverdue(): void {
    isOverdue = true
    if (lastEventMs > clock.now() - overdueMs + inFlightMs) report()
  }

  function onEvent({ type }: { readonly type: string }): void {
    if (content.test(type)) return
    lastEventMs = clock.now()
    if (!isOverdue) return
    isOverdue = false
    cancel = clock.after(inFlightMs, report)
  }

  function report(): void {
    stop()
    onIgnored(new SessionError('TIMEOUT', { waitingFor, timeoutMs: overdueMs }))
  }

  const unsubscribers = [session.on('status', start), session.on('*', onEvent)]
  function stop(): void {
    cancel()
    for (const unsubscribe of unsubscribers.splice(0)) unsubscribe()
  }

  start()
  return stop
}

/**
 * Calls back once when the session has been open for `overdueMs` without a break. A request waits until the session is open and is sent again
 * after a lost connection, so that only this time counts. Returns a function that cancels the call.
 */
function whenOpenFor(session: RealtimeSession, clock: Clock, callback: () => void): () => void {
  let cancelTimer = () => {}
  const start = () => {
    cancelTimer()
    if (session.getState().status !== 'open') return
    cancelTimer = clock.after(overdueMs, () => {
      unsubscribe()
      callback()
    })
  }
  const unsubscribe = session.on('status', start)
  start()
  return () => {
    unsubscribe()
    cancelTimer()
  }
}
