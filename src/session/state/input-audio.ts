import type { ServerEvent } from '../../protocol/server-events.js'
import type { InputAudioState } from './state.js'

/** What the server hears, after an event. */
export function reduceInputAudio(state: InputAudioState, event: ServerEvent): InputAudioState {
  switch (event.type) {
    case 'input_audio_buffer.speech_started':
      return { isSpeaking: true, itemId: event.item_id, speechStartMs: event.audio_start_ms, speechEndMs: undefined }
    case 'input_audio_buffer.speech_stopped':
      return { ...state, isSpeaking: false, itemId: event.item_id, speechEndMs: event.audio_end_ms }
    case 'input_audio_buffer.committed':
    case 'input_audio_buffer.cleared':
      return state.isSpeaking ? { ...state, isSpeaking: false } : state
    default:
      return state
  }
}
