import type { LoadReport } from './report.js'
import { number } from './table.js'

const values: readonly (readonly [name: string, read: (report: LoadReport) => number | null])[] = [
  ['sessions', ({ sessions }) => sessions.mean],
  ['added delay p50, ms', ({ delayMs }) => delayMs.all.p50],
  ['added delay p99, ms', ({ delayMs }) => delayMs.all.p99],
  ['longest gap, ms', ({ gaps }) => gaps.longestMs],
  ['gaps over 60 ms', ({ gaps }) => gaps.over60Ms],
  ['time to first audio p50, ms', ({ responseMs }) => responseMs.p50],
  ['CPU, ms per session and second', ({ measured }) => measured.cpuMsPerSession],
  ['memory, KB per session', ({ measured }) => measured.memoryKbPerSession],
]

/** Prints two reports side by side, with the change in percent. */
export function compareReports(before: LoadReport, after: LoadReport): string {
  const rows = values.map(([name, read]) => {
    const [old, now] = [read(before), read(after)]
    const change =
      old === null || now === null || old === 0 ? '' : `${now >= old ? '+' : ''}${number((now / old - 1) * 100)} %`
    return [name, number(old), number(now), change]
  })
  const all = [['', 'before', 'now', 'change'], ...rows]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const lines = all.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
  return `${lines.map((line) => `  ${line.trimEnd()}`).join('\n')}\n`
}

/** Parses a report that `--out` has written. Returns `undefined` for anything else. */
export function parseReport(text: string): LoadReport | undefined {
  try {
    const report = JSON.parse(text) as Partial<LoadReport> | null
    const isReport =
      report?.version === 1 &&
      report.delayMs?.all &&
      report.measured &&
      report.sessions &&
      report.gaps &&
      report.responseMs
    return isReport ? (report as LoadReport) : undefined
  } catch {
    return undefined
  }
}
