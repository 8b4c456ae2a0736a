import type { Paint } from '../io.js'
import type { Percentiles } from './histogram.js'
import type { LoadReport } from './report.js'

/** A value of the report with its name. */
export interface Row {
  readonly name: string
  readonly value: string
}

/** Returns the values of a report as text, in the order of the table. */
export function rowsOf(report: LoadReport): readonly Row[] {
  const { counts, delayMs, gaps, generator, heap, measured, refused, responseMs, sessions } = report
  const rows: (Row | undefined)[] = [
    {
      name: 'sessions',
      value: `${number(sessions.mean)} on average, ${sessions.peak} at most, for ${duration(report.seconds)}`,
    },
    {
      name: 'new calls',
      value: `${counts.calls}; ${counts.turns} turns, ${counts.toolCalls} tool calls, ${counts.bargeIns} barge-ins, ${counts.drops} drops`,
    },
    { name: 'added delay', value: percentiles(delayMs.all) },
    { name: '  caller to model', value: percentiles(delayMs.up) },
    { name: '  model to caller', value: percentiles(delayMs.down) },
    { name: 'time to first audio', value: percentiles(responseMs) },
    { name: 'gaps in audio', value: `longest ${number(gaps.longestMs)} ms, ${gaps.over60Ms} over 60 ms` },
    {
      name: `CPU of ${measured.name}`,
      value: `${unit(measured.cpuMsPerSession, 'ms per session and second')}, ${measured.cpuShare === null ? 'not measured' : `${number(measured.cpuShare * 100)} % of a core`}`,
    },
    {
      name: `memory of ${measured.name}`,
      value: `${unit(measured.memoryKbPerSession, 'KB per session')}, ${unit(measured.memoryMb, 'MB in total')}`,
    },
    measured.eventLoopP99Ms === null
      ? undefined
      : { name: 'event-loop delay', value: `p99 ${number(measured.eventLoopP99Ms)} ms` },
    heap && {
      name: 'heap after collection',
      value: `${number(heap.earlyMb)} MB early, ${number(heap.endMb)} MB at the end: ${heap.growthPercent > 0 ? '+' : ''}${number(heap.growthPercent)} %`,
    },
    { name: 'refused calls', value: codes(refused) },
    { name: 'errors', value: codes(report.errors) },
    ...generator.map(({ name, cpuShare, eventLoopP99Ms }) => ({
      name: `load by ${name}`,
      value: `${number(cpuShare * 100)} % of a core, event-loop delay p99 ${number(eventLoopP99Ms)} ms`,
    })),
  ]
  return rows.filter((row) => row !== undefined)
}

/** Returns a note for each process of the generator that is too busy to measure well. */
export function saturationNotes({ generator }: LoadReport): readonly string[] {
  return generator
    .filter(({ isSaturated }) => isSaturated)
    .map(
      ({ name, cpuShare, eventLoopP99Ms }) =>
        `The load generator is saturated: ${name} uses ${number(cpuShare * 100)} % of a core and is ${number(eventLoopP99Ms)} ms late (p99). Delays and gaps contain its own. Compare CPU per session instead, or use fewer calls, more processes, or another machine.`,
    )
}

/** Prints a report. */
export function printReport(report: LoadReport, paint: Paint): string {
  const rows = rowsOf(report)
  const width = Math.max(...rows.map(({ name }) => name.length))
  const lines = rows.map(({ name, value }) => `  ${name.padEnd(width)}  ${value}`)
  const limits = report.limits.map(({ name, allowed, found, isExceeded }) => {
    const text = `  --${name}: ${found === null ? 'not measured' : number(found)}, allowed ${number(allowed)}`
    return isExceeded ? paint.red(`${text}  exceeded`) : text
  })
  return [
    ...(report.interrupted ? [paint.yellow('Interrupted. This was measured until then:')] : []),
    ...lines,
    ...(limits.length > 0 ? ['', 'Limits', ...limits] : []),
    ...saturationNotes(report).map((note) => `\n${paint.yellow(note)}`),
    '',
  ].join('\n')
}

function percentiles({ count, p50, p95, p99, max }: Percentiles): string {
  if (count === 0) return 'not measured'
  return `p50 ${number(p50)}, p95 ${number(p95)}, p99 ${number(p99)}, max ${number(max)} ms`
}

function codes(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts)
  return entries.length === 0 ? '0' : entries.map(([code, count]) => `${count} ${code}`).join(', ')
}

function unit(value: number | null, name: string): string {
  return value === null ? 'not measured' : `${number(value)} ${name}`
}

/** Prints a number with as many digits as mean something. */
export function number(value: number | null): string {
  if (value === null) return '–'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3
  return String(Number(value.toFixed(digits)))
}

function duration(seconds: number): string {
  return seconds < 120 ? `${number(seconds)} s` : `${number(seconds / 60)} min`
}
