import type { TranscriptTokenUsage, Usage } from '../../protocol/usage.js'

/** Tokens by kind. */
export interface Tokens {
  /** The sum of all kinds. */
  readonly total: number
  readonly text: number
  readonly audio: number
  readonly image: number
  /** Tokens whose kind the server did not report. */
  readonly other: number
}

/** Tokens of the input and the output. */
export interface TokenCounts {
  /** All input tokens, cached or not. */
  readonly input: Tokens
  /** The part of `input` that came from the cache. */
  readonly cached: Tokens
  /** All output tokens, including reasoning. */
  readonly output: Tokens
  /** The part of `output` that was reasoning. */
  readonly reasoning: number
}

const kinds = ['text', 'audio', 'image', 'other'] as const

type Details = { readonly [field in `${'text' | 'audio' | 'image'}_tokens`]?: number | null | undefined }

export const noTokens: Tokens = { total: 0, text: 0, audio: 0, image: 0, other: 0 }

export const nothingCounted: TokenCounts = { input: noTokens, cached: noTokens, output: noTokens, reasoning: 0 }

/** Tokens as the server reported them. */
export interface ReportedTokens {
  readonly counts: TokenCounts
  /** False when the server did not report the input or the output, or reported no number of tokens for it. */
  readonly isComplete: boolean
}

/**
 * Counts the tokens that a response is billed for. If only the input or only the output is missing, it is what the other one leaves of the
 * total. Returns undefined when the server reported neither.
 */
export function countTokens(usage: Usage): ReportedTokens | undefined {
  const { input_token_details, output_token_details } = usage
  const sides = sidesOf(usage, output_token_details)
  if (!sides) return undefined
  const input = byKind(sides.input, input_token_details)
  const output = byKind(sides.output, output_token_details)
  const { cached_tokens, cached_tokens_details } = input_token_details ?? {}
  const counts = {
    input,
    cached: cachedOf(input, cached_tokens, cached_tokens_details),
    output,
    reasoning: Math.min(count(output_token_details?.reasoning_tokens), output.text + output.other),
  }
  return { counts, isComplete: sides.isComplete }
}

/** Counts the tokens that a transcription is billed for; its output is text. Returns undefined when the server reported none. */
export function countTranscriptTokens(usage: TranscriptTokens): ReportedTokens | undefined {
  const sides = sidesOf(usage, undefined)
  if (!sides) return undefined
  const input = byKind(sides.input, usage.input_token_details)
  const text = count(sides.output)
  const counts = { ...nothingCounted, input, output: { ...noTokens, total: text, text } }
  return { counts, isComplete: sides.isComplete }
}

/** Usage in tokens. Every field may be missing. */
export type TranscriptTokens = {
  readonly [Field in keyof TranscriptTokenUsage]?: TranscriptTokenUsage[Field] | null | undefined
}

type Sides = Pick<TranscriptTokens, 'total_tokens' | 'input_tokens' | 'output_tokens'> & {
  readonly input_token_details?: Details | null | undefined
}

/** Returns the input and the output as one number each; undefined when the server reported neither. */
function sidesOf(usage: Sides, outputDetails: Details | null | undefined) {
  const { total_tokens: total, input_tokens, output_tokens, input_token_details } = usage
  const [input, output] = [reported(input_tokens, input_token_details), reported(output_tokens, outputDetails)]
  if (input === undefined && output === undefined) return undefined
  const restOf = (part: number | undefined) => (isCount(total) ? Math.max(0, total - count(part)) : undefined)
  const sides = { input: input ?? restOf(output), output: output ?? restOf(input) }
  return { ...sides, isComplete: isCount(sides.input) && isCount(sides.output) }
}

/** Returns the number that the server reported for a side, in total or by kind, valid or not; undefined when it reported none. */
function reported(total: number | null | undefined, details: Details | null | undefined): number | undefined {
  if (typeof total === 'number') return total
  const isByKind = [details?.text_tokens, details?.audio_tokens, details?.image_tokens].some(isCount)
  return isByKind ? byKind(0, details).total : undefined
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
 * Returns the cached part of the input. If the server does not report the kind, text is taken first. Cached text saves the least, so the
 * cost is never too low.
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

function isCount(value: number | null | undefined): value is number {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(Math.trunc(value))
}

/** Returns a number of tokens, whatever the server sent for it. */
function count(value: number | null | undefined): number {
  return typeof value === 'number' && value > 0 && Number.isSafeInteger(Math.trunc(value)) ? Math.trunc(value) : 0
}
