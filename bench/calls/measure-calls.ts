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

/** What a relay has used: medians of its runs. */
export interface UsageRow {
  readonly name: RelayName
  readonly cpuMsPerSession: number
  /** Memory of the process with all calls, without that before the first call, divided by the calls. */
  readonly memoryKbPerSession: number
  /** Memory that each call beyond {@link fewCalls} adds. It contains less of what the process takes once: compiled code and the young generation. */
  readonly memoryKbPerFurtherSession: number
  readonly memoryMb: number
}

/** How many calls a relay carries. */
export interface CapacityRow {
  readonly name: RelayName
  /** The most calls with which it met the criteria. */
  readonly carries: number
  /** Why the search ended: the relay was too slow with more calls, or the load generator was. */
  readonly endedBy: 'relay' | 'generator'
}

/**
 * V8 doubles the young generation, up to 16 MB, whenever as much as its size has survived. The bare relay takes minutes to reach that and the
 * bridge seconds, so a short run from the usual start would compare how far each has come.
 */
const grownYoung = '--node-option=--min-semi-space-size=16'

/** Calls of the runs that show what the process takes with few calls. */
export const fewCalls = 10

/** A relay carries a number of calls when it meets these with them. */
const maxP99Ms = 10
const maxGapMs = 60
const maxCalls = 2_000

/**
 * Compares the CPU and the memory of the telephone bridge, with a tool in every third turn, with those of a bare relay of two sockets. The relay
 * has one core, and callers and emulator share another one. Both relays run alternately, with few calls and with many.
 */
export async function compareUsage(options: CallsOptions, signal: AbortSignal): Promise<readonly UsageRow[]> {
  const { calls, seconds, rounds } = options
  const runs: { readonly name: RelayName; readonly few: LoadReport; readonly many: LoadReport }[] = []
  for (let round = 0; round < rounds; round++)
    for (const name of round % 2 === 0 ? relayNames : [...relayNames].reverse())
      runs.push({
        name,
        few: await run(name, fewCalls, seconds, signal),
        many: await run(name, calls, seconds, signal),
      })
  return relayNames.map((name) => {
    const own = runs.filter((pair) => pair.name === name)
    const middle = (read: (pair: (typeof own)[number]) => number) => median(own.map(read))
    return {
      name,
      cpuMsPerSession: middle(({ many }) => many.measured.cpuMsPerSession ?? Number.NaN),
      memoryKbPerSession: middle(({ many }) => many.measured.memoryKbPerSession ?? Number.NaN),
      memoryKbPerFurtherSession: middle(
        ({ few, many }) => ((memoryMbOf(many) - memoryMbOf(few)) * 1_000) / (calls - fewCalls),
      ),
      memoryMb: middle(({ many }) => memoryMbOf(many)),
    }
  })
}

/** Gives each relay more calls until it is late. */
export async function measureCapacity(options: CallsOptions, signal: AbortSignal): Promise<readonly CapacityRow[]> {
  const rows: CapacityRow[] = []
  for (const name of relayNames) rows.push({ name, ...(await findCapacity(name, options, signal)) })
  return rows
}

const memoryMbOf = ({ measured }: LoadReport) => measured.memoryMb ?? Number.NaN

/** Adds half as many calls until the relay fails, then halves the distance until it is below 5 %. */
async function findCapacity(name: RelayName, { seconds, calls }: CallsOptions, signal: AbortSignal) {
  let carries = 0
  let fails = maxCalls + 1
  let endedBy: CapacityRow['endedBy'] = 'relay'
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
  const args = [
    '--via',
    'twilio',
    '--relay',
    name,
    '--calls',
    String(calls),
    '--hold',
    `${seconds}s`,
    '--pin',
    grownYoung,
  ]
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
