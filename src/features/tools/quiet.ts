import type { RealtimeSession } from '../../session/realtime.js'

/** Whether anybody speaks. */
export interface Quiet {
  /** The caller speaks. */
  readonly isCallerSpeaking: boolean
  /** Nobody speaks: neither the caller nor the model, as far as this side can know what is heard. */
  readonly isQuiet: boolean
  stop(): void
}

export function watchQuiet(session: RealtimeSession): Quiet {
  // Where the server plays the sound, only these events say when it is heard.
  let isServerPlaying = false
  const undo = [
    // A connection that is gone will not tell the end of what played on it.
    session.on('status', ({ status }) => {
      if (status === 'reconnecting') isServerPlaying = false
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
    get isCallerSpeaking() {
      return session.getState().inputAudio.isSpeaking
    },
    get isQuiet() {
      const { status, responses, inputAudio } = session.getState()
      if (status !== 'open' || responses.activeId !== undefined || inputAudio.isSpeaking) return false
      return !isServerPlaying && !session.playback.isPlaying
    },
    stop() {
      for (const off of undo) off()
    },
  }
}
