import { wordsOf } from '../../session/playback/played-transcript.js'
import { type Part, partsOf } from '../../session/state/item.js'
import type { EarlyTranscript, ItemState } from '../../session/state/state.js'

/** A message of the user or the assistant, as a caption. */
export interface TranscriptLine {
  /** The id of the item. It does not change while the line forms. */
  readonly id: string
  readonly speaker: 'user' | 'assistant'
  /** All text so far, played or not. */
  readonly text: string
  /**
   * `pending`: spoken, without text yet. `partial`: more text follows. `final`: complete. `incomplete`: it was cut short, and no more text
   * follows. `failed`: the transcription failed.
   */
  readonly status: 'pending' | 'partial' | 'final' | 'incomplete' | 'failed'
  /** Where it was interrupted. `undefined` if it was not. */
  readonly cut: Cut | undefined
  /** When it started to be spoken or played, in milliseconds since the transcript was started. `undefined` if not known. */
  readonly startMs: number | undefined
  /** When it was spoken or played to its end, in milliseconds since the transcript was started. `undefined` if not known. */
  readonly endMs: number | undefined
  /** The id of the response that wrote it. `undefined` for lines of the user. */
  readonly responseId: string | undefined
}

/** Where a line was interrupted. */
export interface Cut {
  /** The start of `text` that was played, as an estimate. `undefined` if only the server knows. */
  readonly played: string | undefined
  /** Where it was truncated, in milliseconds from the start of its audio. `undefined` until the server confirms it. */
  readonly atMs: number | undefined
}

/** When an item was spoken or played, in milliseconds since the transcript was started. */
export interface Timing {
  readonly startMs: number | undefined
  readonly endMs: number | undefined
}

export const unknownTiming: Timing = { startMs: undefined, endMs: undefined }

/** Returns the line of an item, or `undefined` for items that are not messages, such as calls and instructions. */
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

/** Returns the line of a transcript whose item has not arrived yet. */
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

/** Whether two lines of the same id are equal. */
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
