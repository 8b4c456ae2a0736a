import type { SettledResponse } from '../../../src/session/responses/settled-response.js'
import type { Json } from '../network/network.js'
import type { Report } from '../oracle.js'
import { firstDifference } from '../oracle.js'

interface Done {
  readonly id: string
  readonly output?: readonly { readonly type: string; readonly call_id?: string; readonly status?: string }[]
  readonly usage?: { readonly total_tokens?: number } | null
}

/** What `settled` resolves with is what the server has reported about its responses. */
export function checkSettledResult(
  report: Report,
  delivered: readonly Json[],
  { responseIds, toolCalls, usage, text }: SettledResponse,
): void {
  const done = new Map(
    delivered.flatMap(({ type, response }) =>
      type === 'response.done' ? [[(response as Done).id, response as Done] as const] : [],
    ),
  )
  // Responses of another connection are not known here.
  const responses = responseIds.flatMap((id) => done.get(id) ?? [])
  if (responses.length !== responseIds.length) return
  const callIds = responses.flatMap(({ output = [] }) =>
    output.flatMap((item) => (item.type === 'function_call' && item.status !== 'incomplete' ? [item.call_id] : [])),
  )
  const settledIds = toolCalls.map(({ callId }) => callId)
  const difference = firstDifference(
    settledIds.filter((id) => callIds.includes(id)),
    callIds,
  )
  if (difference) report('settled has the calls of its responses', difference)
  const outputs = new Map(
    delivered.flatMap(({ item }) => {
      const { type, call_id: id, output } = (item ?? {}) as Readonly<Record<string, unknown>>
      return type === 'function_call_output' ? [[id, output] as const] : []
    }),
  )
  for (const { callId, output } of toolCalls)
    if (output !== undefined && outputs.has(callId) && outputs.get(callId) !== output)
      report('settled has the results of its calls', `${callId}: ${output}`)
  const expected = responses.reduce((sum, response) => sum + (response.usage?.total_tokens ?? 0), 0)
  if ((usage?.total_tokens ?? 0) !== expected)
    report('settled has the usage of its responses', `${usage?.total_tokens} instead of ${expected}`)
  const words = delivered.flatMap(({ type, response_id: id, text: written, transcript }) =>
    /^response\.output_(text|audio_transcript)\.done$/.test(type ?? '') && responseIds.includes(String(id))
      ? [String(written ?? transcript)]
      : [],
  )
  const missing = words.find((part) => !text.includes(part))
  if (missing) report('settled has the text of its responses', `${missing} is not in ${text}`)
}
