import { decodeBase64 } from '../audio/base64.js'
import type { AudioFormatLike } from '../audio/duration.js'
import type { AudioPart } from '../session/playback/tracker.js'
import type { RealtimeSession } from '../session/realtime.js'
import type { Speaker } from './speaker-contract.js'

/**
 * Plays what a session says through a speaker, and tells the session what was heard, so that an interrupted answer is cut where it was
 * interrupted. The speaker falls silent at once when the caller cuts in. It ends by the function that it answers; the speaker goes on.
 */
export function playThrough(
  session: Pick<RealtimeSession, 'on' | 'getState' | 'playback'>,
  speaker: Speaker,
): () => void {
  // Parts that are not complete, by the response that says them.
  const open = new Map<string, AudioPart[]>()

  function endResponse(responseId: string): void {
    for (const part of open.get(responseId) ?? []) speaker.end(part)
    open.delete(responseId)
  }

  const undo = [
    session.on('response.output_audio.delta', ({ response_id, item_id, content_index, delta }) => {
      const part = { itemId: item_id, contentIndex: content_index }
      if (!session.playback.enqueued(part)) return
      const parts = open.get(response_id) ?? []
      if (!parts.some(({ itemId, contentIndex }) => itemId === item_id && contentIndex === content_index)) {
        open.set(response_id, [...parts, part])
      }
      speaker.enqueue(decodeBase64(delta), { part, format: outputFormatOf(session.getState().session) })
    }),
    session.on('response.output_audio.done', ({ item_id, content_index }) => {
      speaker.end({ itemId: item_id, contentIndex: content_index })
    }),
    // A response that breaks off does not say that its sound is complete.
    session.on('response.done', ({ response }) => endResponse(response.id ?? '')),
    session.on('interrupted', () => {
      open.clear()
      speaker.flush()
    }),
    session.on('restored', () => {
      for (const id of [...open.keys()]) endResponse(id)
    }),
    speaker.on('played', ({ part, ms }) => {
      if (part) session.playback.played(part, ms)
    }),
  ]
  return () => {
    for (const end of undo) end()
  }
}

function outputFormatOf(session: ReturnType<RealtimeSession['getState']>['session']): AudioFormatLike {
  const format = session?.type === 'realtime' ? session.audio?.output?.format : undefined
  return (format as AudioFormatLike | undefined) ?? 'audio/pcm'
}
