import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, exitCodes, type Io, paintFor } from '../io.js'
import { compareReports, parseReport } from './compare.js'
import { reportPage } from './html.js'
import { type LoadOptions, readLoadOptions } from './options.js'
import type { LoadReport, LoadSample } from './report.js'
import { runLoad } from './run-load.js'
import { number, printReport } from './table.js'

/** The `realtime-primitives load` command. */
export const load: Command = async (args, io) => {
  const command = readLoadOptions(args, io)
  if ('exitCode' in command) return command.exitCode
  const before = command.compare === undefined ? undefined : await readReport(resolve(io.cwd, command.compare))
  if (before === null) {
    io.err(`load: --compare is ${JSON.stringify(command.compare)}; allowed: a file that --out has written\n`)
    return exitCodes.usage
  }
  const { load: options } = command
  io.out(`${describe(options)}\n`)
  const apiKey = io.env.OPENAI_API_KEY || undefined
  let report: LoadReport
  try {
    report = await runLoad(options, apiKey, io.signal, {
      onNote: (text) => io.out(`${text}\n`),
      onSample: progress(io, options),
    })
  } catch (error) {
    io.err(`load: ${error instanceof Error ? error.message : String(error)}\n`)
    return exitCodes.usage
  }
  io.out(`\n${printReport(report, paintFor(io))}`)
  if (before) io.out(`\nCompared with ${command.compare}\n${compareReports(before, report)}`)
  if (command.out !== undefined) await writeFile(resolve(io.cwd, command.out), `${JSON.stringify(report)}\n`)
  if (command.html !== undefined) await writeFile(resolve(io.cwd, command.html), reportPage(report))
  return report.limits.some(({ isExceeded }) => isExceeded) ? exitCodes.findings : exitCodes.ok
}

/** Reads a report. Returns `null` if the file is none. */
async function readReport(path: string): Promise<LoadReport | null> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return parseReport(text) ?? null
}

function describe({ calls, via, url, relay, rampMs, holdMs }: LoadOptions): string {
  const server =
    url !== undefined
      ? 'the server'
      : via === 'pcm'
        ? 'the emulator'
        : relay === 'bare'
          ? 'a bare relay'
          : 'a telephone bridge'
  return `${calls} ${calls === 1 ? 'call' : 'calls'} to ${server}: ${number(rampMs / 1_000)} s ramp, ${number(holdMs / 1_000)} s hold.`
}

/** How often a line is printed if the output is not a terminal. */
const linesEveryMs = 10_000

/** Returns a function that prints the progress: one line that is replaced in a terminal, and otherwise a line now and then. */
function progress(io: Io, options: LoadOptions): (sample: LoadSample) => void {
  let printedAtMs = 0
  return (sample) => {
    if (!io.isTerminal && sample.atMs - printedAtMs < linesEveryMs) return
    printedAtMs = sample.atMs
    const open = sample.tallies.reduce((sum, tally) => sum + tally.open, 0)
    const count = (codes: 'errors' | 'refused') =>
      sample.tallies.flatMap((tally) => Object.values(tally[codes])).reduce((sum, value) => sum + value, 0)
    const total = (options.rampMs + options.holdMs) / 1_000
    const cpu = sample.usage ? `  CPU ${number((sample.usage.cpuMs / sample.usage.elapsedMs) * 100)} %` : ''
    const line = `${number(sample.atMs / 1_000)} of ${number(total)} s  ${sample.phase}  ${open} sessions${cpu}  ${count('refused')} refused  ${count('errors')} errors`
    io.out(io.isTerminal ? `\r\u001b[2K${line}` : `${line}\n`)
  }
}
