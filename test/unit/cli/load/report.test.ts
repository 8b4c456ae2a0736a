import { describe, expect, it } from 'vitest'
import { paintFor } from '../../../../src/cli/io.js'
import { compareReports, parseReport } from '../../../../src/cli/load/compare.js'
import { reportPage } from '../../../../src/cli/load/html.js'
import { printReport, saturationNotes } from '../../../../src/cli/load/table.js'
import { reportOf, sampleOf } from './support.js'

const paint = paintFor({ isTerminal: false, env: {} } as Parameters<typeof paintFor>[0])
const samples = [
  sampleOf(1_000, 'ramp', (tally) => tally.delay('up', 900)),
  sampleOf(2_000, 'hold', (tally) => {
    tally.delay('up', 2)
    tally.delay('down', 4)
    tally.gap(70)
    tally.error('no_answer')
    tally.refuse('http_503')
    tally.count('turns')
  }),
  sampleOf(3_000, 'hold', (tally) => tally.refuse('http_503')),
]

describe('load report', () => {
  it('contains what the hold phase has measured, per session', () => {
    const report = reportOf(samples)
    expect(report).toMatchObject({
      seconds: 2,
      sessions: { mean: 2, peak: 2 },
      gaps: { longestMs: 70, over60Ms: 1 },
      errors: { no_answer: 1 },
      refused: { http_503: 2 },
      measured: { cpuShare: 0.2, cpuMsPerSession: 100, memoryKbPerSession: 5_000, memoryMb: 60 },
    })
    expect(report.delayMs.all.max).toBe(4)
    expect(report.delayMs.up.count).toBe(1)
    expect(report.series).toHaveLength(3)
  })

  it('contains the ramp when the test was interrupted before the hold', () => {
    expect(reportOf(samples.slice(0, 1)).delayMs.up.max).toBe(900)
  })

  it('compares limits, and counts what could not be measured as exceeded', () => {
    const { limits } = reportOf(samples, {
      limits: { 'max-p99-ms': 10, 'max-gaps': 0, 'max-errors': 1, 'max-refused': 1, 'max-heap-growth': 5 },
    })
    expect(limits.filter(({ isExceeded }) => isExceeded).map(({ name, found }) => [name, found])).toEqual([
      ['max-gaps', 1],
      ['max-refused', 2],
      ['max-heap-growth', null],
    ])
  })

  it('reports a generator that has no time left', () => {
    expect(saturationNotes(reportOf(samples))).toEqual([])
    const busy = reportOf([sampleOf(2_000, 'hold', () => {}, 950)])
    expect(saturationNotes(busy)).toHaveLength(1)
    expect(printReport(busy, paint)).toContain('The load generator is saturated: callers 1')
  })

  it('prints refused calls apart from errors, and exceeded limits', () => {
    const text = printReport(reportOf(samples, { limits: { 'max-errors': 0 } }), paint)
    expect(text).toMatch(/refused calls +2 http_503\n/)
    expect(text).toMatch(/errors +1 no_answer\n/)
    expect(text).toContain('--max-errors: 1, allowed 0  exceeded')
  })

  it('keeps neither queries nor user information of the URL', () => {
    const report = reportOf(samples, { url: 'wss://user:secret@calls.example/call?key=secret' })
    expect(report.options.url).toBe('wss://calls.example/call')
    expect(JSON.stringify(report)).not.toContain('secret')
  })

  it('is compared with an earlier one', () => {
    const report = reportOf(samples)
    expect(parseReport(JSON.stringify(report))).toEqual(JSON.parse(JSON.stringify(report)))
    for (const text of ['', 'null', '{}', '{"version":1}']) expect(parseReport(text)).toBeUndefined()
    const cheaper = { ...report, measured: { ...report.measured, cpuMsPerSession: 50 } }
    expect(compareReports(report, cheaper)).toMatch(/CPU, ms per session and second +100 +50 +-50 %/)
  })
})

describe('load page', () => {
  it('loads nothing, and has plots with descriptions and a table of their values', () => {
    const page = reportPage(reportOf(samples, { limits: { 'max-p99-ms': 10 } }))
    expect(page).not.toMatch(/<(script|link|img|iframe)|\bsrc=|@import|url\(/)
    expect(page.match(/<svg [^>]*role="img" aria-label="[^"]+"/g)).toHaveLength(6)
    expect(page.match(/<th scope="row">[\d.]+<\/th>/g)).toHaveLength(3)
    expect(page).toContain('<meta name="viewport"')
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('draws a long test with a bounded number of points, and keeps its peaks', () => {
    const long = Array.from({ length: 3_700 }, (_, index) =>
      sampleOf(index * 1_000, 'hold', (tally) => tally.gap(index === 1_234 ? 999 : 1)),
    )
    const page = reportPage(reportOf(long))
    expect(page.match(/<th scope="row">[\d.]+<\/th>/g)?.length).toBeLessThanOrEqual(300)
    expect(page).toContain('Highest value 999')
  })

  it('escapes what comes from outside', () => {
    const hostile = sampleOf(1_000, 'hold', (tally) => tally.error('<script>alert(1)</script>'))
    expect(reportPage(reportOf([hostile]))).not.toContain('<script>')
  })
})
