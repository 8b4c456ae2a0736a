import type { Transcription } from '../../protocol/transcription.js'
import type { TranscriptUsage } from '../../protocol/usage.js'
import type { Conversation, Entry } from './conversation.js'
import { audioMs, type PcmAudio } from './pcm-audio.js'
import type { Emit } from './response-writer.js'
import { type Failure, fail } from './script.js'
import { obfuscationFor, splitText } from './text-deltas.js'
import type { Timers } from './timers.js'
import type { TranscribeTurn } from './turn.js'
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

/** Transcribes the user's audio. Events are sent only when the session has transcription enabled. */
export interface Transcriber {
  /**
   * Sends the first words of speech that has ended but is not committed, as a streaming model does while the user speaks. `transcribe`
   * continues with the rest.
   */
  sendFirstWords(itemId: string, audio: PcmAudio, request: TranscriptionRequest): void
  /** Transcribes a user message of the conversation. */
  transcribe(entry: Entry, audio: PcmAudio, request: TranscriptionRequest | undefined): void
}

const deltaIntervalMs = 40

/** Creates the transcriber of a session. */
export function createTranscriber({
  emit,
  timers,
  conversation,
  transcribe,
  delayMs,
}: TranscriberOptions): Transcriber {
  /** The speech whose first words have been sent. */
  let started: { readonly itemId: string; readonly result: string | Failure; readonly sent: number } | undefined

  function transcribeSafely(itemId: string, audio: PcmAudio): string | Failure {
    try {
      return transcribe({ itemId, audio, durationMs: audioMs(audio) })
    } catch (error) {
      return fail({
        code: 'hear_error',
        message: `The "hear" option of the emulator threw: ${String(error)}`,
      })
    }
  }

  function sendDelta(itemId: string, delta: string, { withLogprobs }: TranscriptionRequest): void {
    emit({
      type: 'conversation.item.input_audio_transcription.delta',
      item_id: itemId,
      content_index: 0,
      delta,
      ...(withLogprobs ? { logprobs: logprobsOf([delta]) } : {}),
      obfuscation: obfuscationFor(delta),
    })
  }

  return {
    sendFirstWords(itemId, audio, request) {
      const result = transcribeSafely(itemId, audio)
      const first = typeof result === 'string' ? firstHalf(splitText(result)) : []
      started = { itemId, result, sent: first.length }
      for (const delta of first) sendDelta(itemId, delta, request)
    },
    transcribe(entry, audio, request) {
      const itemId = entry.item.id
      const known = started?.itemId === itemId ? started : undefined
      started = undefined
      const text = known ? known.result : transcribeSafely(itemId, audio)
      if (typeof text === 'string') entry.userText = text
      if (!request) return
      const place = { item_id: itemId, content_index: 0 }
      const isThere = () => conversation.get(itemId) === entry

      if (typeof text !== 'string') {
        timers.after(delayMs, () => {
          const error = { ...text.error, param: null }
          if (isThere()) emit({ type: 'conversation.item.input_audio_transcription.failed', ...place, error })
        })
        return
      }

      const pieces = splitText(text)
      const sendFrom = (index: number): void => {
        if (!isThere()) return
        const delta = pieces[index]
        if (delta !== undefined) {
          sendDelta(itemId, delta, request)
          timers.after(deltaIntervalMs, () => sendFrom(index + 1))
          return
        }
        setTranscript(entry, text)
        emit({
          type: 'conversation.item.input_audio_transcription.completed',
          ...place,
          transcript: text,
          ...(request.withLogprobs ? { logprobs: logprobsOf(pieces) } : {}),
          usage: usageOf(request.transcription, entry.audioMs, pieces.length),
        })
      }
      timers.after(delayMs, () => sendFrom(known?.sent ?? 0))
    },
  }
}

function firstHalf(pieces: readonly string[]): readonly string[] {
  return pieces.slice(0, Math.ceil(pieces.length / 2))
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
