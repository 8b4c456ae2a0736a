/** A vowel at 24 kHz between two silences, which the server treats as a turn. */
export function speech(ms: number): Int16Array {
  const samples = new Int16Array((ms + 1_200) * 24)
  for (let index = 0; index < ms * 24; index++) {
    const t = index / 24_000
    const loudness = 0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * t)
    const wave = [1, 2, 3, 4].reduce((sum, partial) => sum + Math.sin(2 * Math.PI * 140 * partial * t) / partial, 0)
    samples[400 * 24 + index] = Math.round(5_000 * loudness * wave)
  }
  return samples
}
