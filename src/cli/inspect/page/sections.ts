import type { CallSummary } from '../../../recording/call-summary.js'
import { amount, clockTime, duration } from './format.js'
import { type Html, html } from './html.js'
import { causes } from './silence-causes.js'

/** A button that moves to a time of the call. Without a script or audio, it is the time. */
function timeButton(ms: number | undefined): Html {
  if (ms === undefined) return html`<span class="time">–</span>`
  return html`<button type="button" class="time" data-seek="${Math.round(ms)}" aria-label="Go to ${clockTime(ms)}">${clockTime(ms)}</button>`
}

export function renderFacts({
  durationMs,
  transcript,
  toolCalls,
  silences,
  interruptions,
  usage,
  model,
}: CallSummary): Html {
  const longest = silences.reduce((most, { startMs, endMs }) => Math.max(most, endMs - startMs), 0)
  const facts: (readonly [string, string])[] = [
    ['Duration', duration(durationMs)],
    ['Turns', String(transcript.filter(({ speaker }) => speaker === 'user').length)],
    ['Interruptions', String(interruptions.length)],
    ['Tool calls', String(toolCalls.length)],
    ['Longest gap', silences.length > 0 ? duration(longest) : '–'],
    ['Cost', usage.cost ? amount(usage.cost.amount) : '–'],
  ]
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${model !== undefined && html`<p class="quiet">Model: ${model}</p>`}`
}

export function renderTranscript({ transcript }: CallSummary): Html {
  if (transcript.length === 0) return html`<p class="quiet">The recording contains no messages.</p>`
  return html`<ol class="transcript">${transcript.map(({ speaker, text, played, startMs }) => {
    const isCut = played !== undefined && text.startsWith(played) && played.length < text.length
    const words = isCut
      ? html`${played}<span class="unplayed"><span class="sr">Not played: </span>${text.slice(played.length)}</span>`
      : wordsOf(text)
    return html`
<li class="${speaker === 'user' ? 'user' : 'agent'}">${timeButton(startMs)}<div><b>${speaker === 'user' ? 'User' : 'Agent'}</b>
<p>${words}</p>${isCut && html`<p class="quiet">Interrupted. The crossed-out words were not played.</p>`}</div></li>`
  })}</ol>`
}

/** A recording without text has its length, as dots or in brackets. */
function wordsOf(text: string): Html {
  const length = /^·+$/.test(text) ? text.length : Number(/^\[(\d+) chars\]$/.exec(text)?.[1] ?? 0)
  if (length > 0) return html`<i class="quiet">${length} characters, not recorded</i>`
  return text === '' ? html`<i class="quiet">No text</i>` : html`${text}`
}

export function renderGaps({ silences }: CallSummary): Html {
  if (silences.length === 0) return html`<p class="quiet">No gap before an answer was measured.</p>`
  const totals = causes
    .map((cause) => ({ ...cause, ms: silences.reduce((sum, { parts }) => sum + (parts[cause.name] ?? 0), 0) }))
    .filter(({ ms }) => ms > 0)
  const longest = Math.max(...silences.map(({ startMs, endMs }) => endMs - startMs))
  return html`
<ul class="legend">${totals.map(({ name, label, ms }) => html`<li><i class="cause-${name}" aria-hidden="true"></i>${label} <b>${duration(ms)}</b></li>`)}</ul>
<div class="scroll" tabindex="0" role="region" aria-label="Gaps by cause"><table>
<caption class="sr">Each gap before an answer, and how much of it each cause took</caption>
<thead><tr><th scope="col">At</th><th scope="col">Gap</th><th scope="col" class="bar-column"><span class="sr">Share of causes</span></th>${totals.map(({ label }) => html`<th scope="col" class="number">${label}</th>`)}</tr></thead>
<tbody>${silences.map(
    ({ startMs, endMs, parts }) => html`
<tr><th scope="row">${timeButton(startMs)}</th><td class="number"><b>${duration(endMs - startMs)}</b></td>
<td class="bar-column" aria-hidden="true"><span class="bar" style="width:${Math.round(((endMs - startMs) / longest) * 100)}%">${causes.flatMap(({ name }) => (parts[name] > 0 ? [html`<i class="cause-${name}" style="flex:${Math.round(parts[name])}"></i>`] : []))}</span></td>
${totals.map(({ name }) => html`<td class="number">${parts[name] > 0 ? duration(parts[name]) : '–'}</td>`)}</tr>`,
  )}</tbody></table></div>`
}

export function renderToolCalls({ toolCalls }: CallSummary): Html {
  if (toolCalls.length === 0) return html`<p class="quiet">No function was called.</p>`
  return html`<ol class="tools">${toolCalls.map(
    ({ name, arguments: text, output, startMs, endMs }) => html`
<li>${timeButton(startMs)}<details><summary><code>${name}</code> <span class="quiet">${endMs === undefined ? 'no output' : duration(endMs - startMs)}</span></summary>
<h3>Arguments</h3><pre tabindex="0">${pretty(text)}</pre>
<h3>Output</h3><pre tabindex="0">${output === undefined ? 'None' : pretty(output)}</pre></details></li>`,
  )}</ol>`
}

export function renderUsage({ usage }: CallSummary): Html {
  const { input, output, transcription } = usage
  if (!input || !output) return html`<p class="quiet">No usage was reported.</p>`
  const row = (name: string, counts: { readonly total?: number; readonly text?: number; readonly audio?: number }) =>
    html`<tr><th scope="row">${name}</th>${[counts.text, counts.audio, counts.total].map((count) => html`<td class="number">${count ?? 0}</td>`)}</tr>`
  return html`
<div class="scroll" tabindex="0" role="region" aria-label="Tokens"><table>
<caption class="sr">Tokens by kind</caption>
<thead><tr><th scope="col">Tokens</th><th scope="col" class="number">Text</th><th scope="col" class="number">Audio</th><th scope="col" class="number">Total</th></tr></thead>
<tbody>${row('Input', input)}${row('Output', output)}</tbody></table></div>
<p class="quiet">Responses: ${usage.responses}. Transcripts: ${transcription?.count ?? 0}${usage.cost ? `, cost ${usage.cost.exact} in the currency of the price list` : '. Record with prices to get the cost'}.</p>`
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
