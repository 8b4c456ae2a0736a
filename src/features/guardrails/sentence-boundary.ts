import { GuardrailError } from './error.js'

/** How much text must have formed before it is checked: whole sentences, whole words, or so many more characters. */
export type Granularity = 'sentence' | 'words' | number

/**
 * How many characters from the beginning of a text are whole, while more of it may follow.
 * @param from how much was found whole before; it is looked at no more
 */
export type SentenceBoundary = (text: string, from: number) => number

/** A sentence that never ends is taken by its words, in characters. */
const longestSentence = 400

/**
 * Makes the measure of what is whole. What may still grow is not: "ass" can become "assist", and "3." can become "3.5".
 * @throws {GuardrailError} `INVALID_OPTION`.
 */
export function createSentenceBoundary(granularity: Granularity): SentenceBoundary {
  if (granularity !== 'sentence' && granularity !== 'words') {
    if (!Number.isInteger(granularity) || granularity < 1)
      throw new GuardrailError('INVALID_OPTION', {
        option: 'granularity',
        problem: 'must be "sentence", "words" or a whole number of characters from 1 up',
      })
    return (text, from) => (text.length - from >= granularity ? text.length : from)
  }
  const words = lastSegmentBegins('word')
  if (granularity === 'words') return words
  const sentences = lastSegmentBegins('sentence')
  return (text, from) => {
    const whole = sentences(text, from)
    return whole === from && text.length - from > longestSentence ? words(text, from) : whole
  }
}

/** Everything before the last segment is whole. */
function lastSegmentBegins(granularity: 'word' | 'sentence'): SentenceBoundary {
  if (typeof Intl === 'undefined' || !Intl.Segmenter) return lastMatchBegins(segments[granularity])
  const segmenter = new Intl.Segmenter(undefined, { granularity })
  return (text, from) => {
    let last = 0
    for (const { index } of segmenter.segment(text.slice(from))) last = index
    return from + last
  }
}

/** Rough segments, for runtimes without `Intl.Segmenter` such as React Native. */
const segments = {
  word: /\s+|[^\s]+/g,
  sentence: /[\s\S]*?(?:[.!?…]+["')\]]*(?:\s+|$)|[。！？]+|\n+|$)/g,
}

function lastMatchBegins(pattern: RegExp): SentenceBoundary {
  return (text, from) => {
    let last = 0
    for (const match of text.slice(from).matchAll(pattern)) if (match[0] !== '') last = match.index
    return from + last
  }
}
