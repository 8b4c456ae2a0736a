import type { RealtimeSession } from '../../session/realtime.js'
import { hasId } from '../../session/state/id-set.js'
import { partsOf } from '../../session/state/item.js'
import { selectItems } from '../../session/state/select.js'

/** Whether the voice is locked: the server refuses to change it once the model has produced audio. */
export interface VoiceLock {
  readonly isLocked: boolean
  /** The server has refused a change of the voice. */
  lock(): void
  stop(): void
}

export function watchVoiceLock(session: RealtimeSession): VoiceLock {
  let isLocked = session.getState().status === 'open' && hasSpoken(session)
  const lock = () => {
    isLocked = true
  }
  const unsubscribers = [
    session.on('response.output_audio.delta', lock),
    // With audio on a media track, these events report it.
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
      for (const off of unsubscribers) off()
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
      // Restored audio of an earlier connection. This server session has at most its transcript.
      !hasId(restored, id) &&
      !hasId(absent, id),
  )
}
