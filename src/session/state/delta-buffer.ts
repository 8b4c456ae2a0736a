import type { ServerEvent } from '../../protocol/server-events.js'

/** Events that append text to one content part, item or call, and change nothing else of the state. */
type TextDeltaEvent = Extract<
  ServerEvent,
  {
    type:
      | 'response.output_text.delta'
      | 'response.output_audio_transcript.delta'
      | 'response.function_call_arguments.delta'
      | 'response.mcp_call_arguments.delta'
      | 'conversation.item.input_audio_transcription.delta'
  }
>

/**
 * Text deltas that are not in the state yet. A delta costs one string concatenation. The reducer runs once per text, when the state is read
 * or the next event of another kind arrives.
 */
export interface DeltaBuffer {
  /** In the order of their first deltas. */
  texts: PendingText[]
}

/** A text and its deltas. */
export interface PendingText {
  readonly event: TextDeltaEvent
  readonly responseId: string | undefined
  readonly contentIndex: number | null | undefined
  text: string
}

/** How many texts are buffered at a time. Bounds the memory and the search for the text of a delta. */
const maxTexts = 32

export function createDeltaBuffer(): DeltaBuffer {
  return { texts: [] }
}

/** Takes an event that only appends text. Returns `false` for every other event, and for a new text while the buffer is full. */
export function addDelta({ texts }: DeltaBuffer, event: ServerEvent): boolean {
  if (!isTextDelta(event)) return false
  const responseId = 'response_id' in event ? event.response_id : undefined
  const contentIndex = 'content_index' in event ? event.content_index : undefined
  // Starts at the end, because consecutive deltas belong to the same text.
  const known = texts.findLast(
    (entry) =>
      entry.event.item_id === event.item_id &&
      entry.event.type === event.type &&
      entry.contentIndex === contentIndex &&
      entry.responseId === responseId,
  )
  if (!known && texts.length >= maxTexts) return false
  if (known) known.text += event.delta ?? ''
  else texts.push({ event, responseId, contentIndex, text: event.delta ?? '' })
  return true
}

/** Empties the buffer. Returns one event per text, with all its deltas joined, in the order of their first deltas. */
export function takeDeltas(buffer: DeltaBuffer): readonly ServerEvent[] {
  const events = buffer.texts.map(({ event, text }) => ({ ...event, delta: text }) as ServerEvent)
  buffer.texts = []
  return events
}

function isTextDelta(event: ServerEvent): event is TextDeltaEvent {
  switch (event.type) {
    case 'response.output_text.delta':
    case 'response.output_audio_transcript.delta':
    case 'response.function_call_arguments.delta':
    case 'response.mcp_call_arguments.delta':
    case 'conversation.item.input_audio_transcription.delta':
      return true
    default:
      return false
  }
}
