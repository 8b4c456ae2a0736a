import type { TextMatch } from './detector.js'
import { type Digit, digitRuns, groupsOf } from './digits.js'

const separators = /[\s\p{Pd}.,/_'·]/u
const shortest = 13
const longest = 19
const usualLongest = 16

/**
 * Finds payment card numbers: 13 to 19 digits with a valid check digit (Luhn), with or without separators, also as English words. Other
 * numbers of this length, such as order numbers, have a valid check digit in one of ten cases.
 *
 * @example
 * ```ts
 * detectCardNumbers('It is 4111 1111 1111 1111.') // [{ start: 6, end: 25, kind: 'card number' }]
 * ```
 */
export function detectCardNumbers(text: string): readonly TextMatch[] {
  return digitRuns(text, separators).flatMap(cardsIn)
}

/**
 * Checks the parts of a run, because other numbers can precede and follow the card. A card starts and ends where a group of digits does. Only
 * in a group that is too long for most cards, it can be anywhere.
 */
function cardsIn(run: readonly Digit[]): readonly TextMatch[] {
  const matches: TextMatch[] = []
  const { starts, ends } = boundariesOf(run)
  for (let from = 0; from + shortest <= run.length; from++) {
    if (!starts[from]) continue
    for (let length = Math.min(longest, run.length - from); length >= shortest; length--) {
      if (!ends[from + length - 1] || !isLuhnValid(run, from, length)) continue
      const [first, last] = [run[from], run[from + length - 1]]
      if (first && last) matches.push({ start: first.start, end: last.end, kind: 'card number' })
      break
    }
  }
  return matches
}

/** Returns at which digits of a run a card can start and end. */
function boundariesOf(run: readonly Digit[]): {
  readonly starts: readonly boolean[]
  readonly ends: readonly boolean[]
} {
  const starts: boolean[] = []
  const ends: boolean[] = []
  for (const group of groupsOf(run)) {
    const isLong = group.length > usualLongest
    for (const index of group.keys()) {
      starts.push(isLong || index === 0)
      ends.push(isLong || index === group.length - 1)
    }
  }
  return { starts, ends }
}

function isLuhnValid(run: readonly Digit[], from: number, length: number): boolean {
  let sum = 0
  for (let index = 0; index < length; index++) {
    const { value } = run[from + length - 1 - index] as Digit
    const weighted = index % 2 === 0 ? value : value * 2
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0
}
