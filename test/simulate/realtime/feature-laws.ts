import type { ToolActivity } from '../../../src/features/latency/delays.js'
import type { LatencyTurn } from '../../../src/features/latency/latency-turn.js'
import { runLatency } from '../../../src/features/latency/run-latency.js'
import type { Prices } from '../../../src/features/usage/prices.js'
import { runUsage, type UsageMeter } from '../../../src/features/usage/run-usage.js'
import type { RealtimeSession } from '../../../src/session/realtime.js'
import type { Environment } from '../world.js'
import type { EmittedEvents } from './emitted-events.js'
import { checkMeter, checkTurns, checkTurnTimes } from './measurement-laws.js'

/** Prices that differ, so that tokens of the wrong kind show in the cost. */
const rates = { input: { text: 4, audio: 32 }, cached: { text: 0.4, audio: 0.8 }, output: { text: 16, audio: 64.5 } }
const prices: Prices = { 'gpt-realtime-2.1': rates }

/** Costs are compared as numbers, which are rounded. */
const roundingError = 1e-9

interface Details {
  readonly text_tokens?: number
  readonly audio_tokens?: number
}

interface DoneResponse {
  readonly id: string
  readonly usage?: {
    readonly input_token_details?: Details & { readonly cached_tokens_details?: Details }
    readonly output_token_details?: Details
  } | null
}

/** Compares what features report with what the simulation has seen. */
export interface FeatureLaws {
  readonly usage: UsageMeter
  /** Whether no call runs. */
  readonly isIdle: boolean
  /** Records the end of a response, as a listener has received it. */
  responseDone(response: unknown): void
  /** Checks the meter and the tools when nothing happens any more. `ran` has the calls that the tools of this session have run. */
  check(ran: readonly string[]): void
  /** Checks the turns when the session is closed. */
  checkClosed(): void
}

interface Interval {
  readonly startMs: number
  endMs: number | undefined
}

/** Starts the features that only measure, and watches them. */
export function createFeatureLaws(
  { clock, report }: Pick<Environment, 'clock' | 'report'>,
  options: {
    readonly session: RealtimeSession
    readonly events: EmittedEvents
    /** Whether the positions of the user's audio are never known, because it does not travel in events. */
    readonly isMedia: boolean
    readonly isLawless: () => boolean
    readonly tools: ToolActivity | undefined
    /** Called in each listener. */
    readonly react: (name: string) => void
  },
): FeatureLaws {
  const { session, events, tools, react } = options
  const turns: LatencyTurn[] = []
  const calls = new Map<string, Interval>()
  const counted: DoneResponse[] = []
  const usage = runUsage(session, { prices })
  const originMs = Date.now() - clock.now()

  tools?.on('started', ({ call }) => {
    if (calls.has(call.callId)) report('a call is reported as started once', call.callId)
    calls.set(call.callId, { startMs: clock.now(), endMs: undefined })
    react('tool started')
  })
  tools?.on('settled', ({ call, durationMs }) => {
    const known = calls.get(call.callId)
    if (known?.endMs !== undefined) report('a call is reported as settled once', call.callId)
    const tookMs = known ? clock.now() - known.startMs : 0
    if (durationMs !== tookMs) report('the duration of a call is reported', `${durationMs} ms instead of ${tookMs} ms`)
    if (known) known.endMs = clock.now()
    react('tool settled')
  })
  runLatency(session, { usage, onTurn: checkTurn, ...(tools ? { tools } : {}) })

  /** Returns for how long at least one call ran between two times. */
  function runningMs(fromMs: number, toMs: number): number {
    const parts = [...calls.values()]
      .map(({ startMs, endMs = toMs }) => ({ startMs: Math.max(startMs, fromMs), endMs: Math.min(endMs, toMs) }))
      .sort((a, b) => a.startMs - b.startMs)
    let untilMs = fromMs
    return parts.reduce((sum, { startMs, endMs }) => {
      const addedMs = Math.max(0, endMs - Math.max(startMs, untilMs))
      untilMs = Math.max(untilMs, endMs)
      return sum + addedMs
    }, 0)
  }

  let notified = usage.getState()
  usage.subscribe(() => {
    notified = usage.getState()
  })

  function checkTurn(turn: LatencyTurn): void {
    const { marks, silence, startedAt, responses, usage: used } = turn
    turns.push(turn)
    const [, movedAt = Number.POSITIVE_INFINITY] = events.timesOf('session.created')
    const paces = options.isMedia || startedAt - originMs > movedAt
    if (!options.isLawless()) checkTurnTimes({ report }, events, { turn, originMs, paces })
    const { created = 0, firstDelta = created, done = firstDelta, ...others } = marks
    const values = [created, firstDelta, done, ...Object.values(others)]
    if (values.some((value) => value !== undefined && !(value >= 0)))
      report('the marks of a turn are not before its start', JSON.stringify(marks))
    const isDone = responses.every(({ doneMs }) => doneMs !== undefined)
    if (created > firstDelta || (isDone && firstDelta > done))
      report('the marks of a turn are in order', JSON.stringify(marks))
    const startMs = startedAt - originMs
    if (silence) {
      const { parts } = silence
      const sumMs = Object.values(parts).reduce((sum, ms) => sum + ms, 0)
      const silentMs = silence.endMs - silence.startMs
      if (Math.abs(sumMs - silentMs) > 0.01) report('the parts of a silence add up', `${sumMs} ms of ${silentMs} ms`)
      const ranMs = runningMs(startMs + silence.startMs, startMs + silence.endMs)
      if (tools && parts.tool > ranMs + 0.01)
        report('the silence has the time of tools', `${parts.tool} ms instead of ${ranMs} ms`)
    }
    const ids = responses.map(({ id }) => id)
    const costs = usage.getState().responses.filter(({ id }) => ids.includes(id))
    const expected = costs.reduce((sum, { cost }) => sum + (cost?.amount ?? 0), 0)
    if (used?.cost && Math.abs(used.cost.amount - expected) > roundingError)
      report('a turn costs what its responses cost', `${used.cost.amount} instead of ${expected}`)
  }

  function checkUsage(): void {
    const { total, responses } = usage.getState()
    const ids = responses.filter(({ status }) => status !== 'lost').map(({ id }) => id)
    const missing = counted.slice(-50).find(({ id }) => !ids.includes(id))
    if (missing) report('the meter has the last responses', missing.id)
    const cost = counted.reduce((sum, response) => sum + costOf(response), 0)
    const actual = total.cost?.amount ?? 0
    if (Math.abs(actual - cost) > roundingError) report('the meter has the cost', `${actual} instead of ${cost}`)
  }

  return {
    usage,
    get isIdle() {
      return [...calls.values()].every(({ endMs }) => endMs !== undefined)
    },
    responseDone(response) {
      const done = response as DoneResponse
      if (!counted.some(({ id }) => id === done.id)) counted.push(done)
    },
    check(ran) {
      checkUsage()
      checkMeter({ report }, events, usage.getState())
      if (notified !== usage.getState())
        report('subscribers of the meter are notified', 'its state has changed since the last notification')
      for (const id of ran) if (!calls.has(id)) report('a call that has run is reported as started', id)
      for (const [id, { endMs }] of calls)
        if (endMs === undefined) report('a call that has started is reported as settled', id)
    },
    checkClosed() {
      if (!options.isLawless()) checkTurns({ report }, events, turns)
    },
  }
}

function costOf({ usage }: DoneResponse): number {
  const { input_token_details: input, output_token_details: output } = usage ?? {}
  const cached = input?.cached_tokens_details
  const micros = (['text', 'audio'] as const).reduce((sum, kind) => {
    const tokens = (details: Details | undefined) => details?.[`${kind}_tokens`] ?? 0
    const fresh = tokens(input) - tokens(cached)
    return sum + fresh * rates.input[kind] + tokens(cached) * rates.cached[kind] + tokens(output) * rates.output[kind]
  }, 0)
  return micros / 1e6
}
