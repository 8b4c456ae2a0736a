import type { Latency, LatencyTurn, UsageMeter } from 'realtime-primitives'
import { find } from './dom.js'

const setText = (id: string, text: string) => {
  find(id, HTMLElement).textContent = text
}
const inMs = (ms: number | undefined) => (ms === undefined ? '–' : `${Math.round(ms)} ms`)

/** Shows how long the user waited for responses. */
export function showLatency(latency: Latency): void {
  const { firstAudible } = latency.summary()
  setText('latency-p50', inMs(firstAudible?.p50))
  setText('latency-p95', inMs(firstAudible?.p95))
  setText('latency-turns', String(firstAudible?.count ?? 0))
}

/** Shows the latency of the last response that was played. */
export function showTurn({ marks }: LatencyTurn): void {
  if (marks.firstAudible !== undefined) setText('latency-last', inMs(marks.firstAudible))
}

/** Shows the tokens that the call has used. */
export function showUsage(usage: UsageMeter): () => void {
  const draw = () => {
    const { total } = usage.getState()
    for (const side of ['input', 'cached', 'output'] as const)
      for (const kind of ['text', 'audio', 'total'] as const)
        setText(`usage-${side}-${kind}`, String(total[side][kind]))
  }
  draw()
  return usage.subscribe(draw)
}
