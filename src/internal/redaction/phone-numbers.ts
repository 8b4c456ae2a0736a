import type { TextMatch } from './detector.js'
import { type Digit, digitRuns, groupsOf } from './digits.js'

const separators = /[\s\p{Pd}.,/()]/u

/** Digits of the longest international number (E.164). */
const longestNumber = 15
const shortestNumber = 9
/** A number with a country code, a trunk prefix, or the groups of a local number can be shorter. */
const shortestMarked = 7

/**
 * Finds telephone numbers: 7 or more digits after `+` or a leading 0, local numbers of the form 555-0123, and 9 or more other digits, with
 * or without separators, also as English words. Other long numbers, such as order numbers, are found too.
 *
 * @example
 * ```ts
 * detectPhoneNumbers('Call (415) 555-0123.') // [{ start: 5, end: 19, kind: 'phone number' }]
 * ```
 */
export function detectPhoneNumbers(text: string): readonly TextMatch[] {
  return digitRuns(text, separators)
    .flatMap((run) => withoutLongGroups(run))
    .flatMap((run) => matchOf(text, run))
}

/** Splits a run at groups of digits that are too long for a telephone number. Another number can precede and follow them. */
function withoutLongGroups(run: readonly Digit[]): readonly (readonly Digit[])[] {
  const runs: Digit[][] = [[]]
  for (const group of groupsOf(run))
    if (group.length > longestNumber) runs.push([])
    else runs.at(-1)?.push(...group)
  return runs.filter(({ length }) => length > 0)
}

function matchOf(text: string, run: readonly Digit[]): readonly TextMatch[] {
  const [first, last] = [run[0], run.at(-1)]
  if (!first || !last || !isPhoneNumber(text, run, first)) return []
  const start = first.start - (/[+(]*$/.exec(text.slice(Math.max(0, first.start - 2), first.start))?.[0].length ?? 0)
  return [{ start, end: last.end, kind: 'phone number' }]
}

function isPhoneNumber(text: string, run: readonly Digit[], first: Digit): boolean {
  if (run.length < shortestMarked) return false
  const before = text.slice(Math.max(0, first.start - 2), first.start)
  if (first.value === 0 && !isDecimal(text, run)) return true
  if (before.includes('+')) return true
  if (run.length >= shortestNumber) return !isDecimal(text, run)
  return (
    run.length === shortestMarked &&
    groupsOf(run)
      .map(({ length }) => length)
      .join() === '3,4'
  )
}

/** Whether a run is a number with a fraction, such as a coordinate. */
function isDecimal(text: string, run: readonly Digit[]): boolean {
  const groups = groupsOf(run)
  const end = groups[0]?.at(-1)?.end
  return (
    groups.length === 2 &&
    (groups[0]?.length ?? 0) <= 3 &&
    end !== undefined &&
    text.slice(end, groups[1]?.[0]?.start) === '.'
  )
}
