import type { ResponseCreateParams } from '../../protocol/response.js'
import { callUserCallback } from './call-user-callback.js'
import type { GuardrailTripped } from './guardrail.js'

/** What the model says instead of a blocked response. */
export interface Explain<Info = unknown> {
  /** Instructions, which replace those of the session for this response, or a function that returns the whole request. */
  readonly explain: string | ((event: GuardrailTripped<Info>) => ResponseCreateParams)
}

/** Returns the request for an explanation, or `undefined` if the function of the app throws. With instructions, the model calls no tools. */
export function explanationOf<Info>(
  { explain }: Explain<Info>,
  trip: GuardrailTripped<Info>,
): ResponseCreateParams | undefined {
  return typeof explain === 'string'
    ? { instructions: explain, tool_choice: 'none' }
    : callUserCallback(() => explain(trip))
}
