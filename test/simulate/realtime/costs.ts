import type { Prices } from '../../../src/features/usage/prices.js'

/** Prices that differ, so that tokens of the wrong kind show in the cost. */
const rates = { input: { text: 4, audio: 32 }, cached: { text: 0.4, audio: 0.8 }, output: { text: 16, audio: 64.5 } }
export const prices: Prices = { 'gpt-realtime-2.1': rates }

interface Details {
  readonly text_tokens?: number
  readonly audio_tokens?: number
}

/** A response with its tokens, as the server reports them. */
export interface DoneResponse {
  readonly id: string
  readonly usage?: {
    readonly input_token_details?: Details & { readonly cached_tokens_details?: Details }
    readonly output_token_details?: Details
  } | null
}

/** Returns what a response costs, in the currency of the prices. */
export function costOf({ usage }: DoneResponse): number {
  const { input_token_details: input, output_token_details: output } = usage ?? {}
  const cached = input?.cached_tokens_details
  const micros = (['text', 'audio'] as const).reduce((sum, kind) => {
    const tokens = (details: Details | undefined) => details?.[`${kind}_tokens`] ?? 0
    const fresh = tokens(input) - tokens(cached)
    return sum + fresh * rates.input[kind] + tokens(cached) * rates.cached[kind] + tokens(output) * rates.output[kind]
  }, 0)
  return micros / 1e6
}
