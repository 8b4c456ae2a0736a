import type { Call, CallOutcome } from './call.js'

/** A call, with the id of the item that its output will have. */
export interface JournaledCall extends Call {
  readonly outputId: string
}

/** Records the calls of a session outside the process, so that another process can continue them. `persist` provides one. */
export interface ToolJournal {
  /** Returns the idempotency key of a call, the same in each process that continues it. */
  idempotencyKey(callId: string): string
  /** A complete call was received. It has not run. */
  received(call: JournaledCall): void
  /** A call was approved. */
  approved(callId: string): void
  /** Whether an earlier process recorded that a call was approved. */
  isApproved(callId: string): boolean
  /** `execute` is about to run, and waits for the promise. If it rejects, the call fails with `NOT_RECORDED` and `execute` does not run. */
  starting(callId: string): Promise<void>
  /** The outcome of a call is known. It is sent to the model when the promise settles. */
  finished(callId: string, outcome: CallOutcome): Promise<void>
  /** The server has the result of a call, or has refused it. The conversation contains everything that is left of the call. */
  acknowledged(callId: string): void
}

/** A call of another process, as its journal recorded it. */
export interface InterruptedCall extends JournaledCall {
  /** How far the call came. A call that was `started` can have had an effect. */
  readonly progress: 'received' | 'started' | 'finished'
  /** The output for the model. It exists for `finished` calls. */
  readonly output?: string | undefined
}

/** Options of `continueCalls`. */
export interface ContinueCallsOptions {
  /** Whether the conversation on the server contains the calls: it does in a session that was joined. */
  readonly calls: 'on server' | 'lost'
}
