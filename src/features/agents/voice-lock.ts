import type { RealtimeSession } from '../../session/realtime.js'
import { hasId } from '../../session/state/id-set.js'
import { partsOf } from '../../session/state/item.js'
import { selectItems } from '../../session/state/select.js'

/** Whether the voice may still change: the server refuses that once the model was heard. */
export interface VoiceLock {
  readonly isLocked: boolean
  /** The server said so. */
  lock(): void
  stop(): void
}

export function watchVoiceLock(session: RealtimeSession): VoiceLock {
  let isLocked = session.getState().status === 'open' && hasSpoken(session)
  const lock = () => {
    isLocked = true
  }
  const undo = [
    session.on('response.output_audio.delta', lock),
    // Where the sound does not travel in the events, these tell of it.
    session.on('response.output_audio_transcript.delta', lock),
    session.on('output_audio_buffer.started', lock),
    session.on('status', ({ status }) => {
      // The next server session has not produced audio. If the session is a joined one, the server refuses the voice and the lock returns.
      if (status === 'reconnecting') isLocked = false
    }),
  ]
  return {
    get isLocked() {
      return isLocked
    },
    lock,
    stop() {
      for (const off of undo) off()
    },
  }
}

function hasSpoken(session: RealtimeSession): boolean {
  const { restored, absent } = session.getState().conversation
  return selectItems(session.getState()).some(
    ({ id, item }) =>
      item.type === 'message' &&
      item.role === 'assistant' &&
      partsOf(item).some(({ type }) => type === 'output_audio' || type === 'audio') &&
      // The audio of an earlier connection; this server has its words at most.
      !hasId(restored, id) &&
      !hasId(absent, id),
  )
}
