import type { Latency, LatencyTurn, UsageMeter } from 'realtime-primitives'
import { find } from './dom.js'

const say = (id: string, text: string) => {
  find(id, HTMLElement).textContent = text
}
const inMs = (ms: number | undefined) => (ms === undefined ? '–' : `${Math.round(ms)} ms`)

/** How long the user waited for responses. */
export function showLatency(latency: Latency): void {
  const { firstAudible } = latency.summary()
  say('latency-p50', inMs(firstAudible?.p50))
  say('latency-p95', inMs(firstAudible?.p95))
  say('latency-turns', String(firstAudible?.count ?? 0))
}

/** Latency of the last response that was played. */
export function showTurn({ marks }: LatencyTurn): void {
  if (marks.firstAudible !== undefined) say('latency-last', inMs(marks.firstAudible))
}

/** What the call used up to now, in tokens. */
export function showUsage(usage: UsageMeter): () => void {
  const draw = () => {
    const { total } = usage.getState()
    for (const side of ['input', 'cached', 'output'] as const)
      for (const kind of ['text', 'audio', 'total'] as const) say(`usage-${side}-${kind}`, String(total[side][kind]))
  }
  draw()
  return usage.subscribe(draw)
}
