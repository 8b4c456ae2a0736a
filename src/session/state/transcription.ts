import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { ConversationItemInputAudioTranscriptionSegmentEvent } from '../../protocol/events/input-transcription.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import type { LogProb } from '../../protocol/transcription.js'
import type { TranscriptionSession } from '../../protocol/transcription-session.js'
import type { ReconnectAttempt, SessionStatus } from '../events.js'
import { at, type Chunks, findLast, insert, replace } from './chunks.js'
import { addId, hasId, type IdSet, noIds } from './id-set.js'
import { reduceInputAudio } from './input-audio.js'
import { type InputAudioState, initialState } from './state.js'

/** The immutable state of a transcription session. */
export interface TranscriptionState {
  readonly status: SessionStatus
  /** The upcoming attempt to connect again. `undefined` while no connection was lost. */
  readonly reconnect: ReconnectAttempt | undefined
  /** The session resource that the server last sent. */
  readonly session: DeepReadonly<TranscriptionSession> | undefined
  /** The turns in the order of speech. Read them with `selectSegments`. */
  readonly segments: Chunks<SegmentState>
  /** The item ids of the turns, in buckets. */
  readonly ids: IdSet
  /** The input audio buffer on the server. */
  readonly inputAudio: InputAudioState
}

/** One committed turn and its transcript. */
export interface TranscriptSegment {
  readonly itemId: string
  /** The transcript so far. */
  readonly text: string
  readonly status: 'committed' | 'in_progress' | 'completed' | 'failed'
  /** The parts of the transcript by speaker, from models with diarization. Times are in seconds from the start of the turn. */
  readonly speakers: readonly SpeakerSegment[]
  /** The log probability of each token, if requested with `include`. */
  readonly logprobs: DeepReadonly<LogProb[]>
}

/** A turn as stored in the state. Its lists are chunked, so that an event costs the same in a long turn as in a short one. */
export interface SegmentState extends Omit<TranscriptSegment, 'speakers' | 'logprobs'> {
  readonly speakers: Chunks<SpeakerSegment>
  readonly logprobs: Chunks<DeepReadonly<LogProb>>
}

/** A part of a turn with its speaker. */
export type SpeakerSegment = Readonly<
  Pick<ConversationItemInputAudioTranscriptionSegmentEvent, 'id' | 'speaker' | 'text' | 'start' | 'end'>
>

/** The state of a transcription session before it is connected. */
export const initialTranscription: TranscriptionState = {
  status: 'idle',
  reconnect: undefined,
  session: undefined,
  segments: [],
  ids: noIds,
  inputAudio: initialState.inputAudio,
}

/** Returns the state of a transcription session after an event. */
export function reduceTranscription(state: TranscriptionState, event: ServerEvent): TranscriptionState {
  switch (event.type) {
    case 'session.created':
    case 'session.updated':
      if (event.session.type !== 'transcription') return state
      return { ...state, session: event.session, inputAudio: reduceInputAudio(state.inputAudio, event) }
    case 'input_audio_buffer.committed': {
      const inputAudio = reduceInputAudio(state.inputAudio, event)
      return { ...addSegment(state, event.item_id, event.previous_item_id), inputAudio }
    }
    case 'conversation.item.input_audio_transcription.delta':
      return changeSegment(state, event.item_id, (segment) => ({
        ...segment,
        text: segment.text + (event.delta ?? ''),
        status: 'in_progress',
        logprobs: event.logprobs?.reduce<SegmentState['logprobs']>(append, segment.logprobs) ?? segment.logprobs,
      }))
    case 'conversation.item.input_audio_transcription.segment': {
      const { id, speaker, text, start, end } = event
      return changeSegment(state, event.item_id, (segment) => ({
        ...segment,
        speakers: append(segment.speakers, { id, speaker, text, start, end }),
      }))
    }
    case 'conversation.item.input_audio_transcription.completed':
      return changeSegment(state, event.item_id, (segment) => ({
        ...segment,
        text: event.transcript,
        status: 'completed',
        logprobs: event.logprobs?.reduce<SegmentState['logprobs']>(append, noLogProbs) ?? segment.logprobs,
      }))
    case 'conversation.item.input_audio_transcription.failed':
      return changeSegment(state, event.item_id, (segment) => ({ ...segment, status: 'failed' }))
    default: {
      const inputAudio = reduceInputAudio(state.inputAudio, event)
      return inputAudio === state.inputAudio ? state : { ...state, inputAudio }
    }
  }
}

/** Returns whether the transcript of a turn is final: it is complete or has failed. */
export function isSettled({ status }: Pick<TranscriptSegment, 'status'>): boolean {
  return status === 'completed' || status === 'failed'
}

/** Returns the state after the connection was lost: turns without a final transcript have failed, and the input buffer is empty. */
export function failOpenSegments(state: TranscriptionState): TranscriptionState {
  const fail = (segment: SegmentState): SegmentState =>
    isSettled(segment) ? segment : { ...segment, status: 'failed' }
  const segments = state.segments.map((piece) => (piece.every(isSettled) ? piece : piece.map(fail)))
  return { ...state, segments, inputAudio: initialState.inputAudio }
}

const noLogProbs: SegmentState['logprobs'] = []

function append<T>(list: Chunks<T>, value: T): Chunks<T> {
  return insert(list, 'end', value)
}

/** Returns the state with a turn added. Transcription events may arrive before the commit, so it may be there already. */
function addSegment(
  state: TranscriptionState,
  itemId: string,
  previousItemId: string | null | undefined,
): TranscriptionState {
  if (hasId(state.ids, itemId)) return state
  const isPreviousKnown = previousItemId && hasId(state.ids, previousItemId)
  const behind = isPreviousKnown ? findLast(state.segments, (segment) => segment.itemId === previousItemId) : undefined
  const segment: SegmentState = { itemId, text: '', status: 'committed', speakers: [], logprobs: [] }
  return { ...state, segments: insert(state.segments, behind ?? 'end', segment), ids: addId(state.ids, itemId) }
}

function changeSegment(
  state: TranscriptionState,
  itemId: string,
  change: (segment: SegmentState) => SegmentState,
): TranscriptionState {
  const added = addSegment(state, itemId, undefined)
  const place = findLast(added.segments, (segment) => segment.itemId === itemId)
  const before = place && at(added.segments, place)
  return place && before ? { ...added, segments: replace(added.segments, place, change(before)) } : added
}
