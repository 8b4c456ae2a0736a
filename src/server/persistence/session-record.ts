import { recordPlayedText } from '../../session/playback/played-transcript.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { type SessionSnapshot, snapshot } from '../../session/restore/snapshot.js'
import { selectItems } from '../../session/state/select.js'
import type { SessionState } from '../../session/state/state.js'

/** How many of the last items can still be playing. */
const recentItems = 8

/** Returns a snapshot in which the items that are playing end at the position that was played. */
export function playedSnapshot(session: Pick<RealtimeSession, 'getState' | 'playback'>): SessionSnapshot {
  let state: SessionState = session.getState()
  if (session.playback.isPlaying)
    for (const { id, playedText } of selectItems(state).slice(-recentItems)) {
      const part = session.playback.progress(id).find(({ playedMs, receivedMs }) => playedMs < receivedMs)
      if (part && playedText === undefined) state = recordPlayedText(state, part)
    }
  return snapshot({ getState: () => state })
}

/** Whether the model is responding, or its audio is playing. */
export function isResponding(session: Pick<RealtimeSession, 'getState' | 'playback'>): boolean {
  return session.getState().responses.activeId !== undefined || session.playback.isPlaying
}

/** Events after which a record is out of date. Deltas are not among them: `progressMs` bounds how much of a running response is lost. */
const recordedEvents = [
  'session.updated',
  'conversation.item.added',
  'conversation.item.created',
  'conversation.item.done',
  'conversation.item.retrieved',
  'conversation.item.deleted',
  'conversation.item.truncated',
  'conversation.item.input_audio_transcription.completed',
  'response.created',
  'response.output_item.done',
  'response.done',
  'interrupted',
  'restored',
] as const

/** How often a response that is generated or played is recorded, in milliseconds. */
const progressMs = 500

/** Calls `onChange` after each change of a session that belongs in a record. Returns a function that stops it. */
export function watchSession(session: RealtimeSession, onChange: () => void): () => void {
  let cancelProgress: (() => void) | undefined

  function watchProgress(): void {
    if (!isResponding(session)) return
    cancelProgress ??= session.clock.after(progressMs, () => {
      cancelProgress = undefined
      onChange()
      watchProgress()
    })
  }

  const unsubscribers = recordedEvents.map((type) =>
    session.on(type, () => {
      onChange()
      watchProgress()
    }),
  )
  unsubscribers.push(session.playback.onAudible(watchProgress))
  return () => {
    cancelProgress?.()
    for (const off of unsubscribers) off()
  }
}
