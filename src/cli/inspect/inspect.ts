import { readFileSync, writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { createRedactor } from '../../internal/redaction/redactor.js'
import type { Json } from '../../migrate/json.js'
import { detectAll } from '../detect-all.js'
import { reasonOf } from '../doctor/walk.js'
import { type Command, exitCodes, type Io, paintFor } from '../io.js'
import { startCommand, usageError } from '../options.js'
import { describe } from './describe.js'
import { type Entry, readEntries } from './entries.js'
import { embedAudio, readCallAudio } from './page/read-audio.js'
import { summaryOf as callSummaryOf } from './page/rebuild-summary.js'
import { renderPage } from './page/render-page.js'

const help = `Usage: realtime-primitives inspect <recording.jsonl> [options]

Prints a recording of \`recording()\`, or any log with one event per line, as a timeline with time, direction, and event.
Consecutive deltas are combined into one line.

  --all     print every delta on its own line
  --json    print counts and problems as JSON
  --html    write a page with waveforms, transcript, gaps, tool calls, cost, and events
  -o <file> the page (default: the recording with the extension .html)
  --redact  replace card numbers, phone numbers, and e-mail addresses

Exit code: 0 no problems; 1 problems found; 2 the file could not be read or the arguments are invalid.
`

const options = {
  all: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  html: { type: 'boolean', default: false },
  output: { type: 'string', short: 'o' },
  redact: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

const arrows = { sent: '→', received: '←', local: '·', unknown: ' ' } as const

/** The `realtime-primitives inspect` command. */
export const inspect: Command = async (args, io) => {
  const started = startCommand(args, io, { options, help })
  if (started.exitCode !== undefined) return started.exitCode
  const { values, positionals } = started
  const [file] = positionals
  if (file === undefined || positionals.length > 1) return usageError(io, help, 'Name one recording')
  if (values.output !== undefined && !values.html) return usageError(io, help, '-o needs --html')
  if (values.html && values.json) return usageError(io, help, '--html and --json exclude each other')
  let text: string
  try {
    text = readFileSync(resolve(io.cwd, file), 'utf8')
  } catch (error) {
    io.err(`${file} cannot be read: ${reasonOf(error)}\n`)
    return exitCodes.usage
  }
  const entries = readEntries(text).map(values.redact ? redactEntry : (entry) => entry)
  if (!entries.some(({ type }) => type !== undefined)) {
    io.err(`${file} holds no events, one on each line.\n`)
    return exitCodes.usage
  }
  if (values.html) return writePage(resolve(io.cwd, file), entries, values, io)
  if (values.json) io.out(`${JSON.stringify(summaryOf(entries), null, 2)}\n`)
  else {
    printTimeline(values.all ? entries.map((entry) => [entry]) : grouped(entries), io)
    printSummary(entries, io)
  }
  return entries.some(({ problem }) => problem) ? exitCodes.findings : exitCodes.ok
}

const redactEvent = createRedactor({ text: 'keep', redact: detectAll })

function redactEntry(entry: Entry): Entry {
  return { ...entry, event: redactEvent(entry.event) as Json }
}

/** Writes the page beside the recording, or to `output`. */
async function writePage(
  path: string,
  entries: readonly Entry[],
  { output, redact }: { readonly output?: string | undefined; readonly redact: boolean },
  io: Io,
): Promise<number> {
  const target = output === undefined ? path.replace(/(\.jsonl?)?$/, '.html') : resolve(io.cwd, output)
  if (target === path) return usageError(io, help, '-o is the recording itself')
  // The audio beside a recording contains what is replaced in the text.
  const audio = redact ? undefined : readCallAudio(path, entries)
  const summary = await callSummaryOf(entries)
  const name = basename(path).replace(/\.jsonl?$/, '')
  const page = renderPage({ name, summary, groups: grouped(entries), audio, audioUrl: audio && embedAudio(audio) })
  try {
    writeFileSync(target, page, { mode: 0o600 })
  } catch (error) {
    io.err(`${target} cannot be written: ${reasonOf(error)}\n`)
    return exitCodes.usage
  }
  io.out(`${target} written\n`)
  return exitCodes.ok
}

/** Groups consecutive deltas of the same type. */
function grouped(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const groups: Entry[][] = []
  for (const entry of entries) {
    const last = groups.at(-1)?.at(-1)
    const isMore =
      /\.(delta|append)$/.test(entry.type ?? '') && last?.type === entry.type && last?.direction === entry.direction
    if (isMore && entry.problem === undefined && last?.problem === undefined) groups.at(-1)?.push(entry)
    else groups.push([entry])
  }
  return groups
}

function printTimeline(groups: readonly (readonly Entry[])[], io: Io): void {
  const paint = paintFor(io)
  for (const group of groups) {
    const [first] = group
    if (first === undefined) continue
    const time =
      first.ms === undefined ? `line ${first.line}`.padStart(10) : `${(first.ms / 1000).toFixed(3)} s`.padStart(10)
    const times = group.length === 1 ? '' : ` ×${group.length}`
    const detail = group.length === 1 ? describe(first.event) : ''
    const problem = first.problem === undefined ? '' : paint.red(`  ${first.problem}`)
    io.out(
      `${paint.dim(time)} ${arrows[first.direction]} ${first.type ?? '?'}${times}${detail && paint.dim(`  ${detail}`)}${problem}\n`,
    )
  }
}

interface Summary {
  readonly lines: number
  readonly counts: Readonly<Record<string, number>>
  readonly problems: readonly { readonly line: number; readonly type: string | undefined; readonly problem: string }[]
}

function summaryOf(entries: readonly Entry[]): Summary {
  const counts: Record<string, number> = Object.create(null)
  for (const { type } of entries) if (type !== undefined) counts[type] = (counts[type] ?? 0) + 1
  const problems = entries.flatMap(({ line, type, problem }) =>
    problem === undefined ? [] : [{ line, type, problem }],
  )
  return { lines: entries.length, counts, problems }
}

function printSummary(entries: readonly Entry[], io: Io): void {
  const { lines, counts, problems } = summaryOf(entries)
  const paint = paintFor(io)
  io.out(`\n${paint.bold('Counts')}\n`)
  for (const [type, count] of Object.entries(counts).sort(([, a], [, b]) => b - a))
    io.out(`${String(count).padStart(8)}  ${type}\n`)
  if (problems.length > 0) io.out(`\n${paint.bold('Problems')}\n`)
  for (const { line, type, problem } of problems) io.out(`  line ${line}: ${type ?? 'no event'}: ${problem}\n`)
  io.out(`\n${lines} lines, ${problems.length === 0 ? 'no problems' : `${problems.length} of them with a problem`}.\n`)
}
