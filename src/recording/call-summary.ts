import type { LatencyTurn } from '../features/latency/latency-turn.js'
import { type LatencyOptions, type MeasuredSession, runLatency } from '../features/latency/run-latency.js'
import type { SilenceParts } from '../features/latency/silence.js'
import { runTranscript, selectLines, type TranscribedSession } from '../features/transcript/run-transcript.js'
import { type MeteredSession, runUsage, type UsageState } from '../features/usage/run-usage.js'
import type { UsageTotal } from '../features/usage/tally.js'
import type { ReadableStore } from '../internal/readable-store.js'
import { redactStart, redactText, type TextDetector } from '../internal/redaction/detector.js'
import type { SilencedInterval } from './turn-guard.js'

/** A message of a recorded call. Times are milliseconds of the recording. */
export interface CallLine {
  readonly id: string
  readonly speaker: 'user' | 'assistant'
  readonly text: string
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  /** The start of `text` that was played before an interruption, estimated. `undefined` if it was not interrupted. */
  readonly played: string | undefined
}

/** A function or MCP call of a recorded call. Times are milliseconds of the recording. */
export interface CallToolCall {
  readonly callId: string
  readonly name: string
  readonly arguments: string
  /** When its arguments were complete. */
  readonly startMs: number
  /** When the server received its output. `undefined` if it did not. */
  readonly endMs: number | undefined
  readonly output: string | undefined
}

/** The silence before an answer. Times are milliseconds of the recording. */
export interface CallSilence {
  readonly startMs: number
  readonly endMs: number
  /** How much of it each cause took, in milliseconds. */
  readonly parts: SilenceParts
}

/** An interruption of the model. */
export interface CallInterruption {
  readonly atMs: number
  readonly by: 'caller' | 'client'
}

/** What happened in a recorded call. It is plain JSON. */
export interface CallSummary {
  /** When the recording started, as an ISO 8601 date. */
  readonly startedAt: string
  readonly durationMs: number
  readonly model: string | undefined
  readonly transcript: readonly CallLine[]
  readonly toolCalls: readonly CallToolCall[]
  readonly silences: readonly CallSilence[]
  readonly interruptions: readonly CallInterruption[]
  /** Tokens, and the cost if `usage` has prices. */
  readonly usage: UsageTotal
  /** Where the audio was silenced, because the detector found something in the text of the turn or because its text is not known. */
  readonly silenced: readonly SilencedInterval[]
}

/** The part of a session whose summary is collected. */
export type SummarizedSession = MeasuredSession & TranscribedSession & MeteredSession

export interface SummaryOptions {
  readonly tools?: LatencyOptions['tools']
  readonly approvals?: LatencyOptions['approvals']
  readonly usage?: Pick<ReadableStore<UsageState>, 'getState'> | undefined
  readonly redact?: TextDetector | undefined
  /** Whether an item precedes the recording. */
  readonly isEarlier: (itemId: string) => boolean
}

/** Collects what happens in a call from now on. */
export interface SummaryCollector {
  /** Returns the summary so far. */
  summary(silenced: readonly SilencedInterval[]): CallSummary
  stop(): void
}

/** How many entries of each list are kept, the last ones. */
const maxEntries = 10_000

export function collectSummary(session: SummarizedSession, options: SummaryOptions): SummaryCollector {
  const { tools, approvals, redact, isEarlier } = options
  const { clock } = session
  const originMs = clock.now()
  const startedAt = new Date()
  const transcript = runTranscript(session)
  const ownUsage = options.usage ? undefined : runUsage(session)
  const usage = options.usage ?? (ownUsage as Pick<ReadableStore<UsageState>, 'getState'>)
  const silences: CallSilence[] = []
  const interruptions: CallInterruption[] = []
  const calls = new Map<string, { -readonly [Field in keyof CallToolCall]: CallToolCall[Field] }>()
  /** When an item was added, for items that no player plays. */
  const addedMs = new Map<string, number>()
  let stoppedMs: number | undefined

  const nowMs = () => Math.round(clock.now() - originMs)
  const redacted = (text: string) => (redact ? redactText(text, redact) : text)

  function addTurn({ startedAt: turnStartedAt, silence }: LatencyTurn): void {
    if (!silence) return
    const turnMs = turnStartedAt - startedAt.getTime()
    const [startMs, endMs] = [Math.round(turnMs + silence.startMs), Math.round(turnMs + silence.endMs)]
    if (startMs >= 0) keep(silences, { startMs, endMs, parts: silence.parts })
  }

  const latency = runLatency(session, { tools, approvals, usage, onTurn: addTurn })

  function addItem(item: { readonly id?: string | undefined; readonly type: string }): void {
    if (item.id === undefined || isEarlier(item.id)) return
    if (!addedMs.has(item.id) && addedMs.size < maxEntries) addedMs.set(item.id, nowMs())
    const { call_id: callId = item.id, name = '', arguments: text, output } = item as Partial<Record<string, string>>
    if (item.type === 'function_call_output') {
      const call = calls.get(callId)
      if (call)
        Object.assign(call, {
          endMs: call.endMs ?? nowMs(),
          output: output === undefined ? undefined : redacted(output),
        })
      return
    }
    if ((item.type !== 'function_call' && item.type !== 'mcp_call') || calls.size >= maxEntries) return
    const known = calls.get(callId)
    const hasOutput = item.type === 'mcp_call' && typeof output === 'string'
    calls.set(callId, {
      callId,
      name,
      arguments: text ? redacted(text) : (known?.arguments ?? ''),
      startMs: known?.arguments ? known.startMs : nowMs(),
      endMs: hasOutput ? (known?.endMs ?? nowMs()) : known?.endMs,
      output: hasOutput ? redacted(output) : known?.output,
    })
  }

  function linesOf(): readonly CallLine[] {
    return selectLines(transcript.getState())
      .filter(({ id }) => !isEarlier(id))
      .slice(-maxEntries)
      .map(({ id, speaker, text, startMs, endMs, cut }) => ({
        id,
        speaker,
        text: redacted(text),
        startMs: startMs ?? addedMs.get(id),
        endMs,
        played: cut?.played !== undefined && redact ? redactStart(text, cut.played, redact) : cut?.played,
      }))
  }

  const unsubscribe = [
    session.on('conversation.item.added', ({ item }) => addItem(item)),
    session.on('conversation.item.done', ({ item }) => addItem(item)),
    session.on('response.output_item.done', ({ item }) => addItem(item)),
    session.on('interrupted', ({ by }) => keep(interruptions, { atMs: nowMs(), by })),
  ]

  return {
    summary: (silenced) => ({
      startedAt: startedAt.toISOString(),
      durationMs: stoppedMs ?? nowMs(),
      model: modelOf(session),
      transcript: linesOf(),
      toolCalls: [...calls.values()].map((call) => ({ ...call })),
      silences: [...silences],
      interruptions: [...interruptions],
      usage: usage.getState().total,
      silenced,
    }),
    stop() {
      stoppedMs ??= nowMs()
      for (const off of unsubscribe) off()
      latency.stop()
      transcript.stop()
      ownUsage?.stop()
    },
  }
}

function modelOf(session: SummarizedSession): string | undefined {
  const model = (session.getState().session as { readonly model?: unknown } | undefined)?.model
  return typeof model === 'string' ? model : undefined
}

function keep<Entry>(list: Entry[], entry: Entry): void {
  list.push(entry)
  if (list.length > maxEntries) list.shift()
}
