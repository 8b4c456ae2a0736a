/** Generates a vowel at 24 kHz that voice activity detection classifies as speech. */
export function vowel(ms: number, rate = 24_000): Int16Array {
  return Int16Array.from({ length: Math.round((ms * rate) / 1000) }, (_, index) => {
    const t = index / rate
    const pitch = 130 + 20 * Math.sin(2 * Math.PI * 3 * t)
    const syllable = 0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * t)
    const voice = [1, 0.7, 0.5, 0.35, 0.2].reduce(
      (sum, amplitude, harmonic) => sum + amplitude * Math.sin(2 * Math.PI * pitch * (harmonic + 1) * t),
      0,
    )
    return Math.round(5_000 * syllable * voice)
  })
}

export function silentSamples(ms: number, rate = 24_000): Int16Array {
  return new Int16Array(Math.round((ms * rate) / 1000))
}

/** Concatenates audio. */
export function joined(...pieces: Int16Array[]): Int16Array {
  const whole = new Int16Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** Returns the index of `part` in `whole`, sample for sample, or -1. */
export function findSound(whole: Int16Array, part: Int16Array): number {
  const text = Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength)
  const pattern = Buffer.from(part.buffer, part.byteOffset, part.byteLength)
  for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) if (at % 2 === 0) return at / 2
  return -1
}

/** Generates continuous audio in which every position is distinct. Deterministic. */
export function murmur(ms: number, rate = 24_000): Int16Array {
  let seed = 1
  let once = 0
  let twice = 0
  return Int16Array.from({ length: Math.round((ms * rate) / 1000) }, () => {
    seed = (seed * 16_807) % 2_147_483_647
    once += 0.2 * (seed / 2_147_483_647 - 0.5 - once)
    twice += 0.2 * (once - twice)
    return Math.round(60_000 * twice)
  })
}
