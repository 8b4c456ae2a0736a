import type { PcmAudio } from '../emulator/pcm-audio.js'
import { lineRate } from './line.js'

/** Speech of the agent, without the silence around it. */
export interface AgentSpeech {
  /** Start in milliseconds since the start of the call. */
  readonly startMs: number
  /** End in milliseconds since the start of the call. */
  readonly endMs: number
  /** Audio as the caller received it: mono PCM at 24 kHz. */
  readonly audio: PcmAudio
}

/** Splits the audio of the agent into speech and silence. */
export interface SpeechSegmenter {
  /** Adds the audio of the next moment, which ends at `endMs`. */
  add(pcm: Int16Array, endMs: number): void
  /** Whether the agent speaks, or has been silent for less than the pause that ends its speech. */
  readonly isSpeaking: boolean
  /** Start of the speech in progress, or of the last one. `undefined` before the first one. */
  readonly startMs: number | undefined
  /** End of the last audible sound. */
  readonly endMs: number
  /** Ends the speech in progress, unless it is audible at this moment. */
  split(): void
  /** Returns all speech so far. Speech in progress ends at its last sound. */
  speeches(): readonly AgentSpeech[]
}

/** Level above which audio counts as speech of the agent: about -50 dBFS. */
const audible = 100

/**
 * Creates a segmenter for the audio that a caller receives.
 * @param pauseMs - Silence that ends a speech, in milliseconds.
 */
export function createSpeechSegmenter(pauseMs: number): SpeechSegmenter {
  const done: AgentSpeech[] = []
  let chunks: Int16Array[] = []
  /** Chunks of silence since the last audible one. */
  let silent: Int16Array[] = []
  let startMs: number | undefined
  let endMs = 0
  let isSpeaking = false

  function finish(): AgentSpeech | undefined {
    if (startMs === undefined || chunks.length === 0) return undefined
    const pcm = new Int16Array(chunks.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const chunk of chunks) {
      pcm.set(chunk, at)
      at += chunk.length
    }
    return { startMs, endMs, audio: { pcm, rate: lineRate } }
  }

  function end(): void {
    const speech = finish()
    if (speech) done.push(speech)
    isSpeaking = false
    chunks = []
    silent = []
  }

  return {
    add(pcm, nowMs) {
      if (isAudible(pcm)) {
        if (!isSpeaking) {
          startMs = nowMs - (pcm.length * 1_000) / lineRate
          isSpeaking = true
          silent = []
        }
        chunks.push(...silent, pcm)
        silent = []
        endMs = nowMs
      } else if (isSpeaking) {
        silent.push(pcm)
        if (nowMs - endMs >= pauseMs) end()
      }
    },
    split() {
      if (silent.length > 0) end()
    },
    get isSpeaking() {
      return isSpeaking
    },
    get startMs() {
      return startMs
    },
    get endMs() {
      return endMs
    },
    speeches() {
      const last = isSpeaking ? finish() : undefined
      return last ? [...done, last] : [...done]
    },
  }
}

function isAudible(pcm: Int16Array): boolean {
  let power = 0
  for (let at = 0; at < pcm.length; at++) power += (pcm[at] as number) ** 2
  return power > audible * audible * pcm.length
}
