import { runDebug } from '../../../src/features/debug/run-debug.js'
import type { BudgetStatus } from '../../../src/features/usage/budget.js'
import { runUsage, type UsageState } from '../../../src/features/usage/run-usage.js'
import type { Stoppable } from '../../../src/internal/stoppable.js'
import type { RealtimeSession } from '../../../src/session/realtime.js'
import type { DebugEntry } from '../../../src/transports/debug/debug-log.js'
import { firstDifference } from '../oracle.js'
import type { Environment } from '../world.js'
import { costOf, prices } from './costs.js'
import type { Setup } from './setup.js'

/** Part of the limit at which a budget warns by default. */
const warnAt = 0.8

/** How long the session may take to send the cancellation of a response, in milliseconds. */
const cancelLimitMs = 100

/** Checks of features that only report. */
export interface PassiveLaws {
  readonly debug: Stoppable | undefined
  readonly budget: Stoppable | undefined
  /** Whether the budget cancels responses or has closed the session. */
  readonly hasSpentBudget: boolean
  checkCalm(): void
}

export function createPassiveLaws(
  { clock, network, report }: Pick<Environment, 'clock' | 'network' | 'report'>,
  session: RealtimeSession,
  setup: Setup,
  isStopped: (feature: string) => boolean,
): PassiveLaws {
  const debug = setup.debugs ? createDebugLaws() : undefined
  const budget = setup.budget === 'none' ? undefined : createBudgetLaws(setup.budget)

  /** The log has each event and each change of the status, without audio and text. */
  function createDebugLaws() {
    const expected: string[] = []
    const written: string[] = []
    let lastAt = clock.now()
    const debug = runDebug(session, { clock, log: receive })

    function receive({ message, data, sinceMs, namespace, area }: DebugEntry): void {
      if (isStopped('debug')) report('a stopped feature does nothing', `debug: ${message}`)
      if (sinceMs !== Math.round(clock.now() - lastAt)) report('the debug log has the time between entries', message)
      lastAt = clock.now()
      if (namespace !== `realtime-primitives:${area}`) report('the debug log has its areas', namespace)
      if (message.startsWith('received ') || message.startsWith('status ')) written.push(message)
      const text = data === undefined ? '' : JSON.stringify(data)
      const secret = /\b(?:apples|plums|word\d+)\b|[A-Za-z0-9+/]{200}/.exec(text)
      if (secret) report('the debug log has neither text nor audio', `${message}: ${secret[0].slice(0, 40)}`)
    }

    session.on('*', ({ type }) => void expected.push(`received ${type}`))
    session.on('invalid', () => void expected.push('received an invalid event'))
    session.on('status', ({ status, previous }) => void expected.push(`status ${previous} -> ${status}`))
    return {
      debug,
      check() {
        const difference = isStopped('debug') ? undefined : firstDifference(written, expected)
        if (difference) report('the debug log has each event', difference)
      },
    }
  }

  /** A budget warns once, is exceeded once, and acts from then on. */
  function createBudgetLaws({ limit, action }: Exclude<Setup['budget'], 'none'>) {
    const counted = new Map<string, number>()
    let warnings = 0
    let excesses = 0
    const budget = runUsage(session, {
      prices,
      budget: {
        limit,
        action,
        onWarning: (state) => notify('warning', state),
        onExceeded: (state) => notify('excess', state),
      },
    })
    const spent = () => [...counted.values()].reduce((sum, cost) => sum + cost, 0)

    function notify(what: 'warning' | 'excess', state: UsageState): void {
      if (isStopped('budget')) report('a stopped feature does nothing', `budget: ${what}`)
      if (what === 'warning') warnings += 1
      else excesses += 1
      if (warnings > 1 || excesses > 1) report('a budget reports once', `${warnings} warnings, ${excesses} excesses`)
      if (what === 'excess' && state.budget !== 'exceeded') report('a budget reports its status', state.budget)
    }

    function check(): void {
      if (isStopped('budget')) return
      const amount = spent()
      // Amounts are compared as numbers, which are rounded.
      if ([limit, limit * warnAt].some((level) => Math.abs(level - amount) < 1e-8)) return
      const expected: BudgetStatus = amount >= limit ? 'exceeded' : amount >= limit * warnAt ? 'warned' : 'within'
      const { budget: status } = budget.getState()
      if (status !== expected) report('a budget has the status of the cost', `${status} after ${amount} of ${limit}`)
      const [expectedWarnings, expectedExcesses] = [expected === 'within' ? 0 : 1, expected === 'exceeded' ? 1 : 0]
      if (warnings !== expectedWarnings || excesses !== expectedExcesses)
        report('a budget reports once', `${warnings} warnings and ${excesses} excesses after ${amount} of ${limit}`)
      if (excesses > 0 && action === 'close' && ['open', 'reconnecting'].includes(session.getState().status))
        report('a budget closes the session', session.getState().status)
    }

    session.on('response.done', ({ response }) => {
      if (!counted.has(response.id)) counted.set(response.id, costOf(response as never))
      setImmediate(check)
    })
    session.on('response.created', ({ response: { id } }) => {
      if (excesses === 0 || action !== 'refuse' || isStopped('budget')) return
      const { line } = network
      // A cancellation may wait behind audio for a slow connection.
      clock.after(cancelLimitMs, () => {
        const sent = network.traffic.at(-1)?.sentByClient ?? []
        const isCancelled = sent.some(({ type, response_id: other }) => type === 'response.cancel' && other === id)
        const isDue = session.getState().status === 'open' && session.bufferedAmount === 0
        if (!isCancelled && isDue && network.line === line && line?.isAlive)
          report('a budget that is spent cancels responses', id)
      })
    })
    return { budget, check, hasActed: () => excesses > 0 && action !== 'report' }
  }

  return {
    debug: debug?.debug,
    budget: budget?.budget,
    get hasSpentBudget() {
      return budget?.hasActed() === true
    },
    checkCalm() {
      debug?.check()
      budget?.check()
    },
  }
}
