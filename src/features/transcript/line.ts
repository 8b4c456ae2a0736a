import { wordsOf } from '../../session/playback/played-transcript.js'
import { type Part, partsOf } from '../../session/state/item.js'
import type { EarlyTranscript, ItemState } from '../../session/state/state.js'

/** What one side said: a message of the conversation, as a caption. */
export interface TranscriptLine {
  /** The id of its item; it stays the same while the line forms. */
  readonly id: string
  readonly speaker: 'user' | 'assistant'
  /** All words so far, heard or not. */
  readonly text: string
  /**
   * `pending`: said, and its words are not known yet. `partial`: more words follow. `final`: all words are there. `incomplete`: it broke off, and no
   * more words follow. `failed`: the words could not be written down.
   */
  readonly status: 'pending' | 'partial' | 'final' | 'incomplete' | 'failed'
  /** How it was cut off; undefined when it was not. */
  readonly cut: Cut | undefined
  /** When it began to be heard, in milliseconds since the transcript began; undefined when that is not known. */
  readonly startMs: number | undefined
  /** When it had been heard, or fell silent, in milliseconds since the transcript began; undefined when that is not known. */
  readonly endMs: number | undefined
  /** The response that said it. */
  readonly responseId: string | undefined
}

/** Where a speech was cut off. */
export interface Cut {
  /** The words that were heard, the beginning of `text`, as near as can be told; undefined where only the server knows. */
  readonly played: string | undefined
  /** Milliseconds from the beginning of the speech; undefined until the server confirms it. */
  readonly atMs: number | undefined
}

/** When something was heard, in milliseconds since the transcript began. */
export interface Timing {
  readonly startMs: number | undefined
  readonly endMs: number | undefined
}

export const unknownTiming: Timing = { startMs: undefined, endMs: undefined }

/** The line of an item; undefined for what nobody says, such as calls and instructions. */
export function lineOf(state: ItemState, timing: Timing = unknownTiming): TranscriptLine | undefined {
  const { id, item, responseId } = state
  if (item.type !== 'message' || !('content' in item) || !Array.isArray(item.content)) return undefined
  if (item.role !== 'user' && item.role !== 'assistant') return undefined
  const parts = partsOf(item)
  const words = parts.filter(hasText).map(wordsOf)
  const isSpoken = parts.some(({ type }) => type === 'input_audio')
  return {
    id,
    speaker: item.role,
    text: words.join(' '),
    status: item.role === 'user' && isSpoken ? transcriptionStatus(state.transcription) : writingStatus(state.status),
    cut: cutOf(state),
    startMs: timing.startMs,
    endMs: timing.endMs,
    responseId,
  }
}

/** The line of a transcript whose item has not been seen yet. */
export function earlyLineOf(id: string, early: EarlyTranscript, timing: Timing = unknownTiming): TranscriptLine {
  return {
    id,
    speaker: 'user',
    text: early.text,
    status: transcriptionStatus(early.transcription),
    cut: undefined,
    startMs: timing.startMs,
    endMs: timing.endMs,
    responseId: undefined,
  }
}

/** Whether two lines say the same. */
export function isSameLine(a: TranscriptLine, b: TranscriptLine): boolean {
  return (
    a.text === b.text &&
    a.status === b.status &&
    a.cut?.played === b.cut?.played &&
    a.cut?.atMs === b.cut?.atMs &&
    (a.cut === undefined) === (b.cut === undefined) &&
    a.startMs === b.startMs &&
    a.endMs === b.endMs &&
    a.responseId === b.responseId
  )
}

const hasText = ({ text, transcript }: Part) => typeof (transcript ?? text) === 'string'

function transcriptionStatus(transcription: ItemState['transcription']): TranscriptLine['status'] {
  const statuses = { none: 'pending', in_progress: 'partial', completed: 'final', failed: 'failed' } as const
  return statuses[transcription]
}

function writingStatus(status: ItemState['status']): TranscriptLine['status'] {
  const statuses = { in_progress: 'partial', completed: 'final', incomplete: 'incomplete' } as const
  return statuses[status]
}

function cutOf({ playedText, truncatedAtMs }: ItemState): Cut | undefined {
  if (playedText === undefined && truncatedAtMs === undefined) return undefined
  return { played: playedText, atMs: truncatedAtMs }
}
