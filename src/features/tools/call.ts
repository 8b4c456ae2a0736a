import type { ToolError } from './error.js'

/** A function call of the model. */
export interface Call {
  readonly callId: string
  readonly itemId: string
  readonly responseId: string
  readonly tool: string
  /** The arguments as the model wrote them, usually JSON. */
  readonly arguments: string
}

/** The result of a call: the output for the model, and the error if the call failed. */
export interface CallOutcome {
  readonly output: string
  readonly error: ToolError | undefined
}
