import type { ResponseCreateParams } from '../../protocol/response.js'
import { callUserCallback } from './call-user-callback.js'
import type { GuardrailTripped } from './guardrail.js'

/** Words of the app for what the model shall say instead. They stand in place of the session's own instructions for that answer. */
export interface Explain<Info = unknown> {
  /** Instructions; or what decides on the whole request, given what tripped. */
  readonly explain: string | ((event: GuardrailTripped<Info>) => ResponseCreateParams)
}

/** The request for the explanation; undefined when the app's function throws. Without one the model only speaks, and calls no tools. */
export function explanationOf<Info>(
  { explain }: Explain<Info>,
  trip: GuardrailTripped<Info>,
): ResponseCreateParams | undefined {
  return typeof explain === 'string'
    ? { instructions: explain, tool_choice: 'none' }
    : callUserCallback(() => explain(trip))
}
