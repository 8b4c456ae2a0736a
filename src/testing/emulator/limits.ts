import type { ResponseCreateParams } from '../../protocol/response.js'
import type { Session } from '../../protocol/session.js'
import { isReasoningModel } from './model-defaults.js'
import { type Refusal, refusals } from './refusals.js'

/** The settings of a session or response that a model may not support. */
export type RequestedSettings = Pick<ResponseCreateParams, 'reasoning' | 'parallel_tool_calls'> & {
  readonly audio?: { readonly output?: { readonly voice?: unknown } | undefined } | undefined
}

/** Returns why the model or the conversation does not allow the settings. `at` is the path of the settings in the event. */
export function checkModelLimits(
  { reasoning, parallel_tool_calls, audio }: RequestedSettings,
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
