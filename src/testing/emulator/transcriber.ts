import type { Transcription } from '../../protocol/transcription.js'
import type { TranscriptUsage } from '../../protocol/usage.js'
import type { Conversation, Entry } from './conversation.js'
import type { PcmAudio } from './pcm-audio.js'
import type { Emit } from './response-writer.js'
import { type Failure, fail } from './script.js'
import { obfuscationFor, splitText } from './text-deltas.js'
import type { Timers } from './timers.js'
import { type TranscribeTurn, transcribeEntry } from './turn.js'
import { inputTokensOfMs } from './usage.js'

/** Options of {@link createTranscriber}. */
export interface TranscriberOptions {
  readonly emit: Emit
  readonly timers: Timers
  readonly conversation: Conversation
  readonly transcribe: TranscribeTurn
  /** Delay from the commit of a turn to its first transcript delta, in milliseconds. */
  readonly delayMs: number
}

/** The transcription settings of a turn. */
export interface TranscriptionRequest {
  readonly transcription: Transcription
  readonly withLogprobs: boolean
}

/** Transcribes a user turn. Events are sent only when the session has transcription enabled. */
export type Transcribe = (entry: Entry, audio: PcmAudio, order: TranscriptionRequest | undefined) => void

const deltaIntervalMs = 40

/** Creates the transcriber of a session. */
export function createTranscriber({ emit, timers, conversation, transcribe, delayMs }: TranscriberOptions): Transcribe {
  function transcribeSafely(entry: Entry, audio: PcmAudio): string | Failure {
    try {
      return transcribeEntry(transcribe, entry, audio)
    } catch (error) {
      return fail({
        code: 'hear_error',
        message: `The "hear" option of the emulator threw: ${String(error)}`,
      })
    }
  }

  return (entry, audio, order) => {
    const text = transcribeSafely(entry, audio)
    if (typeof text === 'string') entry.userText = text
    if (!order) return
    const place = { item_id: entry.item.id, content_index: 0 }
    const isThere = () => conversation.get(entry.item.id) === entry

    if (typeof text !== 'string') {
      timers.after(delayMs, () => {
        const error = { ...text.error, param: null }
        if (isThere()) emit({ type: 'conversation.item.input_audio_transcription.failed', ...place, error })
      })
      return
    }

    const pieces = splitText(text)
    const sendDelta = (index: number): void => {
      if (!isThere()) return
      const delta = pieces[index]
      if (delta !== undefined) {
        emit({
          type: 'conversation.item.input_audio_transcription.delta',
          ...place,
          delta,
          ...(order.withLogprobs ? { logprobs: logprobsOf([delta]) } : {}),
          obfuscation: obfuscationFor(delta),
        })
        timers.after(deltaIntervalMs, () => sendDelta(index + 1))
        return
      }
      setTranscript(entry, text)
      emit({
        type: 'conversation.item.input_audio_transcription.completed',
        ...place,
        transcript: text,
        ...(order.withLogprobs ? { logprobs: logprobsOf(pieces) } : {}),
        usage: usageOf(order.transcription, entry.audioMs, pieces.length),
      })
    }
    timers.after(delayMs, () => sendDelta(0))
  }
}

function setTranscript(entry: Entry, transcript: string): void {
  const { item } = entry
  if (item.type !== 'message' || item.role !== 'user') return
  entry.item = {
    ...item,
    content: item.content.map((part) => (part.type === 'input_audio' ? { ...part, transcript } : part)),
  }
}

function logprobsOf(pieces: readonly string[]) {
  return pieces.map((token) => ({ token, logprob: -0.01, bytes: [...new TextEncoder().encode(token)] }))
}

/** Streaming models and whisper report usage in seconds, other models in tokens. */
function usageOf({ model }: Transcription, ms: number, outputTokens: number): TranscriptUsage {
  if (/whisper|live/.test(model ?? '')) return { type: 'duration', seconds: Math.max(1, Math.round(ms / 1000)) }
  const inputTokens = inputTokensOfMs(ms)
  return {
    type: 'tokens',
    total_tokens: inputTokens + outputTokens,
    input_tokens: inputTokens,
    input_token_details: { text_tokens: 0, audio_tokens: inputTokens },
    output_tokens: outputTokens,
  }
}
