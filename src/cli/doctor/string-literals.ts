import { findingOf } from './catalog.js'
import type { Finding } from './finding.js'
import { matchText } from './text-rules.js'

/** Finds uses of the beta in the quoted strings of a text that is not parsed. `offset` is added to their positions. */
export function stringFindings(text: string, offset = 0): readonly Finding[] {
  // Each kind of quotes separately: the attribute of a page contains strings in other quotes.
  const found = [/'((?:\\.|[^'\\\n])*)'/g, /"((?:\\.|[^"\\\n])*)"/g, /`((?:\\.|[^`\\\n])*)`/g].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(({ index, 1: value = '' }) =>
      matchText(value, { isContinued: false }).map((match) =>
        findingOf(match.rename, { start: offset + index + 1 + match.index, what: match.text }),
      ),
    ),
  )
  const seen = new Set<string>()
  return found
    .sort((a, b) => a.start - b.start)
    .filter(({ rule, start }) => !seen.has(`${rule} ${start}`) && seen.add(`${rule} ${start}`))
}
