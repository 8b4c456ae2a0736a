import { createHistogram, type Histogram, type Percentiles, percentilesOf } from './histogram.js'
import { type CheckedLimit, checkLimits } from './limits.js'
import type { LoadOptions } from './options.js'
import type { CountName, DelayName, TallyReport } from './tally.js'

/** What a load test has measured. Times are in milliseconds unless the name contains another unit. */
export interface LoadReport {
  readonly version: 1
  readonly startedAt: string
  readonly options: Omit<LoadOptions, 'url'> & { readonly url: string | undefined }
  /** Whether the test was interrupted. The report contains what was measured until then. */
  readonly interrupted: boolean
  /** Measured time, in seconds. */
  readonly seconds: number
  readonly sessions: {
    /** Mean number of calls in progress. */
    readonly mean: number
    readonly peak: number
  }
  readonly counts: Readonly<Record<CountName, number>>
  /** Time that audio took through the server: of the caller, of the model, and both. Without stamps there are no values. */
  readonly delayMs: Readonly<Record<'all' | 'up' | 'down', Percentiles>>
  /** Time from the end of the caller's speech to the first audio of the model. */
  readonly responseMs: Percentiles
  readonly gaps: { readonly longestMs: number; readonly over60Ms: number }
  readonly errors: Readonly<Record<string, number>>
  readonly refused: Readonly<Record<string, number>>
  /** CPU and memory of the measured processes: the started agent, those of `--pid`, or the started emulator. */
  readonly measured: {
    readonly name: string
    /** CPU per session and second. */
    readonly cpuMsPerSession: number | null
    /** Share of one core. */
    readonly cpuShare: number | null
    /** Memory per session, without that of the process before the first call. */
    readonly memoryKbPerSession: number | null
    readonly memoryMb: number | null
    /** Median of the 99th percentiles of the event-loop delay of each second. */
    readonly eventLoopP99Ms: number | null
  }
  /** Heap after a forced collection. */
  readonly heap: { readonly earlyMb: number; readonly endMb: number; readonly growthPercent: number } | undefined
  /** The processes that make the load. */
  readonly generator: readonly GeneratorUsage[]
  readonly limits: readonly CheckedLimit[]
  readonly series: readonly SeriesPoint[]
}

/** Use of a process that makes the load. */
export interface GeneratorUsage {
  readonly name: string
  readonly cpuShare: number
  readonly eventLoopP99Ms: number
  /** Whether the process is so busy that it delays the audio itself. */
  readonly isSaturated: boolean
}

/** One second of the test. */
export interface SeriesPoint {
  /** Seconds since the start. */
  readonly atS: number
  readonly phase: 'ramp' | 'hold'
  readonly sessions: number
  readonly delayP99Ms: number | null
  readonly longestGapMs: number
  readonly refused: number
  readonly errors: number
  /** Share of one core. */
  readonly cpuShare: number | null
  readonly memoryMb: number | null
}

/** Use of the measured processes in one interval. */
export interface UsageInterval {
  readonly cpuMs: number
  readonly elapsedMs: number
  readonly rssBytes: number
  readonly loopP99Ms: number | undefined
}

/** One interval of the test, about a second. */
export interface LoadSample {
  readonly atMs: number
  readonly phase: 'ramp' | 'hold'
  readonly tallies: readonly TallyReport[]
  /** `undefined` if no process is measured. */
  readonly usage: UsageInterval | undefined
  readonly generator: readonly { readonly name: string; readonly usage: UsageInterval }[]
}

export interface ReportInput {
  readonly options: LoadOptions
  readonly startedAt: string
  readonly interrupted: boolean
  readonly samples: readonly LoadSample[]
  readonly measuredName: string
  /** Memory of the measured processes before the first call. */
  readonly baselineRssBytes: number
  readonly heap: { readonly earlyBytes: number; readonly endBytes: number } | undefined
}

/** A generator process above these values delays audio itself. */
const saturatedShare = 0.9
const saturatedLoopMs = 10
const megabyte = 1e6

/** Makes the report of the hold phase, or of everything if the test was interrupted before. */
export function createReport(input: ReportInput): LoadReport {
  const { options, samples } = input
  const held = samples.filter(({ phase }) => phase === 'hold')
  const used = held.length > 0 ? held : samples
  const delays = mergeDelays(used)
  const usages = used.flatMap(({ usage }) => usage ?? [])
  const seconds = used.reduce((sum, sample) => sum + elapsedOf(sample), 0) / 1_000
  const open = used.map(openOf)
  const mean = average(open) ?? 0
  const cpuShare = shareOf(usages)
  const last = usages.slice(-Math.max(1, Math.ceil(usages.length / 3)))
  const rssBytes = average(last.map((usage) => usage.rssBytes))
  const report = {
    version: 1 as const,
    startedAt: input.startedAt,
    options: { ...options, url: options.url === undefined ? undefined : originOf(options.url) },
    interrupted: input.interrupted,
    seconds: round(seconds),
    sessions: { mean: round(mean), peak: Math.max(0, ...open) },
    counts: sumCounts(used),
    delayMs: { all: percentilesOf(delays.all), up: percentilesOf(delays.up), down: percentilesOf(delays.down) },
    responseMs: percentilesOf(delays.response),
    gaps: {
      longestMs: round(Math.max(0, ...talliesOf(used).map(({ longestGapMs }) => longestGapMs))),
      over60Ms: talliesOf(used).reduce((sum, { counts }) => sum + counts.gapsOver60Ms, 0),
    },
    errors: mergeCodes(talliesOf(used).map(({ errors }) => errors)),
    refused: mergeCodes(talliesOf(used).map(({ refused }) => refused)),
    measured: {
      name: input.measuredName,
      cpuShare: cpuShare === null ? null : round(cpuShare, 3),
      cpuMsPerSession: cpuShare === null || mean === 0 ? null : round((cpuShare * 1_000) / mean, 3),
      memoryMb: rssBytes === undefined ? null : round(rssBytes / megabyte),
      memoryKbPerSession:
        rssBytes === undefined || mean === 0 ? null : round((rssBytes - input.baselineRssBytes) / 1_000 / mean),
      eventLoopP99Ms: median(usages.flatMap(({ loopP99Ms }) => loopP99Ms ?? [])),
    },
    heap: input.heap && heapOf(input.heap),
    generator: generatorOf(used),
    series: samples.map(pointOf),
  }
  return { ...report, limits: checkLimits(options.limits, report) }
}

function heapOf({ earlyBytes, endBytes }: { readonly earlyBytes: number; readonly endBytes: number }) {
  const growthPercent = round((endBytes / earlyBytes - 1) * 100, 1)
  return { earlyMb: round(earlyBytes / megabyte, 2), endMb: round(endBytes / megabyte, 2), growthPercent }
}

function generatorOf(samples: readonly LoadSample[]): readonly GeneratorUsage[] {
  const names = [...new Set(samples.flatMap(({ generator }) => generator.map(({ name }) => name)))]
  return names.map((name) => {
    const usages = samples.flatMap(({ generator }) =>
      generator.filter((entry) => entry.name === name).map(({ usage }) => usage),
    )
    const cpuShare = round(shareOf(usages) ?? 0, 3)
    const eventLoopP99Ms = median(usages.flatMap(({ loopP99Ms }) => loopP99Ms ?? [])) ?? 0
    return {
      name,
      cpuShare,
      eventLoopP99Ms,
      isSaturated: cpuShare > saturatedShare || eventLoopP99Ms > saturatedLoopMs,
    }
  })
}

function pointOf(sample: LoadSample): SeriesPoint {
  const delays = mergeDelays([sample])
  const { usage } = sample
  const codes = (counts: readonly Readonly<Record<string, number>>[]) =>
    Object.values(mergeCodes(counts)).reduce((sum, count) => sum + count, 0)
  const share = usage ? shareOf([usage]) : null
  return {
    atS: round(sample.atMs / 1_000),
    phase: sample.phase,
    sessions: openOf(sample),
    delayP99Ms: percentilesOf(delays.all).p99,
    longestGapMs: round(Math.max(0, ...sample.tallies.map(({ longestGapMs }) => longestGapMs))),
    refused: codes(sample.tallies.map(({ refused }) => refused)),
    errors: codes(sample.tallies.map(({ errors }) => errors)),
    cpuShare: share === null ? null : round(share, 3),
    memoryMb: usage ? round(usage.rssBytes / megabyte) : null,
  }
}

function mergeDelays(samples: readonly LoadSample[]): Readonly<Record<DelayName | 'all', Histogram>> {
  const delays = { up: createHistogram(), down: createHistogram(), response: createHistogram(), all: createHistogram() }
  for (const tally of talliesOf(samples)) {
    for (const name of ['up', 'down', 'response'] as const) delays[name].merge(tally.delays[name])
    delays.all.merge(tally.delays.up)
    delays.all.merge(tally.delays.down)
  }
  return delays
}

function sumCounts(samples: readonly LoadSample[]): Record<CountName, number> {
  const total = { calls: 0, turns: 0, bargeIns: 0, drops: 0, gapsOver60Ms: 0, toolCalls: 0 }
  for (const { counts } of talliesOf(samples))
    for (const name of Object.keys(total) as CountName[]) total[name] += counts[name]
  return total
}

function mergeCodes(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const merged = new Map<string, number>()
  for (const [code, count] of all.flatMap(Object.entries)) merged.set(code, (merged.get(code) ?? 0) + count)
  return Object.fromEntries([...merged].sort(([, a], [, b]) => b - a))
}

function talliesOf(samples: readonly LoadSample[]): readonly TallyReport[] {
  return samples.flatMap(({ tallies }) => tallies)
}

function openOf({ tallies }: LoadSample): number {
  return tallies.reduce((sum, { open }) => sum + open, 0)
}

function elapsedOf({ usage, generator }: LoadSample): number {
  return (usage ?? generator[0]?.usage)?.elapsedMs ?? 0
}

function shareOf(usages: readonly UsageInterval[]): number | null {
  const elapsedMs = usages.reduce((sum, usage) => sum + usage.elapsedMs, 0)
  return elapsedMs === 0 ? null : usages.reduce((sum, usage) => sum + usage.cpuMs, 0) / elapsedMs
}

function average(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  const value = sorted[Math.floor(sorted.length / 2)]
  return value === undefined ? null : round(value, 2)
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits))
}

/** A query or user information can contain a key. */
function originOf(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}
