import { type Attributes, type Context, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import type { LatencyTurn } from '../features/latency/latency-turn.js'
import { errorType, genAi, realtime } from './names.js'

/** A call with its own times, in milliseconds since 1970. */
export interface CallSpan {
  readonly callId: string
  readonly tool: string
  readonly type: 'function' | 'mcp'
  /** `undefined` unless content is recorded. */
  readonly arguments?: string
  readonly startedAt: number
  readonly endedAt: number
  /** The code of the error, if the call failed. */
  readonly errorCode?: string | undefined
}

/** What the spans of a turn need besides its times. */
export interface TurnSpanOptions {
  readonly tracer: Tracer
  readonly parent: Context
  readonly model: string
  /** Transcript of a response. `undefined` unless content is recorded. */
  readonly textOf: (responseId: string) => string | undefined
  /** Creates the spans of the calls of the turn, in the context of its span. */
  readonly createCalls: (parent: Context) => void
}

/** The end of a turn, in milliseconds from its start. */
export function endOf({ marks, responses }: LatencyTurn): number {
  return Math.max(marks.done ?? 0, marks.firstAudible ?? 0, ...responses.map(({ lostMs }) => lostMs ?? 0))
}

/** Creates the span of a turn, with spans for its responses and calls below it. */
export function createTurnSpan(turn: LatencyTurn, options: TurnSpanOptions): void {
  const { tracer, parent, model } = options
  const at = (ms: number) => turn.startedAt + ms
  const endMs = endOf(turn)
  const startTime = at(turn.silence?.startMs ?? 0)
  const span = tracer.startSpan('turn', { startTime, attributes: turnAttributes(turn) }, parent)
  for (const [mark, ms] of Object.entries(turn.marks))
    if (ms !== undefined && mark !== 'tools') span.addEvent(mark, undefined, at(ms))
  if (turn.outcome === 'failed' || turn.outcome === 'lost') fail(span, turn.outcome)

  const within = trace.setSpan(parent, span)
  for (const { id, createdMs, doneMs, lostMs, status } of turn.responses) {
    const text = options.textOf(id)
    const attributes: Attributes = {
      [genAi.operation]: 'chat',
      [genAi.provider]: 'openai',
      [genAi.requestModel]: model,
      [genAi.responseId]: id,
      [genAi.finishReasons]: [status],
      ...(text === undefined ? {} : { [genAi.outputMessages]: message('assistant', text) }),
    }
    const response = tracer.startSpan(`chat ${model}`, { startTime: at(createdMs), attributes }, within)
    if (status === 'failed' || status === 'lost') fail(response, status)
    response.end(at(doneMs ?? lostMs ?? endMs))
  }
  options.createCalls(within)
  span.end(at(endMs))
}

/** Creates the span of a call. It can end after the span of its turn. */
export function createCallSpan(call: CallSpan, tracer: Tracer, parent: Context): void {
  const attributes: Attributes = {
    [genAi.operation]: 'execute_tool',
    [genAi.toolName]: call.tool,
    [genAi.toolCallId]: call.callId,
    // The conventions call a tool that the side of the model calls an extension.
    [genAi.toolType]: call.type === 'mcp' ? 'extension' : 'function',
    ...(call.arguments === undefined ? {} : { [genAi.toolArguments]: call.arguments }),
  }
  const span = tracer.startSpan(`execute_tool ${call.tool}`, { startTime: call.startedAt, attributes }, parent)
  if (call.errorCode !== undefined) fail(span, call.errorCode)
  span.end(call.endedAt)
}

/** A message in the form that the semantic conventions define. */
export function message(role: 'user' | 'assistant', text: string): string {
  return JSON.stringify([{ role, parts: [{ type: 'text', content: text }] }])
}

export function fail(span: Span, type: string): void {
  span.setAttribute(errorType, type)
  span.setStatus({ code: SpanStatusCode.ERROR, message: type })
}

function turnAttributes({ trigger, outcome, silence, usage }: LatencyTurn): Attributes {
  const parts = Object.entries(silence?.parts ?? {}).map(([cause, ms]) => [`${realtime.silence}.${cause}_ms`, ms])
  return {
    [realtime.trigger]: trigger,
    [realtime.outcome]: outcome,
    ...Object.fromEntries(parts),
    ...(usage && {
      [genAi.inputTokens]: usage.tokens.input.total,
      [genAi.outputTokens]: usage.tokens.output.total,
      ...(usage.cost && { [realtime.cost]: usage.cost.amount }),
    }),
  }
}
