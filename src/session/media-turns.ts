import type { ServerEvent } from '../protocol/server-events.js'
import type { Heard } from './playback.js'
import { findResponse } from './state/response.js'
import type { Interruption, Turns, TurnsOptions } from './turns.js'

/**
 * Interruption where the audio travels on media tracks: the server paces it, truncates items by itself, and reports when its audio starts and
 * stops. The time between is what was played.
 */
export function createMediaTurns({ clock, ledger, getState, send, cancelActive, onInterruption }: TurnsOptions): Turns {
  let playing: { readonly responseId: string; readonly startMs: number } | undefined
  let isSilencing = false
  /** A response that was interrupted, and reported as interrupted, before its audio started. */
  let silencedId: string | undefined

  function fallSilent(responseId: string): Heard | undefined {
    if (playing?.responseId !== responseId) return undefined
    const ms = clock.now() - playing.startMs
    playing = undefined
    const item = findResponse(getState().responses, responseId)?.output.find((output) => output.item.type === 'message')
    if (!item) return undefined
    const part = { itemId: item.id, contentIndex: 0 }
    ledger.received(part, ms)
    ledger.completed(part)
    ledger.played(part, ms)
    return ledger.heard(item.id)[0]
  }

  return {
    interrupt({ responseId } = {}) {
      const { activeId } = getState().responses
      const wasActive = cancelActive(responseId)
      const isAnotherPlaying = responseId !== undefined && playing !== undefined && playing.responseId !== responseId
      if (!wasActive && (!playing || isAnotherPlaying)) return undefined
      const interruption: Interruption = { by: 'client', heard: undefined, unheardItemIds: [] }
      if (playing && !isAnotherPlaying) {
        isSilencing = true
        // `interrupted` follows when the server has stopped its audio: only then it is known how much was played.
        send({ type: 'output_audio_buffer.clear' })
        return interruption
      }
      silencedId = activeId
      // `interrupted` makes players silent, and what they play here is another response.
      if (!isAnotherPlaying) onInterruption(interruption)
      return interruption
    },
    receive(event: ServerEvent) {
      switch (event.type) {
        case 'session.created':
          // Another server plays nothing of the last one's audio.
          playing = undefined
          isSilencing = false
          silencedId = undefined
          break
        case 'output_audio_buffer.started':
          isSilencing = false
          playing = { responseId: event.response_id, startMs: clock.now() }
          // It started before the server received the cancel.
          if (event.response_id === silencedId) send({ type: 'output_audio_buffer.clear' })
          break
        case 'output_audio_buffer.stopped':
          fallSilent(event.response_id)
          break
        case 'output_audio_buffer.cleared': {
          const heard = fallSilent(event.response_id)
          const wasReported = event.response_id === silencedId
          silencedId = undefined
          const by = isSilencing ? 'client' : 'caller'
          isSilencing = false
          if (!wasReported) onInterruption({ by, heard: heard && { ...heard, text: undefined }, unheardItemIds: [] })
          break
        }
      }
    },
  }
}
