import { closeSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import type { Finding } from './finding.js'
import { type LogReport, readLog } from './log.js'
import { type Code, positionIn } from './read.js'
import type { Located } from './report.js'
import { reasonOf, type Source } from './walk.js'

/** A log in the beta format. */
export interface Log {
  readonly source: Source
  readonly report: LogReport
}

/** A change that is ready to be written. */
export type Planned = PlannedCode | PlannedLog

/** New content of a source file. */
export interface PlannedCode {
  readonly target: string
  readonly path: string
  readonly code: Code
  readonly after: string
  readonly diff: string
}

/** A log that is converted to GA, in a new file. */
export interface PlannedLog {
  readonly file: string
  readonly target: string
  readonly path: string
  readonly from: Source
  /** Whether the new file does not exist yet. */
  readonly isDue: boolean
}

/** Adds the line and column to each finding. */
export function locate(file: string, text: string, findings: readonly Finding[]): readonly Located[] {
  return findings.map((finding) => ({ file, ...positionIn(text, finding.start), ...finding }))
}

/** Returns the change of a file. */
export function planCode(code: Code, after: string): PlannedCode {
  const { file: target, path, text } = code
  const diff = createTwoFilesPatch(target, target, text, after, '', '', { context: 3 }).replace(/^Index: .*\n=+\n/, '')
  return { target, path, code, after, diff }
}

/** Returns the output files of logs: `calls.ga.jsonl` next to `calls.jsonl`, or the file given by `--out`. */
export function planLogs(logs: readonly Log[], out: string | undefined, cwd: string): readonly PlannedLog[] {
  return logs.map(({ source }) => {
    const target = out ?? source.file.replace(/(\.\w+)$/, '.ga$1')
    const path = resolve(cwd, target)
    return { file: source.file, target, path, from: source, isDue: out !== undefined || !isNewer(path, source.path) }
  })
}

function isNewer(path: string, than: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats !== undefined && stats.mtimeMs >= statSync(than).mtimeMs
}

/** Writes a change. Returns an error message if it cannot be written. */
export function write(plan: Planned): string | undefined {
  try {
    if ('after' in plan) writeFileSync(plan.path, plan.after)
    else if (plan.path === plan.from.path) return 'is the log itself, and was not written over'
    else writeLog(plan)
    return undefined
  } catch (error) {
    return `cannot be written: ${reasonOf(error)}`
  }
}

/** Lines without an event are copied unchanged. */
function writeLog({ path, from }: PlannedLog): void {
  const file = openSync(path, 'w')
  try {
    readLog(from.file, from.path, (line) => writeSync(file, `${line}\n`))
  } finally {
    closeSync(file)
  }
}
