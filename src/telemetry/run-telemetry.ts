import { context as contextApi, metrics as metricsApi, type Span, trace } from '@opentelemetry/api'
import { type MeasuredSession, runLatency } from '../features/latency/run-latency.js'
import { forgetOldest } from '../internal/forget-oldest.js'
import { redactText } from '../internal/redaction/detector.js'
import { asStoppable, type Stoppable } from '../internal/stoppable.js'
import type { RealtimeSession } from '../session/realtime.js'
import { createSessionMetrics } from './metrics.js'
import { genAi, realtime } from './names.js'
import type { TelemetryOptions } from './options.js'
import { type CallSpan, createTurnSpan, fail, message } from './turn-spans.js'

/** The part of a session that {@link runTelemetry} needs. */
export type TracedSession = MeasuredSession & Pick<RealtimeSession, 'bufferedAmount'>

const scope = 'realtime-primitives'

/** Far fewer calls and responses are in turns that are not complete. */
const maxKept = 256

/**
 * Exports a session to OpenTelemetry: a span for the session, and below it spans for turns, responses, calls, handoffs, and reconnects; and
 * metrics of latency, silences, tokens, cost, interruptions, and lost connections. Names are those of the semantic conventions for generative
 * AI where they exist. Spans and metrics contain nothing that was said, unless `content` is set.
 *
 * @example
 * ```ts
 * const telemetry = runTelemetry(session, { tools: runTools(session, tools), usage: runUsage(session) })
 * ```
 */
export function runTelemetry(session: TracedSession, options: TelemetryOptions = {}): Stoppable {
  const { tools, agents, approvals, usage, attributes = {}, content = false, redact } = options
  const { tracer = trace.getTracer(scope), meter = metricsApi.getMeter(scope) } = options
  const { clock } = session
  const originMs = Date.now() - clock.now()
  const now = () => originMs + clock.now()
  const model = () => modelOf(session)
  const parent = options.context ?? contextApi.active()

  const root = tracer.startSpan('realtime session', { startTime: now(), attributes }, parent)
  root.setAttribute(genAi.provider, 'openai')
  const within = trace.setSpan(parent, root)
  const metrics = createSessionMetrics(meter, attributes, () => session.bufferedAmount)
  const calls = new Map<string, CallSpan>()
  const texts = new Map<string, string>()
  let outage: { readonly span: Span; attempts: number } | undefined
  let hasEnded = false

  const latency = runLatency(session, {
    tools,
    approvals,
    usage,
    onTurn(turn) {
      metrics.recordTurn(turn, model())
      const own = turn.tools.flatMap(({ callId }) => calls.get(callId) ?? [])
      const textOf = (responseId: string) => texts.get(responseId)
      createTurnSpan(turn, { tracer, parent: within, model: model(), calls: own, textOf, recordsContent: content })
    },
  })

  function endOutage(): void {
    outage?.span.setAttribute(realtime.attempts, outage.attempts)
    outage?.span.end(now())
    outage = undefined
  }

  function redacted(text: string): string {
    return redact ? redactText(text, redact) : text
  }

  /** Parts are redacted one by one, because a match at the end of one is hidden by digits at the start of the next. */
  function addText(responseId: string, text: string): void {
    keep(texts, responseId, `${texts.get(responseId) ?? ''}${redacted(text)}`)
  }

  function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
    map.set(key, value)
    forgetOldest(map, maxKept)
  }

  const unsubscribers = [
    session.on('session.created', ({ session: resource }) => {
      root.setAttribute(genAi.requestModel, model())
      if (resource.id) root.setAttribute(genAi.conversationId, resource.id)
    }),
    session.on('status', ({ status }) => {
      if (status === 'reconnecting' && !outage) {
        metrics.recordConnectionLoss()
        outage = { span: tracer.startSpan('reconnect', { startTime: now() }, within), attempts: 0 }
      } else if (status === 'open') endOutage()
    }),
    session.on('reconnecting', () => {
      if (outage) outage.attempts += 1
    }),
    session.on('interrupted', ({ by }) => {
      metrics.recordInterruption(by)
      root.addEvent('interrupted', { [realtime.interruptedBy]: by }, now())
    }),
    session.on('dropped', ({ appends }) => metrics.recordDropped(appends)),
    session.on('close', ({ error }) => {
      if (error) fail(root, error.code)
      end()
    }),
    ...(tools
      ? [
          tools.on('settled', ({ call, outcome, durationMs }) => {
            const endedAt = now()
            const { callId, tool } = call
            const errorCode = outcome.error?.code
            const text = redacted(call.arguments)
            keep(calls, callId, { callId, tool, arguments: text, startedAt: endedAt - durationMs, endedAt, errorCode })
          }),
        ]
      : []),
    ...(agents
      ? [
          agents.on('handedOff', ({ from, to }) => {
            const names = { [genAi.agentName]: to, [realtime.previousAgent]: from }
            tracer.startSpan(`handoff ${to}`, { startTime: now(), attributes: names }, within).end(now())
          }),
        ]
      : []),
    ...(content
      ? [
          session.on('response.output_audio_transcript.done', ({ response_id, transcript }) =>
            addText(response_id, transcript),
          ),
          session.on('response.output_text.done', ({ response_id, text }) => addText(response_id, text)),
          session.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => {
            root.addEvent('user message', { [genAi.inputMessages]: message('user', redacted(transcript)) }, now())
          }),
        ]
      : []),
  ]

  /** Ends the spans. Listeners of `close` run in the order of their subscription, so the turns are complete. */
  function end(): void {
    if (hasEnded) return
    hasEnded = true
    for (const unsubscribe of unsubscribers) unsubscribe()
    latency.stop()
    metrics.stop()
    endOutage()
    root.end(now())
  }

  return asStoppable({ stop: end })
}

function modelOf(session: TracedSession): string {
  const resource = session.getState().session
  return resource?.type === 'realtime' && typeof resource.model === 'string' ? resource.model : 'unknown'
}
