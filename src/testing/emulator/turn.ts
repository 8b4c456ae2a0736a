import type { ConversationItem } from '../../protocol/items.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import type { Session } from '../../protocol/session.js'
import type { Entry } from './conversation.js'
import type { Failure } from './script.js'
import { type Sound, soundMs } from './sound.js'

/** What a response answers, as scripts and voices see it. */
export interface Turn {
  /** How many responses the session began before this one. */
  readonly index: number
  /** The session as it is now. */
  readonly session: Session
  /** What `response.create` asked for; empty when the server began the response by itself. */
  readonly params: ResponseCreateParams
  /** What the model reads: the conversation, or the `input` of the response. */
  readonly input: readonly ConversationItem[]
  /** The last thing it was told: words that were written or heard, or the output of a function. */
  readonly text: string
  /** The sound of the user's last message, if it was spoken. */
  readonly sound: Sound | undefined
}

/** What the caller said in one turn, for the ears of the emulator. */
export interface HeardTurn {
  /** The user message that it became; a translation has none, and the name is this phrase's alone. */
  readonly itemId: string
  /** Its sound as committed, padding and final silence included. */
  readonly sound: Sound
  /** Its length in milliseconds. */
  readonly durationMs: number
}

/** Says what the words of a turn were; a failure makes its transcription fail. */
export type Hear = (turn: HeardTurn) => string | Failure

/** What an emulator without ears can honestly say, such as `[2.4 s of speech]`. */
export const describeSpeech: Hear = ({ durationMs }) => `[${(durationMs / 1000).toFixed(1)} s of speech]`

/** What was heard in an entry with sound. */
export function hearEntry(hear: Hear, entry: Entry, sound: Sound): string | Failure {
  return hear({ itemId: entry.item.id, sound, durationMs: soundMs(sound) })
}

/** What a response over these entries answers. */
export function turnOf(
  entries: readonly Entry[],
  { index, session, params }: Pick<Turn, 'index' | 'session' | 'params'>,
): Turn {
  return {
    index,
    session,
    params,
    input: entries.map(({ item }) => item),
    text: entries.reduce((text, entry) => wordsOf(entry) ?? text, ''),
    sound: entries.findLast(isUserMessage)?.sound,
  }
}

function isUserMessage({ item }: Entry): boolean {
  return item.type === 'message' && item.role === 'user'
}

function wordsOf({ item, heard }: Entry): string | undefined {
  if (item.type === 'function_call_output') return item.output
  if (item.type !== 'message' || item.role !== 'user') return undefined
  return heard ?? item.content.map(({ text, transcript }) => text ?? transcript ?? '').join(' ')
}
