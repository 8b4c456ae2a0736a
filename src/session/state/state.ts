import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { RateLimit } from '../../protocol/events/rate-limits.js'
import type { ConversationItem } from '../../protocol/items.js'
import type { Response } from '../../protocol/response.js'
import type { Session } from '../../protocol/session.js'
import type { TranscriptionSession } from '../../protocol/transcription-session.js'
import type { SessionStatus } from '../events.js'
import type { SessionConfigInput } from '../options.js'
import type { Chunks } from './chunks.js'
import { noIds } from './id-set.js'

/**
 * An immutable picture of a session. An event that changes one part leaves every other part identical (`===`), so it fits
 * `useSyncExternalStore` and stores of that kind as it is.
 */
export interface SessionState {
  /** Where the connection stands. */
  readonly status: SessionStatus
  /** What the server last said of the session: its configuration, identity and time of expiry. */
  readonly session: DeepReadonly<Session | TranscriptionSession> | undefined
  /** The configuration that this side asks for; what the server refused is not in it. */
  readonly config: DeepReadonly<SessionConfigInput> | undefined
  /** The history; read it with `selectItems`. */
  readonly conversation: ConversationState
  /** Responses that run, and the last that ended. */
  readonly responses: ResponsesState
  /** What the server hears. */
  readonly inputAudio: InputAudioState
  /** The limits as last reported; names are open. */
  readonly rateLimits: DeepReadonly<RateLimit[]>
}

/** The history of a conversation, in order. */
export interface ConversationState {
  readonly items: Chunks<ItemState>
  /** The ids of the items, in buckets: they tell at once which item is not there. */
  readonly ids: readonly (readonly string[])[]
  /** Transcripts of the caller's speech that came before their items. */
  readonly early: Readonly<Record<string, EarlyTranscript>>
  /** Ids of items that this side asked to have at the front: the server's `null` does not tell the front from the end. */
  readonly atFront: readonly string[]
  /** Ids that were deleted last. Late events do not bring them back; an item that is created again under its id does. */
  readonly deleted: readonly string[]
  /** Ids of items from an earlier connection that the current server does not have, or not yet, in buckets. */
  readonly absent: readonly (readonly string[])[]
  /**
   * Ids of messages that were restored on the current server, in buckets. The server has only their words, so its description of them
   * does not replace what the state knows.
   */
  readonly restored: readonly (readonly string[])[]
}

/** A transcript whose item has not been seen yet. */
export interface EarlyTranscript {
  readonly contentIndex: number
  readonly text: string
  readonly transcription: ItemState['transcription']
}

/** One item of a conversation or of a response, as it forms. */
export interface ItemState {
  readonly id: string
  /** The item as on the wire, with all text, transcript and arguments received so far. */
  readonly item: DeepReadonly<ConversationItem>
  /** The response that wrote it. */
  readonly responseId: string | undefined
  readonly status: 'in_progress' | 'completed' | 'incomplete'
  /** How the transcription of the caller's speech stands; `none` until the server begins. */
  readonly transcription: 'none' | 'in_progress' | 'completed' | 'failed'
  /** Where its sound was cut off, in milliseconds. */
  readonly truncatedAtMs: number | undefined
  /** The part of its words that was heard before it was interrupted, as near as can be told; undefined when it was not. */
  readonly heardText: string | undefined
}

/** The responses of a session. */
export interface ResponsesState {
  /** The response that runs in the conversation; out-of-band ones run beside it and are not named here. */
  readonly activeId: string | undefined
  /** Running responses and the last 32 that ended, by id. */
  readonly byId: Readonly<Record<string, ResponseState>>
  /** Ids in the order of their beginning. */
  readonly order: readonly string[]
}

/** One response, as it forms. */
export interface ResponseState {
  readonly id: string
  /** The response as the server last described it. */
  readonly response: DeepReadonly<Response>
  /** Whether it belongs to the conversation; false for out-of-band responses. */
  readonly isInBand: boolean
  /** Whether its `response.done` arrived. */
  readonly isDone: boolean
  /** Its items by `output_index`. */
  readonly output: readonly ItemState[]
}

/** What the server hears. Times count milliseconds of audio written to the input buffer since the session began. */
export interface InputAudioState {
  readonly isSpeaking: boolean
  /** The item that the current or last speech becomes. */
  readonly itemId: string | undefined
  readonly speechStartMs: number | undefined
  readonly speechEndMs: number | undefined
}

/** The state of a session that has not been connected. */
export const initialState: SessionState = {
  status: 'idle',
  session: undefined,
  config: undefined,
  conversation: { items: [], ids: noIds, early: {}, atFront: [], deleted: [], absent: noIds, restored: noIds },
  responses: { activeId: undefined, byId: {}, order: [] },
  inputAudio: { isSpeaking: false, itemId: undefined, speechStartMs: undefined, speechEndMs: undefined },
  rateLimits: [],
}
