import { decodeBase64 } from '../audio/base64.js'
import type { AudioFormatLike } from '../audio/duration.js'
import { outputFormatOf } from '../session/audio-format.js'
import type { AudioPart } from '../session/playback/tracker.js'
import type { RealtimeSession } from '../session/realtime.js'
import type { Speaker } from './speaker-contract.js'

/** A part that is being received. */
interface OpenPart {
  readonly part: AudioPart
  readonly format: AudioFormatLike
}

/**
 * Plays the audio of a session through a speaker, and reports to the session how much was played, so that an interrupted response is
 * truncated where it was interrupted. When the user interrupts, the speaker stops at once.
 *
 * @example
 * ```ts
 * const stop = playThrough(session, speaker)
 * await Promise.all([speaker.start(), session.connect()])
 * ```
 * @returns a function that ends playing the session; the speaker stays open
 */
export function playThrough(
  session: Pick<RealtimeSession, 'on' | 'getState' | 'playback'>,
  speaker: Speaker,
): () => void {
  /** Incomplete parts by response id. */
  const openParts = new Map<string, OpenPart[]>()

  function endResponse(responseId: string): void {
    for (const { part } of openParts.get(responseId) ?? []) speaker.end(part)
    openParts.delete(responseId)
  }

  /** Returns the open part for a delta. The format is read once per part, because reading the state builds a snapshot. */
  function openPart(responseId: string, itemId: string, contentIndex: number): OpenPart {
    const parts = openParts.get(responseId) ?? []
    const known = parts.find(({ part }) => part.itemId === itemId && part.contentIndex === contentIndex)
    if (known) return known
    const opened = { part: { itemId, contentIndex }, format: outputFormatOf(session.getState().session) }
    openParts.set(responseId, [...parts, opened])
    return opened
  }

  const unsubscribe = [
    session.on('response.output_audio.delta', ({ response_id, item_id, content_index, delta }) => {
      if (!session.playback.enqueued({ itemId: item_id, contentIndex: content_index })) return
      const { part, format } = openPart(response_id, item_id, content_index)
      speaker.enqueue(decodeBase64(delta), { part, format })
    }),
    session.on('response.output_audio.done', ({ item_id, content_index }) => {
      speaker.end({ itemId: item_id, contentIndex: content_index })
    }),
    // A cancelled response has no `response.output_audio.done`.
    session.on('response.done', ({ response }) => endResponse(response.id ?? '')),
    session.on('interrupted', () => {
      openParts.clear()
      speaker.flush()
    }),
    session.on('restored', () => {
      for (const id of [...openParts.keys()]) endResponse(id)
    }),
    speaker.on('played', ({ part, ms }) => {
      if (part) session.playback.played(part, ms)
    }),
  ]
  return () => {
    for (const remove of unsubscribe) remove()
  }
}
