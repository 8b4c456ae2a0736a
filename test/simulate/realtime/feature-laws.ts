import type { ToolActivity } from '../../../src/features/latency/delays.js'
import type { LatencyTurn } from '../../../src/features/latency/latency-turn.js'
import { type Latency, runLatency } from '../../../src/features/latency/run-latency.js'
import { runUsage, type UsageMeter } from '../../../src/features/usage/run-usage.js'
import type { RealtimeSession } from '../../../src/session/realtime.js'
import type { Environment } from '../world.js'
import { costOf, type DoneResponse, prices } from './costs.js'
import type { EmittedEvents } from './emitted-events.js'
import { checkMeter, checkReports, checkTurns, checkTurnTimes, isUnidentified } from './measurement-laws.js'

/** Costs are compared as numbers, which are rounded. */
const roundingError = 1e-9

/** Compares what features report with what the simulation has seen. */
export interface FeatureLaws {
  readonly usage: UsageMeter
  readonly latency: Latency
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
    readonly isStopped: (feature: string) => boolean
    /** Called in each listener. */
    readonly react: (name: string) => void
  },
): FeatureLaws {
  const { session, events, tools, react } = options
  const turns: LatencyTurn[] = []
  /** When `onTurn` has received each turn, in virtual time. */
  const reportedAt = new Map<LatencyTurn, number>()
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
  const mcpCalls = new Map<string, Interval>()
  const endMcpCalls = (ids: readonly string[]) => {
    for (const id of ids) {
      const known = mcpCalls.get(id)
      if (known) known.endMs ??= clock.now()
    }
  }
  session.on('response.mcp_call.in_progress', ({ item_id: id }) => {
    mcpCalls.set(id, { startMs: clock.now(), endMs: undefined })
  })
  session.on('response.mcp_call.completed', ({ item_id: id }) => endMcpCalls([id]))
  session.on('response.mcp_call.failed', ({ item_id: id }) => endMcpCalls([id]))
  session.on('session.created', () => endMcpCalls([...mcpCalls.keys()]))
  const latency = runLatency(session, { usage, onTurn: checkTurn, ...(tools ? { tools } : {}) })

  /** Returns for how long at least one call ran between two times. */
  function runningMs(fromMs: number, toMs: number): number {
    const parts = [...calls.values(), ...mcpCalls.values()]
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
    reportedAt.set(turn, clock.now())
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

  /** The percentiles of the turns by the nearest-rank method. */
  function checkSummary(): void {
    if (options.isStopped('latency')) return
    const summary = latency.summary()
    for (const mark of ['committed', 'created', 'firstDelta', 'firstAudible', 'done'] as const) {
      const values = turns.flatMap(({ marks }) => marks[mark] ?? []).sort((a, b) => a - b)
      const at = (part: number) => values[Math.ceil(part * values.length) - 1]
      const expected = values.length === 0 ? undefined : [values.length, at(0.5), at(0.9), at(0.95), values.at(-1)]
      const { count, p50, p90, p95, max } = summary[mark] ?? {}
      const actual = summary[mark] && [count, p50, p90, p95, max]
      if (JSON.stringify(actual) !== JSON.stringify(expected))
        report('the percentiles are those of the turns', `${mark}: ${actual} instead of ${expected}`)
    }
    const totals = turns.flatMap(({ silence }) => (silence ? [silence.endMs - silence.startMs] : []))
    const longest = totals.length === 0 ? undefined : Math.max(...totals)
    if (summary.silence.total?.max !== longest)
      report('the percentiles are those of the turns', `silence: ${summary.silence.total?.max} instead of ${longest}`)
  }

  function checkUsage(): void {
    const { total, byModel, responses } = usage.getState()
    const ids = responses.filter(({ status }) => status !== 'lost').map(({ id }) => id)
    const missing = counted.slice(-50).find(({ id }) => !ids.includes(id))
    if (missing) report('the meter has the last responses', missing.id)
    const cost = counted.reduce((sum, response) => sum + costOf(response), 0)
    const actual = total.cost?.amount ?? 0
    if (Math.abs(actual - cost) > roundingError && !isUnidentified(events, { byModel }))
      report('the meter has the cost', `${actual} instead of ${cost}`)
  }

  return {
    usage,
    latency,
    get isIdle() {
      if (options.isStopped('tools')) return true
      return [...calls.values()].every(({ endMs }) => endMs !== undefined)
    },
    responseDone(response) {
      const done = response as DoneResponse
      if (!counted.some(({ id }) => id === done.id)) counted.push(done)
    },
    check(ran) {
      checkUsage()
      checkMeter({ report }, events, usage.getState())
      checkSummary()
      if (notified !== usage.getState())
        report('subscribers of the meter are notified', 'its state has changed since the last notification')
      if (options.isStopped('tools')) return
      for (const id of ran) if (!calls.has(id)) report('a call that has run is reported as started', id)
      for (const [id, { endMs }] of calls)
        if (endMs === undefined) report('a call that has started is reported as settled', id)
    },
    checkClosed() {
      if (options.isLawless() || options.isStopped('latency')) return
      checkTurns({ report }, events, turns)
      checkReports({ report }, { turns, reportedAt, originMs })
    },
  }
}
