import { applyEdits, compatible, type Diagnosis } from '../finding.js'
import { parseTree, type Tree } from './ast.js'
import { diagnoseScript, type FileContext } from './diagnose.js'

/** The result of fixing a file. */
export interface Fixed {
  readonly source: string
  /** Findings that have to be fixed manually. */
  readonly diagnosis: Diagnosis
  /** Whether edits were discarded because the result would not be valid code. */
  readonly isAbandoned: boolean
}

const mostTurns = 6

/** Applies all safe changes, in several passes if necessary. Returns valid code, or the original text. */
export function fixScript(
  source: string,
  context: FileContext,
  toCode: (text: string) => string = (text) => text,
): Fixed {
  const before = parseTree(toCode(source), context.file)
  const first = diagnoseScript(toCode(source), context)
  let text = source
  let diagnosis = first
  for (let turn = 0; turn < mostTurns; turn += 1) {
    const edits = compatible(diagnosis.findings.flatMap(({ edit }) => (edit ? [edit] : [])))
    if (edits.length === 0) break
    text = applyEdits(text, edits)
    const after = parseTree(toCode(text), context.file)
    if (!isTree(before) || !isTree(after) || after.errors > before.errors)
      return { source, diagnosis: withoutEdits(first), isAbandoned: true }
    diagnosis = diagnoseScript(toCode(text), context)
  }
  const isSettled = diagnosis.findings.every(({ edit }) => edit === undefined)
  return isSettled
    ? { source: text, diagnosis, isAbandoned: false }
    : { source, diagnosis: withoutEdits(first), isAbandoned: true }
}

function isTree(parsed: object): parsed is Tree {
  return 'nodes' in parsed
}

function withoutEdits({ findings, ...rest }: Diagnosis): Diagnosis {
  return { ...rest, findings: findings.map(({ edit: _, ...finding }) => finding) }
}
