import { createId } from '../../internal/id.js'
import { firstMs, type PcmAudio, rateOf, resampleAudio } from './pcm-audio.js'
import {
  closeItem,
  deferCompletion,
  openItem,
  type PartPosition,
  type ResponseWriter,
  type TimedGenerator,
  takeTokens,
} from './response-writer.js'
import { obfuscationFor, splitText } from './text-deltas.js'
import { outputTokensOfMs } from './usage.js'

/** The content of a message. */
export interface MessagePlan {
  readonly text: string
  /** Audio of the message. `undefined` for a text message. */
  readonly audio: PcmAudio | undefined
  /** Phase, as reasoning models report it. */
  readonly phase: 'commentary' | 'final_answer' | undefined
  /** Whether the complete message stays open until the next item has started. */
  readonly staysOpen: boolean
}

/** The part of a message that has been written. */
interface Progress {
  text: string
  /** Samples that have been sent. */
  samples: number
}

const deltaIntervalMs = 20
const firstDeltaMs = 100
const deltaMs = 200
// Transcript deltas are sent this long before their audio.
const transcriptLeadMs = 600

/** Writes a message with one content part. Returns whether it is complete. */
export function* writeMessage(
  writer: ResponseWriter,
  { text, audio, phase, staysOpen }: MessagePlan,
): TimedGenerator<boolean> {
  const { emit, responseId } = writer
  const id = createId('item')
  const message = (
    status: 'in_progress' | 'completed' | 'incomplete',
    content: { type: string; text?: string; transcript?: string }[],
  ) => ({ id, type: 'message', status, role: 'assistant', content, ...(phase ? { phase } : {}) }) as const
  const open = openItem(writer, message('in_progress', []))
  const place: PartPosition = { response_id: responseId, item_id: id, output_index: open.outputIndex, content_index: 0 }
  const part = (words: string) => (audio ? { type: 'audio', transcript: words } : { type: 'text', text: words })
  const wire = audio && resampleAudio(audio, rateOf(writer.format))
  const progress: Progress = { text: '', samples: 0 }
  emit({ type: 'response.content_part.added', ...place, part: part('') })

  function complete(): void {
    if (wire) {
      emit({ type: 'response.output_audio.done', ...place })
      emit({ type: 'response.output_audio_transcript.done', ...place, transcript: progress.text })
      keepAudio(writer, open, { pcm: wire.pcm.slice(0, progress.samples), rate: wire.rate })
    } else {
      emit({ type: 'response.output_text.done', ...place, text: progress.text })
    }
    emit({ type: 'response.content_part.done', ...place, part: part(progress.text) })
    const content = wire
      ? { type: 'output_audio', transcript: progress.text }
      : { type: 'output_text', text: progress.text }
    closeItem(writer, open, message(isWhole ? 'completed' : 'incomplete', [content]))
  }

  let isWhole = false
  try {
    isWhole = wire
      ? yield* speak(writer, place, text, wire, progress, open)
      : yield* write(writer, place, text, progress)
    return isWhole
  } finally {
    if (isWhole && staysOpen) deferCompletion(writer, complete)
    else complete()
  }
}

function* write(
  writer: ResponseWriter,
  place: PartPosition,
  text: string,
  progress: Progress,
): TimedGenerator<boolean> {
  for (const piece of splitText(text)) {
    if (!takeTokens(writer, 'text', 1)) return false
    progress.text += piece
    writer.emit({ type: 'response.output_text.delta', ...place, delta: piece, obfuscation: obfuscationFor(piece) })
    yield writer.now() + deltaIntervalMs / writer.pace
  }
  return true
}

function* speak(
  writer: ResponseWriter,
  place: PartPosition,
  text: string,
  { pcm, rate }: PcmAudio,
  progress: Progress,
  { entry }: ReturnType<typeof openItem>,
): TimedGenerator<boolean> {
  const pieces = splitText(text)
  const began = writer.now()
  let sentPieces = 0
  while (sentPieces < pieces.length || progress.samples < pcm.length) {
    const length = ((progress.samples === 0 ? firstDeltaMs : deltaMs) * rate) / 1000
    const end = Math.min(pcm.length, progress.samples + length)
    const ahead = Math.min(1, (end + (transcriptLeadMs * rate) / 1000) / Math.max(1, pcm.length))
    for (const piece of pieces.slice(sentPieces, Math.ceil(pieces.length * ahead))) {
      if (!takeTokens(writer, 'text', 1)) return false
      sentPieces++
      progress.text += piece
      writer.emit({
        type: 'response.output_audio_transcript.delta',
        ...place,
        delta: piece,
        obfuscation: obfuscationFor(piece),
      })
    }
    const delta = pcm.subarray(progress.samples, end)
    if (delta.length > 0) {
      const ms = (delta.length * 1000) / rate
      if (!takeTokens(writer, 'audio', outputTokensOfMs(ms))) return false
      progress.samples = end
      if (entry && !entry.isTruncated) entry.audioMs = (end * 1000) / rate
      writer.writeAudio(place, { pcm: delta, rate })
    }
    yield began + (progress.samples * 1000) / rate / writer.pace
  }
  return true
}

function keepAudio({ conversation }: ResponseWriter, { entry }: ReturnType<typeof openItem>, audio: PcmAudio): void {
  if (!conversation || !entry || conversation.get(entry.item.id) !== entry) return
  conversation.keepAudio(entry, entry.isTruncated ? firstMs(audio, entry.audioMs) : audio)
}
