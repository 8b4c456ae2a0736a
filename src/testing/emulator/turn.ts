import type { ConversationItem } from '../../protocol/items.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import type { Session } from '../../protocol/session.js'
import type { Entry } from './conversation.js'
import type { PcmAudio } from './pcm-audio.js'
import type { Failure } from './script.js'

/** The turn that a response belongs to, as scripts and voices receive it. */
export interface Turn {
  /** Number of earlier responses in the session. */
  readonly index: number
  /** The current session. */
  readonly session: Session
  /** Parameters of `response.create`. Empty when the server started the response. */
  readonly params: ResponseCreateParams
  /** Input of the response: the conversation, or its `input` parameter. */
  readonly input: readonly ConversationItem[]
  /** Text of the last user message (written or transcribed), or the last output of a function or an MCP tool. */
  readonly text: string
  /** Audio of the last user message, if it was spoken. */
  readonly audio: PcmAudio | undefined
}

/** A spoken turn, as `transcribe` receives it. */
export interface UserTurn {
  /** Identifier of the user message. For a phrase of a translation session, a generated identifier. */
  readonly itemId: string
  /** The committed audio, including padding and trailing silence. */
  readonly audio: PcmAudio
  /** Duration in milliseconds. */
  readonly durationMs: number
}

/** Returns the transcript of a turn. A failure makes its transcription fail. */
export type TranscribeTurn = (turn: UserTurn) => string | Failure

/** The default transcript, which describes the audio: `[2.4 s of speech]`. */
export const describeSpeech: TranscribeTurn = ({ durationMs }) => `[${(durationMs / 1000).toFixed(1)} s of speech]`

/** Returns the turn that a response to these entries belongs to. */
export function turnOf(
  entries: readonly Entry[],
  { index, session, params }: Pick<Turn, 'index' | 'session' | 'params'>,
): Turn {
  return {
    index,
    session,
    params,
    input: entries.map(({ item }) => item),
    text: entries.reduce((text, entry) => textOf(entry) ?? text, ''),
    audio: entries.findLast(isUserMessage)?.audio,
  }
}

function isUserMessage({ item }: Entry): boolean {
  return item.type === 'message' && item.role === 'user'
}

function textOf({ item, userText }: Entry): string | undefined {
  if (item.type === 'function_call_output') return item.output
  if (item.type === 'mcp_call') return item.output ?? undefined
  if (item.type !== 'message' || item.role !== 'user') return undefined
  return userText ?? item.content.map(({ text, transcript }) => text ?? transcript ?? '').join(' ')
}
