import type { TranscriptTokenUsage, Usage } from '../../protocol/usage.js'

/** Tokens by kind. */
export interface Tokens {
  /** All of them: the sum of the kinds. */
  readonly total: number
  readonly text: number
  readonly audio: number
  readonly image: number
  /** Those of which the server did not say the kind. */
  readonly other: number
}

/** What was read and written. */
export interface TokenCounts {
  /** All that the model read, from the cache or not. */
  readonly input: Tokens
  /** The part of `input` that came from the cache. */
  readonly cached: Tokens
  /** All that the model wrote, its reasoning included. */
  readonly output: Tokens
  /** The part of `output` that was reasoning. */
  readonly reasoning: number
}

const kinds = ['text', 'audio', 'image', 'other'] as const

type Details = { readonly [field in `${'text' | 'audio' | 'image'}_tokens`]?: number | null | undefined }

export const noTokens: Tokens = { total: 0, text: 0, audio: 0, image: 0, other: 0 }

export const nothingCounted: TokenCounts = { input: noTokens, cached: noTokens, output: noTokens, reasoning: 0 }

/** What a response is billed for, with the gaps that servers leave closed. */
export function countTokens(usage: Usage): TokenCounts {
  const input = byKind(usage.input_tokens, usage.input_token_details)
  const output = byKind(usage.output_tokens, usage.output_token_details)
  const { cached_tokens, cached_tokens_details } = usage.input_token_details ?? {}
  return {
    input,
    cached: cachedOf(input, cached_tokens, cached_tokens_details),
    output,
    reasoning: Math.min(count(usage.output_token_details?.reasoning_tokens), output.text + output.other),
  }
}

/** What a transcription is billed for; it writes text. */
export function countTranscriptTokens(usage: TranscriptTokenUsage): TokenCounts {
  const input = byKind(usage.input_tokens, usage.input_token_details)
  const text = count(usage.output_tokens)
  return { ...nothingCounted, input, output: { ...noTokens, total: text, text } }
}

export function addCounts(a: TokenCounts, b: TokenCounts): TokenCounts {
  return {
    input: addTokens(a.input, b.input),
    cached: addTokens(a.cached, b.cached),
    output: addTokens(a.output, b.output),
    reasoning: a.reasoning + b.reasoning,
  }
}

function addTokens(a: Tokens, b: Tokens): Tokens {
  return {
    total: a.total + b.total,
    text: a.text + b.text,
    audio: a.audio + b.audio,
    image: a.image + b.image,
    other: a.other + b.other,
  }
}

function byKind(total: number | null | undefined, details: Details | null | undefined): Tokens {
  const [text, audio, image] = [count(details?.text_tokens), count(details?.audio_tokens), count(details?.image_tokens)]
  const other = Math.max(0, count(total) - text - audio - image)
  return { total: text + audio + image + other, text, audio, image, other }
}

/**
 * The cached part of the input. Of tokens of which the server does not say the kind text is taken first: there the cache saves
 * least, so that the bill is never told too low.
 */
function cachedOf(input: Tokens, total: number | null | undefined, details: Details | null | undefined): Tokens {
  const named = byKind(total, details)
  const cached = { text: 0, audio: 0, image: 0, other: 0 }
  for (const kind of kinds) if (kind !== 'other') cached[kind] = Math.min(named[kind], input[kind])
  let rest = named.other
  for (const kind of kinds) {
    const more = Math.min(rest, input[kind] - cached[kind])
    cached[kind] += more
    rest -= more
  }
  return { total: cached.text + cached.audio + cached.image + cached.other, ...cached }
}

/** A number of tokens, whatever the server sent for it. */
function count(value: number | null | undefined): number {
  return typeof value === 'number' && value > 0 && Number.isSafeInteger(Math.trunc(value)) ? Math.trunc(value) : 0
}
