import type { PcmAudio } from './pcm-audio.js'
import { splitText } from './text-deltas.js'

/** The audio of the emulated model. */
export type Voice<Turn> = 'echo' | 'tone' | ((text: string, turn: Turn) => ArrayLike<number>)

/** The part of a turn that a voice needs. */
export interface VoiceTurn {
  /** Audio of the last user message. */
  readonly audio: PcmAudio | undefined
}

/**
 * Creates a function that returns the audio of a text. `echo` returns the user's audio as committed, or a tone if the user wrote text.
 * `tone` generates one syllable per text delta. A function returns mono 16-bit PCM at 24 kHz.
 */
export function createVoice<Turn extends VoiceTurn>(voice: Voice<Turn>): (text: string, turn: Turn) => PcmAudio {
  if (typeof voice === 'function') {
    return (text, turn) => ({ pcm: Int16Array.from(voice(text, turn)), rate: 24_000 })
  }
  return (text, turn) => (voice === 'echo' && turn.audio ? turn.audio : babble(text))
}

const rate = 24_000
const pitches = [165, 196, 220, 247, 262]

/** Generates one vowel-like tone per text delta: 60 ms plus 25 ms per letter. The same text gives the same audio. */
export function babble(text: string): PcmAudio {
  const syllables = splitText(text).map((piece, index) => syllable(piece, index))
  const pcm = new Int16Array(syllables.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of syllables) {
    pcm.set(part, at)
    at += part.length
  }
  return { pcm, rate }
}

function syllable(piece: string, index: number): Int16Array {
  const letters = piece.trim().length
  const length = Math.round(((60 + 25 * letters) * rate) / 1000)
  const isPause = !/[\p{L}\p{N}]/u.test(piece)
  const pitch = pitches[(index + letters) % pitches.length] ?? 200
  return Int16Array.from({ length }, (_, sample) => {
    if (isPause) return 0
    const phase = (2 * Math.PI * pitch * sample) / rate
    const swell = Math.sin((Math.PI * sample) / length)
    return Math.round(6_000 * swell * (Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.25 * Math.sin(3 * phase)))
  })
}
