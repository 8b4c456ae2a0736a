/** A vowel at 24 kHz, which voice-activity detection treats as speech. */
export function speech(ms: number): Int16Array {
  return Int16Array.from({ length: ms * 24 }, (_, index) => {
    const t = index / 24_000
    const syllable = 0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * t)
    const voice = [1, 0.7, 0.5, 0.35, 0.2].map(
      (loudness, harmonic) => loudness * Math.sin(2 * Math.PI * 140 * (harmonic + 1) * t),
    )
    return Math.round(5_000 * syllable * voice.reduce((sum, wave) => sum + wave, 0))
  })
}

/** Quiet, speech, and enough quiet for the server to find the end of the turn. */
export function turn(ms: number): Int16Array {
  const samples = new Int16Array((ms + 1_200) * 24)
  samples.set(speech(ms), 400 * 24)
  return samples
}
