import { readLoadOptions } from '../../src/cli/load/options.js'
import type { LoadReport } from '../../src/cli/load/report.js'
import { runLoad } from '../../src/cli/load/run-load.js'
import { median } from '../measure.js'

export const relayNames = ['bare', 'bridge'] as const
export type RelayName = (typeof relayNames)[number]

export interface CallsOptions {
  /** Measured seconds of each run. */
  readonly seconds: number
  /** Calls of the runs that compare CPU and memory. */
  readonly calls: number
  /** Runs of each relay with that number of calls. */
  readonly rounds: number
}

/** What a relay has used, and how many calls it carries. */
export interface CallsRow {
  readonly name: RelayName
  readonly cpuMsPerSession: number
  readonly memoryKbPerSession: number
  /** The most calls with which it met the criteria. */
  readonly carries: number
  /** Why the search ended: the relay was too slow with more calls, or the load generator was. */
  readonly endedBy: 'relay' | 'generator'
}

/** A relay carries a number of calls when it meets these with them. */
const maxP99Ms = 10
const maxGapMs = 60
const maxCalls = 2_000

/**
 * Compares the telephone bridge, with a tool in every third turn, with a bare relay of two sockets. The relay has one core, and callers and
 * emulator share another one. First both relays run alternately with the same number of calls. Then each one gets more calls until it is late.
 */
export async function measureCalls(options: CallsOptions, signal: AbortSignal): Promise<readonly CallsRow[]> {
  const runs = new Map<RelayName, LoadReport[]>(relayNames.map((name) => [name, []]))
  for (let round = 0; round < options.rounds; round++)
    for (const name of round % 2 === 0 ? relayNames : [...relayNames].reverse())
      runs.get(name)?.push(await run(name, options.calls, options.seconds, signal))
  const rows: CallsRow[] = []
  for (const name of relayNames) {
    const reports = runs.get(name) ?? []
    rows.push({
      name,
      cpuMsPerSession: median(reports.map(({ measured }) => measured.cpuMsPerSession ?? Number.NaN)),
      memoryKbPerSession: median(reports.map(({ measured }) => measured.memoryKbPerSession ?? Number.NaN)),
      ...(await findCapacity(name, options, signal)),
    })
  }
  return rows
}

/** Adds half as many calls until the relay fails, then halves the distance until it is below 5 %. */
async function findCapacity(name: RelayName, { seconds, calls }: CallsOptions, signal: AbortSignal) {
  let carries = 0
  let fails = maxCalls + 1
  let endedBy: CallsRow['endedBy'] = 'relay'
  let next = calls
  while (fails - carries > Math.max(1, carries * 0.05) && next > 0 && next <= maxCalls) {
    const report = await run(name, next, seconds, signal)
    if (isCarried(report)) carries = next
    else {
      fails = next
      endedBy = report.generator.some(({ isSaturated }) => isSaturated) ? 'generator' : 'relay'
    }
    next = fails > maxCalls ? Math.ceil(carries * 1.5) : Math.floor((carries + fails) / 2)
    if (next === carries || next === fails) break
  }
  return { carries, endedBy }
}

function isCarried({ delayMs, gaps, errors, sessions, options }: LoadReport): boolean {
  return (
    delayMs.all.p99 !== null &&
    delayMs.all.p99 <= maxP99Ms &&
    gaps.longestMs <= maxGapMs &&
    Object.keys(errors).length === 0 &&
    sessions.mean >= 0.98 * options.calls
  )
}

async function run(name: RelayName, calls: number, seconds: number, signal: AbortSignal): Promise<LoadReport> {
  const args = ['--via', 'twilio', '--relay', name, '--calls', String(calls), '--hold', `${seconds}s`, '--pin']
  const io = { out() {}, err: (text: string) => process.stderr.write(text) }
  const read = readLoadOptions(
    [...args, '--ramp', `${Math.ceil(calls / 10)}s`],
    io as unknown as Parameters<typeof readLoadOptions>[1],
  )
  if ('exitCode' in read) throw new Error('The options of the load test are invalid.')
  const report = await runLoad(read.load, undefined, signal, {
    onNote: (text) => process.stderr.write(`${text}\n`),
    onSample: () => {},
  })
  if (report.interrupted) throw new Error('interrupted')
  const { delayMs, gaps, generator, measured } = report
  const busy = generator.filter(({ isSaturated }) => isSaturated).map((process) => process.name)
  process.stderr.write(
    `${name}, ${calls} calls: p99 ${delayMs.all.p99?.toFixed(1)} ms, longest gap ${gaps.longestMs} ms, CPU ${measured.cpuMsPerSession} ms, ${measured.memoryKbPerSession} KB per session${busy.length > 0 ? `; saturated: ${busy.join(', ')}` : ''}\n`,
  )
  return report
}
