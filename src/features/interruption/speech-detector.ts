/** Levels of the microphone and of the model's audio at the same time, in dBFS. */
export interface LevelPair {
  readonly microphoneDb: number
  /** The loudest audio of the model that the microphone can pick up now. `-Infinity` when the model is silent. */
  readonly modelDb: number
  /** Duration in milliseconds. */
  readonly ms: number
}

/** Distinguishes the user's voice from an echo of the model's voice, by its level. */
export interface SpeechDetector {
  push(levels: LevelPair): void
  /** How long the user has been speaking, in milliseconds, pauses between syllables included. 0 when the user is silent. */
  readonly speechMs: number
}

/** Quieter audio is background noise. */
const noiseDb = -55

/** Pauses between words and syllables are at most this long, in milliseconds. */
const pauseMs = 250

/**
 * Creates a detector. An echo is quieter than the audio that causes it, so audio that is louder than the model's audio minus the loss of the
 * echo path is the user. Echo cancellers detect double talk in this way (Geigel's algorithm).
 * @param echoLossDb How much quieter than the model's audio its echo is at least.
 */
export function createSpeechDetector(echoLossDb: number): SpeechDetector {
  let speechMs = 0
  let silentMs = 0
  return {
    push({ microphoneDb, modelDb, ms }) {
      if (microphoneDb > Math.max(noiseDb, modelDb - echoLossDb)) {
        speechMs += silentMs + ms
        silentMs = 0
        return
      }
      if (speechMs > 0) silentMs += ms
      if (silentMs <= pauseMs) return
      speechMs = 0
      silentMs = 0
    },
    get speechMs() {
      return speechMs
    },
  }
}
