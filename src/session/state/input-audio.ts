import type { ServerEvent } from '../../protocol/server-events.js'
import { isTurnDetectionOff } from '../turn-detection.js'
import type { InputAudioState } from './state.js'

/** Returns the state of the input audio after an event. */
export function reduceInputAudio(state: InputAudioState, event: ServerEvent): InputAudioState {
  switch (event.type) {
    case 'input_audio_buffer.speech_started':
      return {
        isSpeaking: true,
        itemId: event.item_id,
        speechStartMs: event.audio_start_ms ?? undefined,
        speechEndMs: undefined,
      }
    case 'input_audio_buffer.speech_stopped':
      return {
        isSpeaking: false,
        itemId: event.item_id,
        // The start of an earlier turn is not that of a turn whose `speech_started` was lost.
        speechStartMs: event.item_id === state.itemId ? state.speechStartMs : undefined,
        speechEndMs: event.audio_end_ms ?? undefined,
      }
    case 'input_audio_buffer.committed':
    case 'input_audio_buffer.cleared':
      return stopSpeaking(state)
    case 'session.created':
    case 'session.updated':
      // Without turn detection no `speech_stopped` follows.
      return isTurnDetectionOff(event.session) ? stopSpeaking(state) : state
    default:
      return state
  }
}

function stopSpeaking(state: InputAudioState): InputAudioState {
  return state.isSpeaking ? { ...state, isSpeaking: false } : state
}
