import { type Context, context as contextApi, metrics as metricsApi, type Span, trace } from '@opentelemetry/api'
import { onMcpCall } from '../features/conversation-items.js'
import type { LatencyTurn } from '../features/latency/latency-turn.js'
import { type MeasuredSession, runLatency } from '../features/latency/run-latency.js'
import type { UsageState } from '../features/usage/run-usage.js'
import { forgetOldest } from '../internal/forget-oldest.js'
import { redactText } from '../internal/redaction/detector.js'
import { asStoppable, type Stoppable } from '../internal/stoppable.js'
import type { RealtimeSession } from '../session/realtime.js'
import { createSessionMetrics } from './metrics.js'
import { genAi, realtime } from './names.js'
import type { TelemetryOptions } from './options.js'
import { type CallSpan, createCallSpan, createTurnSpan, endOf, fail, message } from './turn-spans.js'

/** The part of a session that {@link runTelemetry} needs. */
export type TracedSession = MeasuredSession & Pick<RealtimeSession, 'bufferedAmount'>

const scope = 'realtime-primitives'

/** Far fewer calls and responses are in turns that are not complete. */
const maxKept = 256

/**
 * Exports a session to OpenTelemetry: a span for the session, and below it spans for turns, responses, calls, handoffs, and reconnects; and
 * metrics of latency, silences, tokens, cost, interruptions, and lost connections. Names are those of the semantic conventions for generative
 * AI where they exist. Spans and metrics contain no transcripts, unless `content` is set.
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
  describeSession()
  const within = trace.setSpan(parent, root)
  const metrics = createSessionMetrics(meter, attributes, () => session.bufferedAmount)
  /** The start of each call that runs. */
  const running = new Map<string, number>()
  /** Calls that have settled, until their turn is complete. */
  const settled = new Map<string, CallSpan>()
  /** Calls that run longer than their turn, with the context of its span. */
  const late = new Map<string, Pick<CallSpan, 'tool' | 'type' | 'startedAt'> & { readonly parent: Context }>()
  const texts = new Map<string, string>()
  let outage: { readonly span: Span; attempts: number } | undefined
  let hasEnded = false

  const latency = runLatency(session, {
    tools,
    approvals,
    usage,
    onTurn(turn) {
      metrics.recordTurn(turn, model())
      createTurnSpan(turn, {
        tracer,
        parent: within,
        model: model(),
        textOf: (responseId) => texts.get(responseId),
        createCalls: (ofTurn) => createCalls(turn, ofTurn),
      })
    },
  })

  function createCalls(turn: LatencyTurn, parent: Context): void {
    for (const { callId, name: tool, type, startMs, endMs = endOf(turn) } of turn.tools) {
      const startedAt = running.get(callId)
      if (startedAt !== undefined) late.set(callId, { tool, type, startedAt, parent })
      else {
        // Without `tools`, a call has the times at which the conversation shows it.
        const shown = { callId, tool, type, startedAt: turn.startedAt + startMs, endedAt: turn.startedAt + endMs }
        createCallSpan(settled.get(callId) ?? shown, tracer, parent)
        settled.delete(callId)
      }
    }
  }

  function describeSession(): void {
    const resource = session.getState().session
    if (!resource) return
    root.setAttribute(genAi.requestModel, model())
    if (resource.id) root.setAttribute(genAi.conversationId, resource.id)
  }

  function endCall(call: CallSpan): void {
    running.delete(call.callId)
    const parent = late.get(call.callId)?.parent
    late.delete(call.callId)
    if (parent) createCallSpan(call, tracer, parent)
    else keep(settled, call.callId, call)
  }

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
    session.on('session.created', describeSession),
    session.on('status', ({ status }) => {
      if (status === 'reconnecting' && !outage) {
        metrics.recordConnectionLoss()
        outage = { span: tracer.startSpan('reconnect', { startTime: now() }, within), attempts: 0 }
      } else if (status === 'open') {
        // A joined session reports itself without `session.created`.
        describeSession()
        endOutage()
      }
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
          tools.on('started', ({ call: { callId } }) => keep(running, callId, now())),
          tools.on('settled', ({ call: { callId, tool, arguments: text }, outcome, durationMs }) => {
            const endedAt = now()
            const times = { startedAt: endedAt - durationMs, endedAt }
            const shown = content ? { arguments: redacted(text) } : {}
            endCall({ callId, tool, type: 'function', ...times, ...shown, errorCode: outcome.error?.code })
          }),
        ]
      : []),
    onMcpCall(session, {
      onStarted: ({ itemId }) => keep(running, itemId, now()),
      onEnded({ itemId: callId, tool, arguments: text }, outcome) {
        const endedAt = now()
        const times = { startedAt: running.get(callId) ?? endedAt, endedAt }
        const shown = content ? { arguments: redacted(text) } : {}
        endCall({
          callId,
          tool,
          type: 'mcp',
          ...times,
          ...shown,
          errorCode: outcome === 'completed' ? undefined : outcome,
        })
      },
    }),
    ...(usage ? [onCharge(usage, metrics.recordUsage)] : []),
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
    for (const [callId, { tool, type, startedAt, parent }] of late)
      createCallSpan({ callId, tool, type, startedAt, endedAt: now() }, tracer, parent)
    metrics.stop()
    endOutage()
    root.end(now())
  }

  if (session.getState().status === 'closed') end()

  return asStoppable({ stop: end })
}

/** Calls back with the usage before and after each change. Returns an unsubscribe function. */
function onCharge(
  usage: NonNullable<TelemetryOptions['usage']>,
  callback: (before: UsageState, after: UsageState) => void,
): () => void {
  let before = usage.getState()
  return usage.subscribe(() => {
    const after = usage.getState()
    callback(before, after)
    before = after
  })
}

function modelOf(session: TracedSession): string {
  const resource = session.getState().session
  return resource?.type === 'realtime' && typeof resource.model === 'string' ? resource.model : 'unknown'
}
