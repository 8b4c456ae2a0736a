import type { Transcription } from '../../protocol/transcription.js'
import type { TranscriptUsage } from '../../protocol/usage.js'
import type { Agenda } from './agenda.js'
import type { Conversation, Entry } from './conversation.js'
import type { Emit } from './production.js'
import { type Failure, fail } from './script.js'
import type { Sound } from './sound.js'
import { type Hear, hearEntry } from './turn.js'
import { inputTokensOfMs } from './usage.js'
import { obfuscationFor, streamPieces } from './words.js'

/** What the transcription of input audio needs. */
export interface TranscriberOptions {
  readonly emit: Emit
  readonly agenda: Agenda
  readonly conversation: Conversation
  readonly hear: Hear
  /** From the commit of a turn to the first words of its transcript, in milliseconds. */
  readonly delayMs: number
}

/** How a turn is to be transcribed. */
export interface TranscriptionOrder {
  readonly transcription: Transcription
  readonly withLogprobs: boolean
}

/** Hears a user turn; its transcript follows later, when one is ordered. */
export type Transcribe = (entry: Entry, sound: Sound, order: TranscriptionOrder | undefined) => void

const msAPiece = 40

/** Makes the ears of a session. */
export function createTranscriber({ emit, agenda, conversation, hear, delayMs }: TranscriberOptions): Transcribe {
  function listen(entry: Entry, sound: Sound): string | Failure {
    try {
      return hearEntry(hear, entry, sound)
    } catch (error) {
      return fail({ code: 'hear_error', message: `The hear option of the emulator threw: ${String(error)}` })
    }
  }

  return (entry, sound, order) => {
    const heard = listen(entry, sound)
    if (typeof heard === 'string') entry.heard = heard
    if (!order) return
    const place = { item_id: entry.item.id, content_index: 0 }
    const isThere = () => conversation.get(entry.item.id) === entry

    if (typeof heard !== 'string') {
      agenda.after(delayMs, () => {
        const error = { ...heard.error, param: null }
        if (isThere()) emit({ type: 'conversation.item.input_audio_transcription.failed', ...place, error })
      })
      return
    }

    const pieces = streamPieces(heard)
    const tell = (index: number): void => {
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
        agenda.after(msAPiece, () => tell(index + 1))
        return
      }
      setTranscript(entry, heard)
      emit({
        type: 'conversation.item.input_audio_transcription.completed',
        ...place,
        transcript: heard,
        ...(order.withLogprobs ? { logprobs: logprobsOf(pieces) } : {}),
        usage: usageOf(order.transcription, entry.soundMs, pieces.length),
      })
    }
    agenda.after(delayMs, () => tell(0))
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

/** Streaming models and whisper bill by time, the others by tokens. */
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
