import type { Attributes, Meter } from '@opentelemetry/api'
import type { LatencyTurn } from '../features/latency/latency-turn.js'
import type { Interruption } from '../session/playback/interruption.js'
import { genAi, realtime } from './names.js'

/** Records the metrics of a session. Durations are in seconds, as OpenTelemetry recommends. */
export interface SessionMetrics {
  recordTurn(turn: LatencyTurn, model: string): void
  recordInterruption(by: Interruption['by']): void
  recordConnectionLoss(): void
  recordDropped(appends: number): void
  stop(): void
}

/** `bufferedBytes` returns how many bytes wait in the transport. */
export function createSessionMetrics(meter: Meter, common: Attributes, bufferedBytes: () => number): SessionMetrics {
  const seconds = (description: string) => ({ unit: 's', description })
  const duration = meter.createHistogram(genAi.operationDuration, seconds('Duration of a response.'))
  const tokenUsage = meter.createHistogram(genAi.tokenUsage, { unit: '{token}', description: 'Tokens of a turn.' })
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

  function recordResponses(turn: LatencyTurn, attributes: Attributes): void {
    for (const { createdMs, doneMs } of turn.responses)
      if (doneMs !== undefined)
        duration.record((doneMs - createdMs) / 1000, { ...attributes, [genAi.operation]: 'chat' })
  }

  return {
    recordTurn(turn, model) {
      const attributes = { ...common, [genAi.provider]: 'openai', [genAi.requestModel]: model }
      recordResponses(turn, attributes)
      const { usage } = turn
      if (usage) {
        tokenUsage.record(usage.tokens.input.total, { ...attributes, [genAi.tokenType]: 'input' })
        tokenUsage.record(usage.tokens.output.total, { ...attributes, [genAi.tokenType]: 'output' })
        if (usage.cost) cost.add(usage.cost.amount, attributes)
      }
      if (!turn.silence) return
      const { startMs, endMs, parts } = turn.silence
      if (turn.marks.firstAudible !== undefined) firstAudio.record((endMs - startMs) / 1000, attributes)
      for (const [cause, ms] of Object.entries(parts))
        if (ms > 0) silence.record(ms / 1000, { ...attributes, [realtime.silenceCause]: cause })
    },
    recordInterruption: (by) => interruptions.add(1, { ...common, [realtime.interruptedBy]: by }),
    recordConnectionLoss: () => losses.add(1, common),
    recordDropped: (appends) => dropped.add(appends, common),
    stop: () => buffered.removeCallback(observe),
  }
}
