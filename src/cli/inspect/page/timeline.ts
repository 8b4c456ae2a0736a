import type { CallSummary } from '../../../recording/call-summary.js'
import { clockTime, duration } from './format.js'
import { type Html, html, trusted } from './html.js'
import type { CallAudio } from './read-audio.js'
import { causes } from './silence-causes.js'

/** Height of a lane, in units of the picture. */
const laneHeight = 56
const pixelsPerSecond = 14
const minColumns = 300
const maxColumns = 12_000

/** Returns the time line of a call: the waveform of each side, with silences, tool calls, and interruptions below. */
export function renderTimeline(summary: CallSummary, audio: CallAudio | undefined): Html {
  const totalMs = Math.max(1, summary.durationMs, audio ? (audio.user.length * 1000) / audio.sampleRate : 0)
  const columns = Math.min(maxColumns, Math.max(minColumns, Math.round((totalMs / 1000) * 30)))
  const x = (ms: number) => round((Math.min(Math.max(ms, 0), totalMs) / totalMs) * columns)
  const width = (startMs: number, endMs: number) => Math.max(round(x(endMs) - x(startMs)), 1)
  const percent = (ms: number) => `${round((Math.min(Math.max(ms, 0), totalMs) / totalMs) * 100)}%`
  const minWidth = Math.min(20_000, Math.round((totalMs / 1000) * pixelsPerSecond))
  const picture = (label: string, content: Html) => html`
<svg class="lane" viewBox="0 0 ${columns} ${laneHeight}" preserveAspectRatio="none" role="img" aria-label="${label}">${content}</svg>`
  const waveform = (side: 'user' | 'agent') =>
    audio
      ? html`<path class="wave ${side}" d="${trusted(wavePath(side === 'user' ? audio.user : audio.agent, audio.sampleRate, totalMs, columns))}"/>`
      : linesOf(summary, side).map(
          ({ startMs, endMs }) =>
            html`<rect class="block ${side}" x="${x(startMs)}" y="14" width="${width(startMs, endMs)}" height="28" rx="3"/>`,
        )
  const silenced = summary.silenced.map(
    ({ startMs, endMs }) =>
      html`<rect class="silenced" x="${x(startMs)}" y="0" width="${width(startMs, endMs)}" height="${laneHeight}"/>`,
  )
  const cuts = summary.interruptions.map(
    ({ atMs }) =>
      html`<rect class="cut" x="${x(atMs)}" y="0" width="${Math.max(1, columns / 800)}" height="${laneHeight}"/>`,
  )
  const what = audio ? 'Waveform' : 'Speech'
  return html`
<div class="timeline scroll" tabindex="0" role="region" aria-label="Time line, ${duration(totalMs)}">
<div class="lanes" style="min-width:max(100%, ${minWidth}px)" data-total-ms="${totalMs}">
<div class="axis" aria-hidden="true">${ticksOf(totalMs).map((ms) => html`<span style="left:${percent(ms)}">${clockTime(ms).replace(/\.0$/, '')}</span>`)}</div>
<div class="row"><span class="name user">User</span>${picture(`${what} of the user`, html`${waveform('user')}${silenced}`)}</div>
<div class="row"><span class="name agent">Agent</span>${picture(`${what} of the agent, with ${summary.interruptions.length} interruptions`, html`${waveform('agent')}${silenced}${cuts}`)}</div>
<div class="row thin"><span class="name">Gaps</span>
<div class="strip">${summary.silences.map(({ startMs, endMs, parts }) => html`<span class="gap" style="left:${percent(startMs)};width:${percent(endMs - startMs)}" title="${duration(endMs - startMs)} of silence">${causes.flatMap(({ name }) => (parts[name] > 0 ? [html`<i class="cause-${name}" style="flex:${round(parts[name])}"></i>`] : []))}</span>`)}</div></div>
${
  summary.toolCalls.length > 0 &&
  html`<div class="row thin"><span class="name">Tools</span>
<div class="strip">${summary.toolCalls.map(({ name, startMs, endMs }) => html`<span class="tool" style="left:${percent(startMs)};width:max(4px, ${percent((endMs ?? totalMs) - startMs)})" title="${name}"></span>`)}</div></div>`
}
<div class="cursor" hidden></div>
</div>
</div>`
}

/** The speech of a side from the transcript, for calls without audio. */
function linesOf({ transcript }: CallSummary, side: 'user' | 'agent') {
  return transcript.flatMap(({ speaker, startMs, endMs, text }) =>
    (speaker === 'user') === (side === 'user') && startMs !== undefined
      ? [{ startMs, endMs: endMs ?? startMs + text.length * 60 }]
      : [],
  )
}

/** Returns the outline of the loudest sample of each column, mirrored. */
function wavePath(samples: Float32Array, sampleRate: number, totalMs: number, columns: number): string {
  const perColumn = (totalMs * sampleRate) / 1000 / columns
  const middle = laneHeight / 2
  const heights: number[] = []
  for (let column = 0; column < columns; column++) {
    let peak = 0
    const end = Math.min(samples.length, Math.ceil((column + 1) * perColumn))
    for (let index = Math.floor(column * perColumn); index < end; index++)
      peak = Math.max(peak, Math.abs(samples[index] as number))
    // Quiet speech is visible, and full scale fills the lane.
    heights.push(Math.max(0.5, Math.min(1, Math.sqrt(peak)) * (middle - 2)))
  }
  const upper = heights.map((height, column) => `${column} ${round(middle - height)}`)
  const lower = heights.map((height, column) => `${column} ${round(middle + height)}`).reverse()
  return `M${[...upper, ...lower].join('L')}Z`
}

/** Returns the times of the axis: at most 12 of them. */
function ticksOf(totalMs: number): readonly number[] {
  const step =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600].map((seconds) => seconds * 1000).find((ms) => totalMs / ms <= 12) ??
    totalMs / 10
  return Array.from({ length: Math.floor((totalMs - step * 0.4) / step) + 1 }, (_, index) => index * step)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
