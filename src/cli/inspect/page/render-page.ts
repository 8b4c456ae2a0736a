import { createHash } from 'node:crypto'
import type { CallSummary } from '../../../recording/call-summary.js'
import { describe } from '../describe.js'
import type { Entry } from '../entries.js'
import { dateTime } from './format.js'
import { type Html, html, jsonForScript, trusted } from './html.js'
import { script } from './page-script.js'
import { style } from './page-style.js'
import type { CallAudio } from './read-audio.js'
import { renderFacts, renderGaps, renderToolCalls, renderTranscript, renderUsage } from './sections.js'
import { causes } from './silence-causes.js'
import { renderTimeline } from './timeline.js'

export interface PageContent {
  /** The name of the recording, as the title. */
  readonly name: string
  readonly summary: CallSummary
  /** The events, with consecutive deltas in one group. */
  readonly groups: readonly (readonly Entry[])[]
  readonly audio: CallAudio | undefined
  /** The audio as a data URL. */
  readonly audioUrl: string | undefined
}

/** The most JSON of one event in the page, in characters. */
const maxEventLength = 20_000

/** Renders a page that needs no other file and no network. The policy in it allows only its own script. */
export function renderPage({ name, summary, groups, audio, audioUrl }: PageContent): string {
  const hash = createHash('sha256').update(script).digest('base64')
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; media-src data:; img-src data:; base-uri 'none'; form-action 'none'`
  const date = dateTime(summary.startedAt)
  const section = (id: string, title: string, content: Html) => html`
<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}
</section>`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${name} – call</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><div><h1>${name}</h1><p class="quiet">${date || 'Recorded call'}</p></div>
<nav aria-label="Sections"><a href="#timeline">Time line</a><a href="#transcript">Transcript</a><a href="#gaps">Gaps</a><a href="#tools">Tools</a><a href="#usage">Usage</a><a href="#events">Events</a></nav></header>
<main id="main" tabindex="-1">
${renderFacts(summary)}
${section(
  'timeline',
  'Time line',
  html`${audioUrl !== undefined && html`<audio controls preload="metadata" src="${audioUrl}" aria-label="Recording: user on the left channel, agent on the right"></audio>`}
${renderTimeline(summary, audio)}
<ul class="legend"><li><i class="user-fill" aria-hidden="true"></i>User</li><li><i class="agent-fill" aria-hidden="true"></i>Agent</li>${summary.interruptions.length > 0 && html`<li><i class="cut-fill" aria-hidden="true"></i>Interruption</li>`}${summary.silenced.length > 0 && html`<li><i class="silenced-fill" aria-hidden="true"></i>Silenced by redaction</li>`}${causes.filter((cause) => summary.silences.some(({ parts }) => parts[cause.name] > 0)).map((cause) => html`<li><i class="cause-${cause.name}" aria-hidden="true"></i>${cause.label}</li>`)}</ul>
${audioUrl === undefined && html`<p class="quiet">${audio ? 'The audio is too long to be part of this page.' : 'There is no audio beside the recording. Bars show when somebody spoke, estimated from the transcript.'}</p>`}`,
)}
<div class="columns">
${section('transcript', 'Transcript', renderTranscript(summary))}
<div>
${section('gaps', 'Where each gap went', renderGaps(summary))}
${section('tools', 'Tool calls', renderToolCalls(summary))}
${section('usage', 'Usage and cost', renderUsage(summary))}
</div>
</div>
${section(
  'events',
  'Events',
  html`<form class="filter" role="search" aria-label="Events"><label>Filter <input type="search" id="filter" autocomplete="off" placeholder="Type or text"></label>
<fieldset><legend class="sr">Direction</legend>${(['sent', 'received', 'local'] as const).map((direction) => html`<label><input type="checkbox" name="direction" value="${direction}" checked> ${direction}</label>`)}</fieldset>
<output id="count" for="filter" aria-live="polite"></output></form>
<ol id="list" class="events"></ol>
<button type="button" id="more" hidden>Show more</button>
<noscript><p>The list of events needs JavaScript.</p></noscript>`,
)}
</main>
<script type="application/json" id="data">${jsonForScript(groups.map(eventOf))}</script>
<script>${trusted(script)}</script>
</body>
</html>
`
  return page.markup
}

/** One row of the list of events, with short names because there are many. */
function eventOf(group: readonly Entry[]) {
  const [first] = group
  const json = JSON.stringify(group.length === 1 ? first?.event : group.map(({ event }) => event), null, 2)
  const isLong = json.length > maxEventLength
  return {
    t: first?.ms,
    d: first?.direction,
    y: first?.type ?? '?',
    n: group.length,
    s: group.length === 1 && first ? describe(first.event) : '',
    p: first?.problem,
    j: isLong ? `${json.slice(0, maxEventLength)}\n… ${json.length - maxEventLength} more characters` : json,
  }
}
