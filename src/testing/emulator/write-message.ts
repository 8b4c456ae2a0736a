import { createId } from '../../internal/id.js'
import { closeItem, type Desk, openItem, type Place, type Production, spend } from './production.js'
import { convert, firstMs, rateOf, type Sound } from './sound.js'
import { outputTokensOfMs } from './usage.js'
import { obfuscationFor, streamPieces } from './words.js'

/** What a message says. */
export interface MessagePlan {
  readonly text: string
  /** How it sounds; none when it is written. */
  readonly sound: Sound | undefined
  /** As reasoning models mark their messages. */
  readonly phase: 'commentary' | 'final_answer' | undefined
}

/** How much of a message was written. */
interface Progress {
  text: string
  /** Samples on the wire. */
  samples: number
}

const msAPiece = 20
const firstDeltaMs = 100
const deltaMs = 200
// The words of a stretch of sound arrive before it.
const transcriptLeadMs = 600

/** Writes a message of one part; the answer is whether it was written to its end. */
export function* writeMessage(desk: Desk, { text, sound, phase }: MessagePlan): Production<boolean> {
  const { emit, responseId } = desk
  const id = createId('item')
  const message = (
    status: 'in_progress' | 'completed' | 'incomplete',
    content: { type: string; text?: string; transcript?: string }[],
  ) => ({ id, type: 'message', status, role: 'assistant', content, ...(phase ? { phase } : {}) }) as const
  const open = openItem(desk, message('in_progress', []))
  const place: Place = { response_id: responseId, item_id: id, output_index: open.outputIndex, content_index: 0 }
  const part = (words: string) => (sound ? { type: 'audio', transcript: words } : { type: 'text', text: words })
  const wire = sound && convert(sound, rateOf(desk.format))
  const progress: Progress = { text: '', samples: 0 }
  emit({ type: 'response.content_part.added', ...place, part: part('') })

  let isWhole = false
  try {
    isWhole = wire ? yield* speak(desk, place, text, wire, progress, open) : yield* write(desk, place, text, progress)
    return isWhole
  } finally {
    if (wire) {
      emit({ type: 'response.output_audio.done', ...place })
      emit({ type: 'response.output_audio_transcript.done', ...place, transcript: progress.text })
      keepSound(desk, open, { pcm: wire.pcm.slice(0, progress.samples), rate: wire.rate })
    } else {
      emit({ type: 'response.output_text.done', ...place, text: progress.text })
    }
    emit({ type: 'response.content_part.done', ...place, part: part(progress.text) })
    const content = wire
      ? { type: 'output_audio', transcript: progress.text }
      : { type: 'output_text', text: progress.text }
    closeItem(desk, open, message(isWhole ? 'completed' : 'incomplete', [content]))
  }
}

function* write(desk: Desk, place: Place, text: string, progress: Progress): Production<boolean> {
  for (const piece of streamPieces(text)) {
    if (!spend(desk, 'text', 1)) return false
    progress.text += piece
    desk.emit({ type: 'response.output_text.delta', ...place, delta: piece, obfuscation: obfuscationFor(piece) })
    yield desk.now() + msAPiece / desk.pace
  }
  return true
}

function* speak(
  desk: Desk,
  place: Place,
  text: string,
  { pcm, rate }: Sound,
  progress: Progress,
  { entry }: ReturnType<typeof openItem>,
): Production<boolean> {
  const pieces = streamPieces(text)
  const began = desk.now()
  let said = 0
  while (said < pieces.length || progress.samples < pcm.length) {
    const length = ((progress.samples === 0 ? firstDeltaMs : deltaMs) * rate) / 1000
    const end = Math.min(pcm.length, progress.samples + length)
    const ahead = Math.min(1, (end + (transcriptLeadMs * rate) / 1000) / Math.max(1, pcm.length))
    for (const piece of pieces.slice(said, Math.ceil(pieces.length * ahead))) {
      if (!spend(desk, 'text', 1)) return false
      said++
      progress.text += piece
      desk.emit({
        type: 'response.output_audio_transcript.delta',
        ...place,
        delta: piece,
        obfuscation: obfuscationFor(piece),
      })
    }
    const delta = pcm.subarray(progress.samples, end)
    if (delta.length > 0) {
      const ms = (delta.length * 1000) / rate
      if (!spend(desk, 'audio', outputTokensOfMs(ms))) return false
      progress.samples = end
      if (entry && !entry.isTruncated) entry.soundMs = (end * 1000) / rate
      desk.sound(place, { pcm: delta, rate })
    }
    yield began + (progress.samples * 1000) / rate / desk.pace
  }
  return true
}

function keepSound({ conversation }: Desk, { entry }: ReturnType<typeof openItem>, sound: Sound): void {
  if (!conversation || !entry || conversation.get(entry.item.id) !== entry) return
  conversation.keepSound(entry, entry.isTruncated ? firstMs(sound, entry.soundMs) : sound)
}
