import type { Usage } from '../../protocol/usage.js'
import type { Entry } from './conversation.js'
import { splitText } from './text-deltas.js'

/** Token counts by modality. */
export interface TokenCount {
  text: number
  audio: number
}

/** Returns the input tokens of audio: ten per second. */
export const inputTokensOfMs = (ms: number): number => Math.ceil(ms / 100)

/** Returns the output tokens of audio: twenty per second. */
export const outputTokensOfMs = (ms: number): number => Math.ceil(ms / 50)

/** Returns the input tokens of a response: instructions, tools, and every item. */
export function countInput(instructions: string, tools: readonly unknown[], entries: readonly Entry[]): TokenCount {
  const count = { text: textTokens(instructions), audio: 0 }
  if (tools.length > 0) count.text += textTokens(JSON.stringify(tools))
  for (const { item, audioMs: soundMs } of entries) {
    count.audio += inputTokensOfMs(soundMs)
    count.text += 3 + (soundMs > 0 ? 0 : textTokens(wordsOf(item)))
  }
  return count
}

/** Returns the usage of a response. The service caches input in blocks of 64 tokens. */
export function usageOf(
  input: TokenCount,
  output: TokenCount,
  seenBefore: TokenCount,
  countsReasoning: boolean,
): Usage {
  const cached = {
    text: blocks(Math.min(input.text, seenBefore.text)),
    audio: blocks(Math.min(input.audio, seenBefore.audio)),
  }
  return {
    total_tokens: input.text + input.audio + output.text + output.audio,
    input_tokens: input.text + input.audio,
    output_tokens: output.text + output.audio,
    input_token_details: {
      text_tokens: input.text,
      audio_tokens: input.audio,
      image_tokens: 0,
      cached_tokens: cached.text + cached.audio,
      cached_tokens_details: { text_tokens: cached.text, audio_tokens: cached.audio, image_tokens: 0 },
    },
    output_token_details: {
      text_tokens: output.text,
      audio_tokens: output.audio,
      ...(countsReasoning ? { reasoning_tokens: 0 } : {}),
    },
  }
}

function blocks(tokens: number): number {
  return Math.floor(tokens / 64) * 64
}

function textTokens(text: string): number {
  return splitText(text).length
}

function wordsOf(item: Entry['item']): string {
  if (item.type === 'message') return item.content.map(({ text }) => text ?? '').join(' ')
  if (item.type === 'function_call') return `${item.name} ${item.arguments}`
  if (item.type === 'function_call_output') return item.output
  return JSON.stringify(item)
}
