/*
 * Speech whose words can be recognized: word n is a square wave with a level of its own. A word that is lost, doubled, or out of order shows
 * in the transcript, and the audio is loud enough for turn detection.
 */

const rate = 24_000
const lowestLevel = 6_000
const levelStep = 24
const wordMs = 120

/** Returns the audio of word `index`, mono PCM16 at 24 kHz. */
export function speakWord(index: number): Int16Array {
  const level = lowestLevel + levelStep * index
  return Int16Array.from({ length: (rate * wordMs) / 1000 }, (_, sample) => (sample % 40 < 20 ? level : -level))
}

const labelBits = 16

/** Returns silence. With a number, its first samples are that number in binary, too quiet for turn detection. */
export function silence(ms: number, label = 0): Int16Array {
  return new Int16Array((rate * ms) / 1000).map((_, index) => (index < labelBits ? (label >> index) & 1 : 0))
}

/** Returns the words in audio, in order. */
export function recognizeWords(pcm: Int16Array): readonly number[] {
  const words: number[] = []
  for (const sample of pcm) {
    const index = (Math.abs(sample) - lowestLevel) / levelStep
    if (index >= 0 && Number.isInteger(index) && words.at(-1) !== index) words.push(index)
  }
  return words
}
