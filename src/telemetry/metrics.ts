import type { Attributes, Meter } from '@opentelemetry/api'
import type { LatencyTurn } from '../features/latency/latency-turn.js'
import { moneyOf, picosOf } from '../features/usage/money.js'
import type { UsageState } from '../features/usage/run-usage.js'
import type { UsageTotal } from '../features/usage/tally.js'
import type { Interruption } from '../session/playback/interruption.js'
import { errorType, genAi, realtime } from './names.js'

/** Records the metrics of a session. Durations are in seconds, as OpenTelemetry recommends. */
export interface SessionMetrics {
  recordTurn(turn: LatencyTurn, model: string): void
  /** Records what was charged between two states of the usage. */
  recordUsage(before: UsageState, after: UsageState): void
  recordInterruption(by: Interruption['by']): void
  recordConnectionLoss(): void
  recordDropped(appends: number): void
  stop(): void
}

/** `bufferedBytes` returns how many bytes wait in the transport. */
export function createSessionMetrics(meter: Meter, common: Attributes, bufferedBytes: () => number): SessionMetrics {
  const seconds = (description: string) => ({ unit: 's', description })
  const duration = meter.createHistogram(genAi.operationDuration, seconds('Duration of a response.'))
  const tokenUsage = meter.createHistogram(genAi.tokenUsage, {
    unit: '{token}',
    description: 'Tokens of a response or a transcription.',
  })
  const firstAudio = meter.createHistogram(
    realtime.timeToFirstAudio,
    seconds('Time from the end of the speech to the first audio that was played.'),
  )
  const silence = meter.createHistogram(realtime.silence, seconds('Part of a silence, by cause.'))
  const cost = meter.createCounter(realtime.cost, { description: 'Cost in the currency of the price list.' })
  const interruptions = meter.createCounter(realtime.interruptions, { description: 'Interrupted responses.' })
  const losses = meter.createCounter(realtime.connectionLosses, { description: 'Lost connections.' })
  const dropped = meter.createCounter(realtime.droppedAppends, {
    description: 'Appends of audio that never reached the server.',
  })
  const buffered = meter.createObservableGauge(realtime.bufferedBytes, {
    unit: 'By',
    description: 'Bytes that the transport has accepted and not sent.',
  })
  const observe: Parameters<typeof buffered.addCallback>[0] = (result) => result.observe(bufferedBytes(), common)
  buffered.addCallback(observe)

  const ofModel = (model: string) => ({ ...common, [genAi.provider]: 'openai', [genAi.requestModel]: model })

  function recordResponses(turn: LatencyTurn, attributes: Attributes): void {
    for (const { createdMs, doneMs, lostMs, status } of turn.responses) {
      const endMs = doneMs ?? lostMs
      if (endMs === undefined) continue
      const failure = status === 'failed' || status === 'lost' ? { [errorType]: status } : {}
      duration.record((endMs - createdMs) / 1000, { ...attributes, [genAi.operation]: 'chat', ...failure })
    }
  }

  function recordCharge(model: string, before: UsageTotal | undefined, after: UsageTotal): void {
    const attributes = ofModel(model)
    const operation = after.responses > (before?.responses ?? 0) ? 'chat' : 'transcription'
    for (const type of ['input', 'output'] as const) {
      const tokens = tokensOf(after, type) - tokensOf(before, type)
      if (tokens > 0)
        tokenUsage.record(tokens, { ...attributes, [genAi.operation]: operation, [genAi.tokenType]: type })
    }
    const spent = picosOf(after.cost?.exact ?? '0') - picosOf(before?.cost?.exact ?? '0')
    if (spent > 0n) cost.add(moneyOf(spent).amount, attributes)
  }

  return {
    recordTurn(turn, model) {
      const attributes = ofModel(model)
      recordResponses(turn, attributes)
      if (!turn.silence) return
      const { startMs, endMs, parts } = turn.silence
      if (turn.marks.firstAudible !== undefined) firstAudio.record((endMs - startMs) / 1000, attributes)
      for (const [cause, ms] of Object.entries(parts))
        if (ms > 0) silence.record(ms / 1000, { ...attributes, [realtime.silenceCause]: cause })
    },
    recordUsage(before, after) {
      for (const [model, total] of Object.entries(after.byModel)) {
        const known = before.byModel[model]
        if (total !== known) recordCharge(model, known, total)
      }
    },
    recordInterruption: (by) => interruptions.add(1, { ...common, [realtime.interruptedBy]: by }),
    recordConnectionLoss: () => losses.add(1, common),
    recordDropped: (appends) => dropped.add(appends, common),
    stop: () => buffered.removeCallback(observe),
  }
}

function tokensOf(total: UsageTotal | undefined, type: 'input' | 'output'): number {
  return total ? total[type].total + total.transcription[type].total : 0
}
