import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { RateLimit } from '../../protocol/events/rate-limits.js'
import type { ConversationItem } from '../../protocol/items.js'
import type { Response } from '../../protocol/response.js'
import type { Session } from '../../protocol/session.js'
import type { TranscriptionSession } from '../../protocol/transcription-session.js'
import type { ReconnectAttempt, SessionStatus } from '../events.js'
import type { SessionConfigInput } from '../options.js'
import type { Chunks } from './chunks.js'
import { noIds } from './id-set.js'

/**
 * The immutable state of a session. An event that changes one part keeps every other part identical (`===`), so it works with
 * `useSyncExternalStore` and similar stores.
 */
export interface SessionState {
  /** The status of the connection. */
  readonly status: SessionStatus
  /** The upcoming attempt to connect again, from the lost connection until the session is restored. `undefined` at other times. */
  readonly reconnect: ReconnectAttempt | undefined
  /** The session resource that the server last sent: its configuration, id, and time of expiry. */
  readonly session: DeepReadonly<Session | TranscriptionSession> | undefined
  /** The configuration that the client requested, without changes that the server refused. */
  readonly config: DeepReadonly<SessionConfigInput> | undefined
  /** `config` without temporary changes. Snapshots contain it. */
  readonly lastingConfig: DeepReadonly<SessionConfigInput> | undefined
  /** The conversation. Read it with `selectItems`. */
  readonly conversation: ConversationState
  /** Running responses, and the last completed ones. */
  readonly responses: ResponsesState
  /** The input audio buffer on the server. */
  readonly inputAudio: InputAudioState
  /** The rate limits that the server last reported. New names may appear. */
  readonly rateLimits: DeepReadonly<RateLimit[]>
}

/** The items of a conversation in order. */
export interface ConversationState {
  readonly items: Chunks<ItemState>
  /** The ids of the items, in buckets. */
  readonly ids: readonly (readonly string[])[]
  /** Transcripts of the user's speech that arrived before their items. */
  readonly early: Readonly<Record<string, EarlyTranscript>>
  /** Ids of items that the client created at the front. The server sends `null` as the previous item for both the front and the end. */
  readonly atFront: readonly string[]
  /** The last deleted ids. Late events do not add these items again. Creating an item with such an id does. */
  readonly deleted: readonly string[]
  /** Ids of items from an earlier connection that the current server does not have, or not yet, in buckets. */
  readonly absent: readonly (readonly string[])[]
  /**
   * Ids of messages that were restored on the current server, in buckets. The server has only their text, so its description does not
   * replace theirs in the state.
   */
  readonly restored: readonly (readonly string[])[]
}

/** A transcript that arrived before its item. */
export interface EarlyTranscript {
  readonly contentIndex: number
  readonly text: string
  readonly transcription: ItemState['transcription']
}

/** One item of a conversation or of a response. */
export interface ItemState {
  readonly id: string
  /** The item from the server, with all text, transcripts, and arguments received so far. */
  readonly item: DeepReadonly<ConversationItem>
  /** The response that created the item. */
  readonly responseId: string | undefined
  readonly status: 'in_progress' | 'completed' | 'incomplete'
  /** The status of the transcription of the user's speech. `none` before the first transcription event. */
  readonly transcription: 'none' | 'in_progress' | 'completed' | 'failed'
  /** Where the audio was truncated, in milliseconds. */
  readonly truncatedAtMs: number | undefined
  /** The played part of the text of an interrupted item, estimated. `undefined` for other items. */
  readonly playedText: string | undefined
}

/** The responses of a session. */
export interface ResponsesState {
  /** The response that runs in the conversation. Out-of-band responses are never active. */
  readonly activeId: string | undefined
  /** Running responses and the last 32 completed ones, by id. */
  readonly byId: Readonly<Record<string, ResponseState>>
  /** Ids in the order of creation. */
  readonly order: readonly string[]
}

/** One response. */
export interface ResponseState {
  readonly id: string
  /** The response resource that the server last sent. */
  readonly response: DeepReadonly<Response>
  /** Whether it belongs to the conversation; false for out-of-band responses. */
  readonly isInBand: boolean
  /** Whether it has ended: its `response.done` arrived, the connection was lost, or its handle has settled with a timeout. */
  readonly isDone: boolean
  /** Its items by `output_index`. */
  readonly output: readonly ItemState[]
}

/** The input audio buffer on the server. Times are milliseconds of audio that was appended since the start of the session. */
export interface InputAudioState {
  readonly isSpeaking: boolean
  /** The id of the item for the current or last speech. */
  readonly itemId: string | undefined
  readonly speechStartMs: number | undefined
  readonly speechEndMs: number | undefined
}

/** The state of a session before it is connected. */
export const initialState: SessionState = {
  status: 'idle',
  reconnect: undefined,
  session: undefined,
  config: undefined,
  lastingConfig: undefined,
  conversation: { items: [], ids: noIds, early: {}, atFront: [], deleted: [], absent: noIds, restored: noIds },
  responses: { activeId: undefined, byId: {}, order: [] },
  inputAudio: { isSpeaking: false, itemId: undefined, speechStartMs: undefined, speechEndMs: undefined },
  rateLimits: [],
}
