import type { Sound } from './sound.js'
import { streamPieces } from './words.js'

/** How the emulated model sounds. */
export type Voice<Turn> = 'echo' | 'tone' | ((text: string, turn: Turn) => ArrayLike<number>)

/** What a voice must know of the turn that it answers. */
export interface SpokenTurn {
  /** What the caller said last, when it was sound. */
  readonly sound: Sound | undefined
}

/**
 * Makes the sound of answers. `echo` gives back the caller's own words as they were committed, sample for sample, and speaks like
 * `tone` when the caller wrote instead; `tone` babbles one syllable a piece of text; a function gives mono 16-bit PCM at 24 kHz.
 */
export function createVoice<Turn extends SpokenTurn>(voice: Voice<Turn>): (text: string, turn: Turn) => Sound {
  if (typeof voice === 'function') {
    return (text, turn) => ({ pcm: Int16Array.from(voice(text, turn)), rate: 24_000 })
  }
  return (text, turn) => (voice === 'echo' && turn.sound ? turn.sound : babble(text))
}

const rate = 24_000
const pitches = [165, 196, 220, 247, 262]

/** One vowel-like tone for each piece of the text: 60 ms and 25 ms more a letter; the same for the same text. */
export function babble(text: string): Sound {
  const syllables = streamPieces(text).map((piece, index) => syllable(piece, index))
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
