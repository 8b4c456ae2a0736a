import type { ResponseCreateParams } from '../../protocol/response.js'
import type { Session } from '../../protocol/session.js'
import { type Refusal, refusals } from './rules.js'

/** Whether a model thinks before it speaks, so that it takes `reasoning`, marks `phase` and counts reasoning tokens. */
export function isReasoningModel(model: string | null | undefined): boolean {
  return /^gpt-realtime-[2-9]/.test(model ?? '')
}

/** What is asked of a session or of a response, as far as it may be too much. */
export type Demand = Pick<ResponseCreateParams, 'reasoning' | 'parallel_tool_calls'> & {
  readonly audio?: { readonly output?: { readonly voice?: unknown } | undefined } | undefined
}

/** Why the model, or what has been said, does not allow what is asked; the fields are named as those of `at`. */
export function refuseDemand(
  { reasoning, parallel_tool_calls, audio }: Demand,
  { model, audio: current }: Session,
  { at, isVoiceLocked }: { readonly at: 'session' | 'response'; readonly isVoiceLocked: boolean },
): Refusal | undefined {
  const voice = audio?.output?.voice
  if (isVoiceLocked && voice !== undefined && JSON.stringify(voice) !== JSON.stringify(current?.output?.voice)) {
    return refusals.voiceLocked()
  }
  if (isReasoningModel(model)) return undefined
  if (reasoning !== undefined) return refusals.notWithThisModel(`${at}.reasoning`)
  if (parallel_tool_calls !== undefined) return refusals.notWithThisModel(`${at}.parallel_tool_calls`)
  return undefined
}
