import type { ServerEvent } from '../protocol/server-events.js'
import type { Heard } from './playback.js'
import { findResponse } from './state/response.js'
import type { Turns, TurnsOptions } from './turns.js'

/**
 * Interruption where the sound travels beside the events: the server plays it, truncates by itself, and says when it begins and falls
 * silent. How much was heard is the time between.
 */
export function createMediaTurns({ clock, ledger, getState, send, cancelActive, onInterruption }: TurnsOptions): Turns {
  let playing: { readonly responseId: string; readonly startMs: number } | undefined
  let isSilencing = false

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
    interrupt() {
      const wasActive = cancelActive()
      if (!playing && !wasActive) return undefined
      if (playing) {
        isSilencing = true
        send({ type: 'output_audio_buffer.clear' })
      }
      // What was heard is known when the server has fallen silent, and told then.
      return { by: 'client', heard: undefined, unheardItemIds: [] }
    },
    receive(event: ServerEvent) {
      switch (event.type) {
        case 'session.created':
          // Another server plays nothing of what the last one played.
          playing = undefined
          isSilencing = false
          break
        case 'output_audio_buffer.started':
          isSilencing = false
          playing = { responseId: event.response_id, startMs: clock.now() }
          break
        case 'output_audio_buffer.stopped':
          fallSilent(event.response_id)
          break
        case 'output_audio_buffer.cleared': {
          const heard = fallSilent(event.response_id)
          onInterruption({
            by: isSilencing ? 'client' : 'caller',
            heard: heard && { ...heard, text: undefined },
            unheardItemIds: [],
          })
          isSilencing = false
          break
        }
      }
    },
  }
}
