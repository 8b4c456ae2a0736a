/** A digit in a text: a character, or an English word as a transcript of speech can contain it. */
export interface Digit {
  readonly value: number
  readonly start: number
  readonly end: number
}

const words: Readonly<Record<string, number>> = {
  zero: 0,
  oh: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
}

/** The most characters between two digits of a number. */
const longestGap = 4

/**
 * Returns the runs of digits in a text that have only separators between them. A character that `separators` does not match ends a run. The
 * time grows linearly with the length of the text.
 */
export function digitRuns(text: string, separators: RegExp): readonly (readonly Digit[])[] {
  const runs: Digit[][] = []
  let run: Digit[] = []
  let end = 0
  for (const match of text.matchAll(
    /\p{Nd}|(?<![\p{L}\p{M}])(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)(?![\p{L}\p{M}])/giu,
  )) {
    const [found] = match
    const isWord = found.length > 2 || /^oh$/i.test(found)
    const digit = {
      value: isWord ? (words[found.toLowerCase()] as number) : digitValue(found),
      start: match.index,
      end: match.index + found.length,
    }
    const gap = text.slice(end, Math.min(digit.start, end + longestGap + 1))
    if (run.length > 0 && (gap.length > longestGap || !isSeparator(gap, separators))) {
      runs.push(run)
      run = []
    }
    run.push(digit)
    end = digit.end
  }
  if (run.length > 0) runs.push(run)
  return runs
}

/** Returns the digits that follow each other without a separator, as groups. */
export function groupsOf(run: readonly Digit[]): readonly (readonly Digit[])[] {
  const groups: Digit[][] = []
  let previous: Digit | undefined
  for (const digit of run) {
    if (previous?.end === digit.start) groups.at(-1)?.push(digit)
    else groups.push([digit])
    previous = digit
  }
  return groups
}

function isSeparator(gap: string, separators: RegExp): boolean {
  for (const character of gap) if (!separators.test(character)) return false
  return true
}

/** Returns the value of a decimal digit of any script. The digits of a script follow each other, and their blocks start with zero. */
function digitValue(character: string): number {
  const code = character.codePointAt(0) as number
  if (code < 128) return code - 48
  let before = 0
  while (before < 50 && /\p{Nd}/u.test(String.fromCodePoint(code - before - 1))) before += 1
  return before % 10
}
