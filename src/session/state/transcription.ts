import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { ConversationItemInputAudioTranscriptionSegmentEvent } from '../../protocol/events/input-transcription.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import type { LogProb } from '../../protocol/transcription.js'
import type { TranscriptionSession } from '../../protocol/transcription-session.js'
import type { SessionStatus } from '../events.js'
import { at, type Chunks, findLast, insert, replace } from './chunks.js'
import { reduceInputAudio } from './input-audio.js'
import { type InputAudioState, initialState } from './state.js'

/** An immutable picture of a transcription session. */
export interface TranscriptionState {
  readonly status: SessionStatus
  /** What the server last said of the session. */
  readonly session: DeepReadonly<TranscriptionSession> | undefined
  /** The turns, in the order they were spoken; read them with `selectSegments`. */
  readonly segments: Chunks<TranscriptSegment>
  /** What the server hears. */
  readonly inputAudio: InputAudioState
}

/** One committed turn and its words. */
export interface TranscriptSegment {
  readonly itemId: string
  /** The words so far. */
  readonly text: string
  readonly status: 'committed' | 'in_progress' | 'completed' | 'failed'
  /** Who said what, from models that tell speakers apart; times in seconds from the start of the turn. */
  readonly speakers: readonly SpeakerSegment[]
  /** How sure the model is of each token, when asked for with `include`. */
  readonly logprobs: DeepReadonly<LogProb[]>
}

/** A stretch of a turn with its speaker. */
export type SpeakerSegment = Readonly<
  Pick<ConversationItemInputAudioTranscriptionSegmentEvent, 'id' | 'speaker' | 'text' | 'start' | 'end'>
>

export const initialTranscription: TranscriptionState = {
  status: 'idle',
  session: undefined,
  segments: [],
  inputAudio: initialState.inputAudio,
}

/** The state of a transcription session after an event. */
export function reduceTranscription(state: TranscriptionState, event: ServerEvent): TranscriptionState {
  switch (event.type) {
    case 'session.created':
    case 'session.updated':
      if (event.session.type !== 'transcription') return state
      return { ...state, session: event.session, inputAudio: reduceInputAudio(state.inputAudio, event) }
    case 'input_audio_buffer.committed': {
      const inputAudio = reduceInputAudio(state.inputAudio, event)
      return { ...place(state, event.item_id, event.previous_item_id), inputAudio }
    }
    case 'conversation.item.input_audio_transcription.delta':
      return change(state, event.item_id, (segment) => ({
        ...segment,
        text: segment.text + (event.delta ?? ''),
        status: 'in_progress',
        logprobs: event.logprobs ? [...segment.logprobs, ...event.logprobs] : segment.logprobs,
      }))
    case 'conversation.item.input_audio_transcription.segment': {
      const { id, speaker, text, start, end } = event
      return change(state, event.item_id, (segment) => ({
        ...segment,
        speakers: [...segment.speakers, { id, speaker, text, start, end }],
      }))
    }
    case 'conversation.item.input_audio_transcription.completed':
      return change(state, event.item_id, (segment) => ({
        ...segment,
        text: event.transcript,
        status: 'completed',
        logprobs: event.logprobs ?? segment.logprobs,
      }))
    case 'conversation.item.input_audio_transcription.failed':
      return change(state, event.item_id, (segment) => ({ ...segment, status: 'failed' }))
    default: {
      const inputAudio = reduceInputAudio(state.inputAudio, event)
      return inputAudio === state.inputAudio ? state : { ...state, inputAudio }
    }
  }
}

/** Whether no more words of a turn will come. */
export function isOver({ status }: TranscriptSegment): boolean {
  return status === 'completed' || status === 'failed'
}

/** The state when the connection is gone: what was not written down will not be, and nobody is heard. */
export function loseTranscription(state: TranscriptionState): TranscriptionState {
  const fail = (segment: TranscriptSegment): TranscriptSegment =>
    isOver(segment) ? segment : { ...segment, status: 'failed' }
  return { ...state, segments: state.segments.map((piece) => piece.map(fail)), inputAudio: initialState.inputAudio }
}

/** The state with a turn in its place; words may have come before it. */
function place(
  state: TranscriptionState,
  itemId: string,
  previousItemId: string | null | undefined,
): TranscriptionState {
  if (findLast(state.segments, (segment) => segment.itemId === itemId)) return state
  const behind = previousItemId ? findLast(state.segments, (segment) => segment.itemId === previousItemId) : undefined
  const segment: TranscriptSegment = { itemId, text: '', status: 'committed', speakers: [], logprobs: [] }
  return { ...state, segments: insert(state.segments, behind ?? 'end', segment) }
}

function change(
  state: TranscriptionState,
  itemId: string,
  by: (segment: TranscriptSegment) => TranscriptSegment,
): TranscriptionState {
  const placed = place(state, itemId, undefined)
  const where = findLast(placed.segments, (segment) => segment.itemId === itemId)
  const before = where && at(placed.segments, where)
  return where && before ? { ...placed, segments: replace(placed.segments, where, by(before)) } : placed
}
