import { type Command, exitCodes, type Io, paintFor } from '../io.js'
import { readOptions } from '../options.js'
import { type Log, locate, type Planned, planCode, planLogs, write } from './change.js'
import { createExaminer } from './examiner.js'
import { fixProject } from './fix-project.js'
import { readLog } from './log.js'
import { type Code, positionIn, readCode } from './read.js'
import { type Changed, fileProblemLine, paintDiff, plural, type Report, toJson, toText } from './report.js'
import { type FileProblem, reasonOf, type Source, walk } from './walk.js'

const help = `Usage: realtime-primitives doctor <files|folders|log.jsonl> [options]

Finds uses of the beta Realtime API in TypeScript, JavaScript, Python, HTML pages, configuration files, and logs.

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

  const isLog = new Set(logs.map(({ source }) => source))
  const codes = readCodes(
    sources.filter((source) => source.kind !== 'log' && !isLog.has(source)),
    troubles,
  )
  const examiner = createExaminer(io.today)
  const examination = examiner.examine(codes)
  const examined = examination.results()
  for (const code of codes) {
    const problem = examined.get(code.path)?.problem
    if (problem)
      troubles.push({
        file: code.file,
        isFailure: true,
        message: problem.message,
        ...positionIn(code.text, problem.start ?? 0),
      })
  }

  const fixed = values.fix ? fixProject(codes, examiner, examination) : undefined
  const planned: Planned[] = []
  for (const code of codes) {
    const result = fixed?.files.get(code.path)
    if (result && 'text' in result) planned.push(planCode(code, result.text))
    else if (result) troubles.push({ file: code.file, message: result.problem, isFailure: false })
    else if (values.fix && !code.isExact && examined.get(code.path)?.findings.some(({ edit }) => edit))
      troubles.push({ file: code.file, message: 'was left as it is: it is not in UTF-8', isFailure: false })
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
  const written = new Map<string, string>()
  const isAgreed = !values['dry-run'] && planned.length > 0 && (await agree(planned.length, values, io))
  for (const plan of planned) {
    const problem = isAgreed ? write(plan) : undefined
    if (problem) troubles.push({ file: plan.target, message: problem, isFailure: true })
    const isWritten = isAgreed && problem === undefined
    if (isWritten && 'after' in plan) written.set(plan.path, plan.after)
    changes.push({ file: plan.target, diff: 'diff' in plan ? plan.diff : undefined, isWritten })
  }

  const now = codes.map((code) => ({ ...code, text: written.get(code.path) ?? code.text }))
  // A file that could not be written keeps its findings.
  const unwritten = new Set(planned.flatMap((plan) => (written.has(plan.path) ? [] : [plan.path])))
  const after = written.size > 0 ? fixed?.left : undefined
  const results = new Map(
    codes.map(({ path }) => [path, (unwritten.has(path) ? undefined : after?.get(path)) ?? examined.get(path)]),
  )
  const left = now.flatMap((code) => locate(code.file, code.text, results.get(code.path)?.findings ?? []))
  print(
    {
      files: codes.length + logs.length,
      findings: left,
      logs: logs.map(({ report }) => report),
      changes,
      troubles,
      leftOut: now.flatMap(({ file, path }) => {
        const leftOut = results.get(path)?.leftOut
        return leftOut && leftOut.names > 0 ? [{ file, ...leftOut }] : []
      }),
      untraced: now.flatMap(({ file, path, text }) =>
        (results.get(path)?.untraced ?? []).map(({ start, what }) => ({ file, ...positionIn(text, start), what })),
      ),
    },
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
    try {
      const read = readCode(source.path)
      if ('text' in read) {
        if (read.problem !== undefined) troubles.push({ file: source.file, message: read.problem, isFailure: true })
        return [{ ...source, ...read }]
      }
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
    if (source.kind !== 'log' && source.kind !== 'json') return []
    try {
      const report = readLog(source.file, source.path)
      if (Object.keys(report.upgraded).length > 0) return [{ source, report }]
      if (source.kind === 'log' && source.isNamed && report.events === 0)
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
