import { type Command, exitCodes, type Io, paintFor } from '../io.js'
import { readOptions } from '../options.js'
import { type Code, type Log, locate, type Planned, planCode, planLogs, write } from './change.js'
import { boundPackages, examine } from './examine.js'
import type { FileContext } from './javascript/diagnose.js'
import { readLog } from './log.js'
import { positionIn, readCode } from './read.js'
import {
  type Changed,
  fileProblemLine,
  type Located,
  paintDiff,
  plural,
  type Report,
  toJson,
  toText,
} from './report.js'
import { type FileProblem, reasonOf, type Source, walk } from './walk.js'

const help = `Usage: realtime-primitives doctor <files|folders|log.jsonl> [options]

Finds uses of the beta Realtime API in TypeScript, JavaScript, Python, HTML pages, and logs.

  --fix          apply safe changes to TypeScript and JavaScript after showing a diff, and convert logs to GA
  --yes          with --fix: do not ask for confirmation
  --dry-run      with --fix: show the diff without writing
  --out <file>   with a log: write the converted log to this file
  --json         print the report as JSON

Exit code: 0 nothing found, or everything fixed; 1 findings; 2 a file could not be read or the arguments are invalid.
`

const options = {
  fix: { type: 'boolean', default: false },
  yes: { type: 'boolean', short: 'y', default: false },
  'dry-run': { type: 'boolean', default: false },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** The `realtime-primitives doctor` command. */
export const doctor: Command = async (args, io) => {
  const parsed = readOptions(args, options)
  if ('problem' in parsed) return wrong(io, parsed.problem)
  const { values, positionals } = parsed
  if (values.help) {
    io.out(help)
    return exitCodes.ok
  }
  if (positionals.length === 0) return wrong(io, 'Name the files or folders to look at')
  const { sources, troubles: untouched } = walk(positionals, io.cwd)
  const troubles = [...untouched]
  const logs = readLogs(sources, troubles)
  if (values.out !== undefined && logs.length !== 1) return wrong(io, '--out takes one log of the beta')

  const codes = readCodes(sources, troubles)
  const isBound = boundPackages(codes.filter(({ kind }) => kind === 'script'))
  const contextOf = ({ file, path }: Source): FileContext => ({ file, isBound: isBound(path), today: io.today })
  const findings = new Map<Source, readonly Located[]>()
  for (const code of codes) {
    const diagnosis = examine(code.kind, code.text, contextOf(code))
    findings.set(code, locate(code.file, code.text, diagnosis.findings))
    if (diagnosis.problem)
      troubles.push({
        file: code.file,
        isFailure: true,
        message: diagnosis.problem.message,
        ...positionIn(code.text, diagnosis.problem.start ?? 0),
      })
  }

  const planned: Planned[] = []
  if (values.fix)
    for (const code of codes) {
      if (!findings.get(code)?.some(({ edit }) => edit)) continue
      const plan = planCode(code, contextOf(code))
      if ('after' in plan) planned.push(plan)
      else {
        findings.set(
          code,
          (findings.get(code) ?? []).map(({ edit: _, ...finding }) => finding),
        )
        troubles.push({ file: code.file, message: plan.message, isFailure: false })
      }
    }
  const copies = values.fix || values.out !== undefined ? planLogs(logs, values.out, io.cwd) : []
  planned.push(...copies.filter(({ isDue }) => isDue))
  if (!values.json)
    for (const plan of planned)
      io.out(
        'diff' in plan
          ? `${paintDiff(plan.diff, paintFor(io))}\n`
          : `${plan.file}: will be written as ${plan.target}\n\n`,
      )

  const changes: Changed[] = []
  const isAgreed = !values['dry-run'] && planned.length > 0 && (await agree(planned.length, values, io))
  for (const plan of planned) {
    const problem = isAgreed ? write(plan) : undefined
    if (problem) troubles.push({ file: plan.target, message: problem, isFailure: true })
    const isWritten = isAgreed && problem === undefined
    if (isWritten && 'left' in plan) findings.set(plan.code, plan.left)
    changes.push({ file: plan.target, diff: 'diff' in plan ? plan.diff : undefined, isWritten })
  }

  const left = [...findings.values()].flat()
  print(
    { files: codes.length + logs.length, findings: left, logs: logs.map(({ report }) => report), changes, troubles },
    values.json,
    io,
  )
  if (troubles.some(({ isFailure }) => isFailure)) return exitCodes.usage
  const isLogLeft = logs.length > 0 && (copies.length === 0 || copies.some(({ isDue }) => isDue && !isAgreed))
  return left.length > 0 || isLogLeft ? exitCodes.findings : exitCodes.ok
}

function print(report: Report, isJson: boolean, io: Io): void {
  if (isJson) {
    io.out(toJson(report))
    return
  }
  io.out(toText(report, io.today, paintFor(io)))
  const written = report.changes.filter(({ isWritten }) => isWritten).length
  if (written > 0) io.out(`Wrote ${plural(written, 'file')}.\n`)
  for (const trouble of report.troubles) io.err(`${fileProblemLine(trouble)}\n`)
}

/** Asks for confirmation on a terminal. Scripts are not asked. */
async function agree(
  count: number,
  { yes, json }: { readonly yes: boolean; readonly json: boolean },
  io: Io,
): Promise<boolean> {
  return !io.isTerminal || yes || json || io.ask(`Write ${plural(count, 'file')}?`)
}

function readCodes(sources: readonly Source[], troubles: FileProblem[]): readonly Code[] {
  return sources.flatMap((source) => {
    if (source.kind === 'log') return []
    try {
      const read = readCode(source.path)
      if ('text' in read) return [{ ...source, ...read }]
      if (source.isNamed || read.isQuiet !== true)
        troubles.push({ file: source.file, message: read.message, isFailure: source.isNamed })
    } catch (error) {
      troubles.push({ file: source.file, message: `cannot be read: ${reasonOf(error)}`, isFailure: true })
    }
    return []
  })
}

/** Reads the logs. A log that was found in a folder, and any other JSON file, is reported only if it contains beta events. */
function readLogs(sources: readonly Source[], troubles: FileProblem[]): readonly Log[] {
  return sources.flatMap((source) => {
    if (source.kind !== 'log') return []
    try {
      const report = readLog(source.file, source.path)
      if (Object.keys(report.upgraded).length > 0) return [{ source, report }]
      if (source.isNamed && report.events === 0)
        troubles.push({
          file: source.file,
          message: 'holds no events of the Realtime API, one on each line',
          isFailure: true,
        })
    } catch (error) {
      troubles.push({ file: source.file, message: `cannot be read: ${reasonOf(error)}`, isFailure: true })
    }
    return []
  })
}

function wrong(io: Io, problem: string): number {
  io.err(`${problem}.\n\n${help}`)
  return exitCodes.usage
}
