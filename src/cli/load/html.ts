import { escapeMarkup } from '../../internal/escape-markup.js'
import type { LoadReport, SeriesPoint } from './report.js'
import { number, rowsOf, saturationNotes } from './table.js'

/** A plot over the time of the test. */
interface Plot {
  readonly title: string
  readonly unit: string
  readonly read: (point: SeriesPoint) => number | null
  /** A line at this value. */
  readonly limit?: number | undefined
}

const width = 640
const height = 180
const left = 52
const bottom = 24
/** A longer test is drawn with the largest value of each interval. */
const maxPoints = 300

/** Makes one page with the values and plots of a report. It loads nothing, and contains a table of the plotted values. */
export function reportPage(report: LoadReport): string {
  const limitOf = (name: string) => report.limits.find((limit) => limit.name === name)?.allowed
  const points = thin(report.series)
  const plots: readonly Plot[] = [
    { title: 'Sessions', unit: '', read: (point) => point.sessions },
    { title: 'Added delay, p99', unit: 'ms', read: (point) => point.delayP99Ms, limit: limitOf('max-p99-ms') },
    {
      title: 'Longest gap in audio',
      unit: 'ms',
      read: (point) => point.longestGapMs,
      limit: limitOf('max-gap-ms') ?? 60,
    },
    {
      title: `CPU of ${report.measured.name}`,
      unit: '% of a core',
      read: ({ cpuShare }) => (cpuShare === null ? null : cpuShare * 100),
    },
    { title: `Memory of ${report.measured.name}`, unit: 'MB', read: (point) => point.memoryMb },
    { title: 'Refused calls and errors', unit: 'per second', read: (point) => point.refused + point.errors },
  ]
  const { options } = report
  const title = `Load test: ${options.calls} calls, ${options.via}`
  const rows = rowsOf(report).map(
    ({ name, value }) => `<tr><th scope="row">${escapeMarkup(name.trim())}</th><td>${escapeMarkup(value)}</td></tr>`,
  )
  const limits = report.limits.map(
    ({ name, allowed, found, isExceeded }) =>
      `<tr><th scope="row">--${name}</th><td>${number(found)}</td><td>${number(allowed)}</td><td>${isExceeded ? '<strong>exceeded</strong>' : 'kept'}</td></tr>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeMarkup(title)}</h1>
<p>${escapeMarkup(report.startedAt.slice(0, 16).replace('T', ' '))} UTC, ${escapeMarkup(options.url ?? `${options.via === 'twilio' ? `${options.relay} and ` : ''}emulator on this machine`)}${report.interrupted ? '. The test was interrupted' : ''}.</p>
${saturationNotes(report)
  .map((note) => `<p class="note" role="note">${escapeMarkup(note)}</p>`)
  .join('\n')}
<h2>Results</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Results"><table>${rows.join('')}</table></div>
${limits.length === 0 ? '' : `<h2>Limits</h2><div class="scroll" tabindex="0" role="region" aria-label="Limits"><table><tr><th scope="col">Limit</th><th scope="col">Measured</th><th scope="col">Allowed</th><th scope="col">Result</th></tr>${limits.join('')}</table></div>`}
<h2>Over time</h2>
<p>The shaded part is the ramp.</p>
<div class="plots">${plots.map((plot) => drawPlot(plot, points)).join('\n')}</div>
<details><summary>Values of the plots</summary>${valueTable(plots, points)}</details>
</main>
</body>
</html>
`
}

function drawPlot({ title, unit, read, limit }: Plot, points: readonly SeriesPoint[]): string {
  const endS = Math.max(1, ...points.map(({ atS }) => atS))
  const values = points.flatMap((point) => read(point) ?? [])
  const top = niceMaximum(Math.max(0, ...values, values.length > 0 ? (limit ?? 0) : 0))
  const x = (atS: number) => (left + (atS / endS) * (width - left - 8)).toFixed(1)
  const y = (value: number) => (8 + (1 - value / top) * (height - bottom - 8)).toFixed(1)
  const rampEndS = Math.max(0, ...points.filter(({ phase }) => phase === 'ramp').map(({ atS }) => atS))
  const path = points
    .map((point, index) => ({
      value: read(point),
      isStart: index === 0 || read(points[index - 1] as SeriesPoint) === null,
      point,
    }))
    .flatMap(({ value, isStart, point }) =>
      value === null ? [] : [`${isStart ? 'M' : 'L'}${x(point.atS)} ${y(value)}`],
    )
    .join('')
  const ticks = [0, top / 2, top].map(
    (value) =>
      `<line class="grid" x1="${left}" x2="${width - 8}" y1="${y(value)}" y2="${y(value)}"/><text x="${left - 6}" y="${Number(y(value)) + 4}" text-anchor="end">${number(value)}</text>`,
  )
  const summary =
    values.length === 0
      ? 'Not measured.'
      : `Highest value ${number(Math.max(...values))}, last value ${number(values.at(-1) ?? null)}${unit && ` ${unit}`}.`
  return `<figure>
<figcaption>${escapeMarkup(title)}${unit && ` <span>${escapeMarkup(unit)}</span>`}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(`${title}. ${summary}`)}">
<rect class="ramp" x="${left}" y="8" width="${Math.max(0, Number(x(rampEndS)) - left).toFixed(1)}" height="${height - bottom - 8}"/>
${ticks.join('')}
${limit === undefined || values.length === 0 ? '' : `<line class="limit" x1="${left}" x2="${width - 8}" y1="${y(limit)}" y2="${y(limit)}"/>`}
<path d="${path}"/>
<text x="${left}" y="${height - 6}">0 s</text><text x="${width - 8}" y="${height - 6}" text-anchor="end">${number(endS)} s</text>
</svg>
<p>${summary}</p>
</figure>`
}

function valueTable(plots: readonly Plot[], points: readonly SeriesPoint[]): string {
  const head = plots
    .map(({ title, unit }) => `<th scope="col">${escapeMarkup(title)}${unit && `, ${escapeMarkup(unit)}`}</th>`)
    .join('')
  const rows = points.map(
    (point) =>
      `<tr><th scope="row">${number(point.atS)}</th>${plots.map(({ read }) => `<td>${number(read(point))}</td>`).join('')}</tr>`,
  )
  return `<div class="scroll" tabindex="0" role="region" aria-label="Values of the plots"><table class="values"><thead><tr><th scope="col">Second</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

/** Combines neighbors, so that a long test has at most {@link maxPoints} points. Keeps the largest values. */
function thin(points: readonly SeriesPoint[]): readonly SeriesPoint[] {
  const size = Math.ceil(points.length / maxPoints)
  if (size <= 1) return points
  const largest = (values: readonly (number | null)[]) => {
    const known = values.filter((value) => value !== null)
    return known.length === 0 ? null : Math.max(...known)
  }
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const group = points.slice(index * size, (index + 1) * size)
    return {
      ...(group.at(-1) as SeriesPoint),
      delayP99Ms: largest(group.map(({ delayP99Ms }) => delayP99Ms)),
      longestGapMs: largest(group.map(({ longestGapMs }) => longestGapMs)) ?? 0,
      cpuShare: largest(group.map(({ cpuShare }) => cpuShare)),
      refused: group.reduce((sum, { refused }) => sum + refused, 0) / group.length,
      errors: group.reduce((sum, { errors }) => sum + errors, 0) / group.length,
    }
  })
}

/** Returns the next of 1, 2, 2.5, 5, or 10 times a power of ten. */
function niceMaximum(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= value) ?? 10) * power
}

const style = `
:root{color-scheme:light dark;--text:#1a1c20;--soft:#595f6a;--line:#d5d9e0;--plot:#0b5cad;--limit:#b3261e;--ramp:#8884;--page:#fff}
@media (prefers-color-scheme:dark){:root{--text:#e8eaee;--soft:#a4abb8;--line:#3b414c;--plot:#7db8ff;--limit:#ff8a80;--page:#14161a}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{max-width:1240px;margin:0 auto;padding:16px}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin-top:2rem}
.note{border-left:4px solid var(--limit);padding:4px 12px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th[scope=row]{font-weight:600;min-width:9rem}
td{overflow-wrap:anywhere}
.values{font-variant-numeric:tabular-nums;width:auto}.values th,.values td{text-align:right;white-space:nowrap;min-width:0}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:16px}
figure{margin:0;min-width:0}figcaption{font-weight:600}figcaption span{font-weight:400;color:var(--soft)}
figure p{margin:0;color:var(--soft);font-size:.875rem}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--soft);font-size:14px}
svg path{fill:none;stroke:var(--plot);stroke-width:2}
.grid{stroke:var(--line)}.limit{stroke:var(--limit);stroke-dasharray:6 4}.ramp{fill:var(--ramp)}
summary{cursor:pointer;margin-top:16px}
`
