import type { Examination, Examiner } from './examiner.js'
import { applyEdits, compatible, type Examined } from './finding.js'
import type { Code } from './read.js'

/** The new text of a file, or the reason why it stays as it is. */
export type Fixed = { readonly text: string } | { readonly problem: string }

/** The result of fixing: changed files by their path, and the findings that are left. */
export interface FixedProject {
  readonly files: ReadonlyMap<string, Fixed>
  readonly left: ReadonlyMap<string, Examined>
}

/** An edit can make way for another one at the same place. */
const maxPasses = 6

/**
 * Applies all safe changes. A file whose result would not be valid code stays as it is.
 * @param examination The findings of `codes`.
 */
export function fixProject(codes: readonly Code[], examiner: Examiner, examination: Examination): FixedProject {
  const frozen = new Set(codes.filter(({ isExact }) => !isExact).map(({ path }) => path))
  const files = new Map<string, Fixed>()
  for (;;) {
    const { changed, left, failed } = applyAll(codes, examiner, examination, frozen)
    if (failed.size === 0) {
      for (const [path, { text }] of changed) files.set(path, { text })
      return { files, left }
    }
    // The names that these files share with others change in none of them, so everything starts again without them.
    for (const path of failed) {
      frozen.add(path)
      files.set(path, { problem: 'was left as it is: changed, it would not have been valid code' })
    }
  }
}

function applyAll(codes: readonly Code[], examiner: Examiner, first: Examination, frozen: ReadonlySet<string>) {
  const changed = new Map<string, Code>()
  const failed = new Set<string>()
  let left = first.resultsWithout(frozen)
  for (let pass = 0; pass < maxPasses; pass += 1) {
    let isDone = true
    for (const original of codes) {
      const code = changed.get(original.path) ?? original
      const edits = compatible((left.get(code.path)?.findings ?? []).flatMap(({ edit }) => (edit ? [edit] : [])))
      if (edits.length === 0) continue
      isDone = false
      const next = { ...code, text: applyEdits(code.text, edits) }
      changed.set(code.path, next)
      if (examiner.countErrors(next) > examiner.countErrors(original)) failed.add(code.path)
    }
    if (isDone || failed.size > 0) return { changed, left, failed }
    left = examiner.examine(codes.map((code) => changed.get(code.path) ?? code)).resultsWithout(frozen)
  }
  for (const { path } of codes) if (left.get(path)?.findings.some(({ edit }) => edit)) failed.add(path)
  return { changed, left, failed }
}
