import { GuardrailError } from './error.js'

/** When incomplete text is checked: at each complete sentence, at each complete word, or every so many characters. */
export type Granularity = 'sentence' | 'words' | number

/**
 * Returns how many characters of a text are complete while more text may follow.
 * @param from The previous result. Text before it is not searched again.
 */
export type SentenceBoundary = (text: string, from: number) => number

/** A longer sentence is checked per word, in characters. */
const maxSentenceLength = 400

/**
 * Creates a function that finds the last boundary. The last word or sentence is incomplete: "ass" can become "assist", and "3." can become "3.5".
 * @throws {GuardrailError} `INVALID_OPTION`.
 */
export function createSentenceBoundary(granularity: Granularity): SentenceBoundary {
  if (granularity !== 'sentence' && granularity !== 'words') {
    if (!Number.isInteger(granularity) || granularity < 1)
      throw new GuardrailError('INVALID_OPTION', {
        option: 'granularity',
        problem: 'must be "sentence", "words", or a whole number of characters of at least 1',
      })
    return (text, from) => (text.length - from >= granularity ? text.length : from)
  }
  const words = lastSegmentStart('word')
  if (granularity === 'words') return words
  const sentences = lastSegmentStart('sentence')
  return (text, from) => {
    const end = sentences(text, from)
    return end === from && text.length - from > maxSentenceLength ? words(text, from) : end
  }
}

/** Finds the start of the last segment. */
function lastSegmentStart(granularity: 'word' | 'sentence'): SentenceBoundary {
  if (typeof Intl === 'undefined' || !Intl.Segmenter) return lastMatchStart(segments[granularity])
  const segmenter = new Intl.Segmenter(undefined, { granularity })
  return (text, from) => {
    let last = 0
    for (const { index } of segmenter.segment(text.slice(from))) last = index
    return from + last
  }
}

/** Approximate segments, for runtimes without `Intl.Segmenter`, such as React Native. */
const segments = {
  word: /\s+|[^\s]+/g,
  sentence: /[\s\S]*?(?:[.!?…]+["')\]]*(?:\s+|$)|[。！？]+|\n+|$)/g,
}

function lastMatchStart(pattern: RegExp): SentenceBoundary {
  return (text, from) => {
    let last = 0
    for (const match of text.slice(from).matchAll(pattern)) if (match[0] !== '') last = match.index
    return from + last
  }
}
