import type { RealtimeSession } from '../../session/realtime.js'
import { onConnectionLoss } from '../connection-loss.js'

/** Whether the user or the model speaks. */
export interface SpeechActivity {
  /** Whether the server detects speech of the user. */
  readonly isUserSpeaking: boolean
  /** Whether neither the user nor the model speaks, as far as the client knows what is played. */
  readonly isSilent: boolean
  stop(): void
}

export function watchSpeechActivity(session: RealtimeSession): SpeechActivity {
  // With audio on a media track, only these events report when the model's audio is played.
  let isServerPlaying = false
  const unsubscribers = [
    // A lost connection does not report the end of its playback.
    onConnectionLoss(session, () => {
      isServerPlaying = false
    }),
    session.on('output_audio_buffer.started', () => {
      isServerPlaying = true
    }),
    session.on('output_audio_buffer.stopped', () => {
      isServerPlaying = false
    }),
    session.on('output_audio_buffer.cleared', () => {
      isServerPlaying = false
    }),
  ]
  return {
    get isUserSpeaking() {
      return session.getState().inputAudio.isSpeaking
    },
    get isSilent() {
      const { status, responses, inputAudio } = session.getState()
      if (status !== 'open' || responses.activeId !== undefined || inputAudio.isSpeaking) return false
      return !isServerPlaying && !session.playback.isPlaying
    },
    stop() {
      for (const off of unsubscribers) off()
    },
  }
}
