import type { CallOutcome } from './call.js'
import type { LateResult } from './output-sender.js'
import type { RunningCall } from './running-call.js'

/**
 * The state of a function call, from its first arguments to the acknowledgement of its output.
 *
 * ```
 * receiving → received → running → finished → sent → acknowledged
 *                └→ waiting ┘ └──→ deferred ─────┴──────────┘
 * ```
 */
export type CallState =
  /** The model has not written the call to its end. */
  | { readonly phase: 'receiving' }
  /** The call is complete and has not started. */
  | { readonly phase: 'received' }
  /** The call starts when the tools of the session are registered. */
  | { readonly phase: 'waiting' }
  | { readonly phase: 'running'; readonly run: RunningCall }
  /** The output reports that the tool still runs. The result follows in a message. */
  | { readonly phase: 'deferred'; readonly run: RunningCall; readonly placeholder: 'sent' | 'acknowledged' }
  /** The output is known and has not been sent on this connection. */
  | { readonly phase: 'finished'; readonly outcome: CallOutcome }
  /** The output was sent, and after a placeholder the late result too. The server has not acknowledged the output. */
  | { readonly phase: 'sent'; readonly outcome: CallOutcome; readonly lateResult: LateResult | undefined }
  /** The server has acknowledged or refused the output. */
  | { readonly phase: 'acknowledged' }

export type CallEvent =
  | { readonly type: 'complete' }
  | { readonly type: 'wait' }
  | { readonly type: 'start'; readonly run: RunningCall }
  | { readonly type: 'finish'; readonly outcome: CallOutcome; readonly lateResult?: LateResult }
  /** The outcome was sent, or a placeholder while the call runs. */
  | { readonly type: 'send' }
  | { readonly type: 'acknowledge' }
  | { readonly type: 'connection_lost' }

/** Returns the state of a call after an event. Events that do not apply to a state leave it as it is. */
export function nextCallState(state: CallState, event: CallEvent): CallState {
  switch (event.type) {
    case 'complete':
      return state.phase === 'receiving' ? { phase: 'received' } : state
    case 'wait':
      return state.phase === 'received' ? { phase: 'waiting' } : state
    case 'start':
      return state.phase === 'received' || state.phase === 'waiting' ? { phase: 'running', run: event.run } : state
    case 'finish':
      return afterFinish(state, event)
    case 'send':
      if (state.phase === 'finished') return { phase: 'sent', outcome: state.outcome, lateResult: undefined }
      return state.phase === 'running' ? { phase: 'deferred', run: state.run, placeholder: 'sent' } : state
    case 'acknowledge':
      if (state.phase === 'running' || state.phase === 'deferred')
        return { phase: 'deferred', run: state.run, placeholder: 'acknowledged' }
      return state.phase === 'finished' || state.phase === 'sent' ? { phase: 'acknowledged' } : state
    case 'connection_lost':
      return afterLoss(state)
  }
}

function afterFinish(state: CallState, { outcome, lateResult }: CallEvent & { type: 'finish' }): CallState {
  switch (state.phase) {
    case 'receiving':
    case 'received':
    case 'waiting':
    case 'running':
      return { phase: 'finished', outcome }
    case 'deferred':
      return state.placeholder === 'acknowledged' ? { phase: 'acknowledged' } : { phase: 'sent', outcome, lateResult }
    default:
      return state
  }
}

/** An output that was not acknowledged is sent again on the next connection. */
function afterLoss(state: CallState): CallState {
  if (state.phase === 'sent') return { phase: 'finished', outcome: state.outcome }
  if (state.phase === 'deferred' && state.placeholder === 'sent') return { phase: 'running', run: state.run }
  return state
}

/** Whether an output was sent on this connection, or acknowledged on an earlier one. */
export function isSent({ phase }: CallState): boolean {
  return phase === 'deferred' || phase === 'sent' || phase === 'acknowledged'
}

/** Whether a call is complete and has not run. */
export function canStart({ phase }: CallState): boolean {
  return phase === 'received' || phase === 'waiting'
}

/** Whether a call runs, has run, or will run without a further event of its response. */
export function isStarted({ phase }: CallState): boolean {
  return phase !== 'receiving' && phase !== 'received'
}

/** Whether the server has acknowledged the output or the placeholder of a call. */
export function isAcknowledged(state: CallState): boolean {
  return state.phase === 'acknowledged' || (state.phase === 'deferred' && state.placeholder === 'acknowledged')
}
