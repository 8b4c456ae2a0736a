import type { Paint } from '../io.js'
import type { Finding } from './finding.js'
import type { LogReport } from './log.js'
import type { FileProblem } from './walk.js'

/** A finding with its position, starting at 1. */
export interface Located extends Finding {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** The change of a file, as a unified diff. */
export interface Changed {
  readonly file: string
  /** `undefined` for a log, which is written to a new file. */
  readonly diff: string | undefined
  readonly isWritten: boolean
}

/** The result of a run. */
export interface Report {
  readonly files: number
  readonly findings: readonly Located[]
  readonly logs: readonly LogReport[]
  readonly changes: readonly Changed[]
  readonly troubles: readonly FileProblem[]
  /** Files with names of the beta that connect to another service. */
  readonly leftOut: readonly { readonly file: string; readonly service: string; readonly names: number }[]
  /** Sent values that could not be followed to their definition. */
  readonly untraced: readonly Untraced[]
}

/** A sent value that has to be checked by hand. */
export interface Untraced {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly what: string
}

/** Returns the report as JSON. */
export function toJson({ files, findings, logs, changes, troubles, leftOut, untraced }: Report): string {
  const reported = findings.map(({ file, line, column, rule, what, why, date, fix, edit }) => ({
    file,
    line,
    column,
    rule,
    what,
    why,
    date,
    fix,
    isFixable: edit !== undefined,
  }))
  const problems = troubles.map(({ file, line, column, message }) => ({ file, line, column, message }))
  const summary = {
    files,
    findings: reported.length,
    fixable: reported.filter(({ isFixable }) => isFixable).length,
    logs: logs.length,
  }
  return `${JSON.stringify({ version: 1, summary, findings: reported, logs, changes, problems, leftOut, untraced }, null, 2)}\n`
}

/** Returns the report as text. */
export function toText({ files, findings, logs, leftOut, untraced }: Report, today: string, paint: Paint): string {
  const blocks: string[] = []
  for (const file of new Set(findings.map((finding) => finding.file)))
    blocks.push(
      [
        paint.bold(file),
        ...findings.filter((finding) => finding.file === file).map((finding) => lineOf(finding, today, paint)),
      ].join('\n'),
    )
  for (const log of logs) blocks.push(logOf(log, paint))
  if (untraced.length > 0)
    blocks.push(
      [
        paint.bold('Check by hand'),
        ...untraced.map(
          ({ file, line, column, what }) =>
            `  ${paint.dim(`${file}:${line}:${column}`)}  ${what} could not be followed`,
        ),
      ].join('\n'),
    )
  if (leftOut.length > 0)
    blocks.push(
      [
        paint.bold('Left out'),
        ...leftOut.map(
          ({ file, service, names }) =>
            `  ${file}  uses ${service}, and nothing of OpenAI; check by hand if it forwards to OpenAI (${plural(names, 'name')})`,
        ),
      ].join('\n'),
    )
  return `${[...blocks, summaryOf(files, findings, logs)].join('\n\n')}\n`
}

function lineOf({ line, column, rule, what, why, date, fix, edit }: Located, today: string, paint: Paint): string {
  const when = date > today ? `Works until ${date}.` : `Rejected since ${date}.`
  const mark = edit ? paint.green(' [fixable]') : ''
  const place = paint.dim(`${line}:${column}`)
  return `  ${place}  ${date > today ? paint.yellow(rule) : paint.red(rule)}  ${what}${mark}\n      ${fix}\n      ${paint.dim(`${when} ${why}`)}`
}

function logOf({ file, lines, events, upgraded, dropped, assumed, unknown, broken }: LogReport, paint: Paint): string {
  const sum = Object.values(upgraded).reduce((total, each) => total + each, 0)
  const list = (title: string, counts: Readonly<Record<string, number>>) =>
    Object.keys(counts).length === 0
      ? []
      : [`  ${title}`, ...Object.entries(counts).map(([name, count]) => `    ${String(count).padStart(6)}  ${name}`)]
  return [
    `${paint.bold(file)}: ${plural(lines, 'line')}, ${plural(events, 'event')} of GA, ${sum} of them from the beta`,
    ...list('converted events', upgraded),
    ...list('values that GA has no place for', dropped),
    ...list('added values that GA requires and the log does not contain', assumed),
    ...list('events of unknown types', unknown),
    ...(broken.count === 0
      ? []
      : [
          `  ${plural(broken.count, 'line')} with no event, or one that GA cannot say`,
          ...broken.first.map(({ line, message }) => `    line ${line}: ${message}`),
        ]),
  ].join('\n')
}

function summaryOf(files: number, findings: readonly Located[], logs: readonly LogReport[]): string {
  const looked = `Looked at ${plural(files, 'file')}`
  if (findings.length === 0 && logs.length === 0) return `${looked}: no uses of the beta.`
  const fixable = findings.filter(({ edit }) => edit).length
  const where = new Set(findings.map(({ file }) => file)).size
  const code =
    findings.length === 0
      ? []
      : [
          `${plural(findings.length, 'finding')} in ${plural(where, 'file')}`,
          ...(fixable === 0 ? [] : [`${fixable} that --fix can change`]),
        ]
  return `${looked}: ${[...code, ...(logs.length === 0 ? [] : [`${plural(logs.length, 'log')} of the beta`])].join(', ')}.`
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

/** Returns one line for a file that could not be read. */
export function fileProblemLine({ file, line, column, message }: FileProblem): string {
  return `${file}${line === undefined ? '' : `:${line}:${column}`} ${message}`
}

/** Adds colors to a diff. */
export function paintDiff(diff: string, paint: Paint): string {
  return diff
    .split('\n')
    .map((line) => {
      if (/^(---|\+\+\+) /.test(line)) return paint.bold(line)
      if (line.startsWith('@@')) return paint.cyan(line)
      return line.startsWith('+') ? paint.green(line) : line.startsWith('-') ? paint.red(line) : line
    })
    .join('\n')
}
