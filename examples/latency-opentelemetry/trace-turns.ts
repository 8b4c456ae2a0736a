import { context, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { type Latency, type LatencyTurn, type RealtimeSession, runLatency } from 'realtime-primitives'

/**
 * Makes a span of every turn, below the span that is active now, with a span for each response and each call of a function in it. The
 * moments of the turn are events of its span.
 */
export function traceTurns(session: RealtimeSession, tracer: Tracer): Latency {
  const parent = context.active() // events of the session come from outside of it
  return runLatency(session, {
    onTurn: (turn) => context.with(parent, () => exportTurn(turn, tracer)),
  })
}

function exportTurn({ trigger, startedAt, marks, responses, tools, outcome }: LatencyTurn, tracer: Tracer): void {
  const at = (ms: number) => startedAt + ms
  const endMs = Math.max(marks.done ?? 0, marks.firstAudible ?? 0)
  const span = tracer.startSpan('turn', { startTime: at(0), attributes: { trigger, outcome } })
  for (const [mark, ms] of Object.entries(marks)) {
    if (ms === undefined) continue
    span.setAttribute(`latency.${mark}_ms`, ms)
    if (mark !== 'tools') span.addEvent(mark, undefined, at(ms))
  }
  if (outcome === 'failed' || outcome === 'lost') span.setStatus({ code: SpanStatusCode.ERROR, message: outcome })

  const within = trace.setSpan(context.active(), span)
  for (const { id, createdMs, doneMs, status } of responses) {
    const options = { startTime: at(createdMs), attributes: { 'response.id': id, status } }
    tracer.startSpan('response', options, within).end(at(doneMs ?? endMs))
  }
  for (const { name, callId, startMs, endMs: toolEndMs } of tools) {
    const options = { startTime: at(startMs), attributes: { 'tool.name': name, 'tool.call_id': callId } }
    tracer.startSpan(`tool ${name}`, options, within).end(at(toolEndMs ?? endMs))
  }
  span.end(at(endMs))
}
