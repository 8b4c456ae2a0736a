import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { ConversationItem } from '../protocol/items.js'
import { wordsOf } from '../session/playback/played-transcript.js'
import type { RealtimeSession } from '../session/realtime.js'
import { partsOf } from '../session/state/item.js'
import type { TurnGuard } from './turn-guard.js'

/**
 * Reports the turns of a session and their texts to a guard. Returns a function that stops.
 * @param userEndMs Returns the end of the user's audio so far.
 */
export function followTurns(
  session: Pick<RealtimeSession, 'on' | 'getState'>,
  guard: TurnGuard,
  nowMs: () => number,
  userEndMs: () => number,
): () => void {
  /** Audio of a turn can be placed later than now, because it was sent faster than it is spoken. */
  const turnEndMs = () => Math.max(nowMs(), userEndMs())

  function decideItem(item: DeepReadonly<ConversationItem>): void {
    if (item.id !== undefined && item.type === 'message' && item.role === 'assistant')
      guard.decide(item.id, textOf(item))
  }

  const unsubscribe = [
    session.on('input_audio_buffer.speech_started', () => guard.userStarted(nowMs())),
    session.on('input_audio_buffer.committed', ({ item_id }) =>
      guard.userEnded(item_id, turnEndMs(), isTranscribed(session.getState().session)),
    ),
    session.on('input_audio_buffer.cleared', () => guard.userCleared(turnEndMs())),
    session.on('conversation.item.input_audio_transcription.completed', ({ item_id, transcript }) =>
      guard.decide(item_id, transcript),
    ),
    session.on('conversation.item.input_audio_transcription.failed', ({ item_id }) => guard.decide(item_id, undefined)),
    session.on('response.output_audio_transcript.done', ({ item_id, transcript }) => guard.decide(item_id, transcript)),
    session.on('response.output_item.done', ({ item }) => decideItem(item)),
    session.on('response.done', ({ response }) => {
      for (const item of response.output ?? []) decideItem(item)
    }),
    // The texts of running responses, and transcripts that were not completed, were lost with the connection.
    session.on('status', ({ status }) => {
      if (status === 'reconnecting' || status === 'closed') guard.decideAll()
    }),
  ]
  return () => {
    for (const off of unsubscribe) off()
  }
}

/** Returns the text of a message, or `undefined` if a part with audio has none. */
function textOf(item: DeepReadonly<ConversationItem>): string | undefined {
  const parts = 'content' in item ? partsOf(item) : []
  if (parts.some(({ transcript, text }) => typeof (transcript ?? text) !== 'string')) return undefined
  return parts.length === 0 ? undefined : parts.map(wordsOf).join(' ')
}

function isTranscribed(session: unknown): boolean {
  const { audio } = (session ?? {}) as { readonly audio?: { readonly input?: { readonly transcription?: unknown } } }
  return Boolean(audio?.input?.transcription)
}
