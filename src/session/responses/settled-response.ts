import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { Usage } from '../../protocol/usage.js'
import type { ResponseOutcome } from './outcome.js'

/** Everything that a request led to: its response, the tool calls, the responses to their results, and the playback. */
export interface SettledResponse {
  /** The outcome of the last response. */
  readonly outcome: ResponseOutcome
  /** Whether a response was cut off: the user spoke, or its playback was stopped before its end. */
  readonly isInterrupted: boolean
  /** The responses, in order: the requested one and those to the results of its tool calls. Empty when none was created. */
  readonly responseIds: readonly string[]
  /** The text of all responses: written text, and the transcript of audio. One line per message. */
  readonly text: string
  /** Duration of the generated audio in milliseconds. */
  readonly audioMs: number
  /** The tool calls of all responses, in order. */
  readonly toolCalls: readonly SettledCall[]
  /** The usage of all responses, added up. `undefined` when the server reported none. */
  readonly usage: DeepReadonly<Usage> | undefined
}

/** A tool call and its result. */
export interface SettledCall {
  /** The `call_id` of a function call, or the item id of an MCP call. */
  readonly callId: string
  readonly name: string
  /** The arguments as the model wrote them: JSON text. */
  readonly arguments: string
  /** The result that the model received, or `undefined` when there was none. */
  readonly output: string | undefined
}
