import { isRealtimeError } from '../../src/errors.js'
import type { Journal } from './journal.js'
import type { Report } from './oracle.js'
import type { VirtualClock } from './virtual-clock.js'

/** Promises that the library has returned, and what became of them. */
export interface Pledges {
  /** Watches a promise. `withinMs` is its documented deadline, if it has one. */
  watch(what: string, promise: Promise<unknown>, options?: PledgeOptions): void
  /** Promises that have not settled, apart from those that may wait until the session is closed. */
  readonly open: readonly string[]
  /** All promises that have not settled. */
  readonly pending: readonly string[]
  /** Promises that have not settled although their signal has aborted. */
  readonly deaf: readonly string[]
}

export interface PledgeOptions {
  readonly withinMs?: number
  readonly signal?: AbortSignal
  /** Whether concurrent calls share one attempt, with the signal of the first call. */
  readonly isShared?: boolean
  /** Whether an aborted signal ends the wait at once. True by default. */
  readonly isPrompt?: boolean
  /** Whether the session was open at the call, so that the promise may time out only because of a fault. */
  readonly isOpen?: boolean
  /** Whether the promise may wait until the session is closed. */
  readonly mayWait?: boolean
  /** When this promise resolves, the watched one settles at once. */
  readonly endsWith?: Promise<unknown>
  readonly onResolved?: (value: never) => void
  readonly onRejected?: (error: unknown) => void
}

/** Deadlines are measured on the virtual clock, whose timers are exact. */
const slackMs = 5

export function createPledges(options: {
  readonly clock: VirtualClock
  readonly journal: Journal
  readonly report: Report
  /** Whether the plan has no faults, so that the server answers everything. */
  readonly isFaultless: boolean
  /** Returns the virtual time at which a fault was last noticeable. */
  readonly disturbedAt: () => number
}): Pledges {
  const { clock, journal, report, isFaultless, disturbedAt } = options
  const open = new Set<{ what: string; mayWait: boolean; signal: AbortSignal | undefined; isPrompt: boolean }>()

  return {
    watch(what, promise, options = {}) {
      const { withinMs, signal, isPrompt = true, isShared = false, isOpen = false, mayWait = false } = options
      const { endsWith, onResolved, onRejected } = options
      const pledge = { what, mayWait, signal, isPrompt }
      const startedAt = clock.now()
      const frozenBefore = clock.frozenMs
      open.add(pledge)
      endsWith?.then(() =>
        // After the other promises that the end settles.
        setImmediate(() => {
          if (open.has(pledge)) report('the end of a session settles every promise', what)
        }),
      )
      const settled = (how: string) => {
        open.delete(pledge)
        journal.note(`${what}: ${how}`)
        const tookMs = clock.now() - startedAt - (clock.frozenMs - frozenBefore)
        if (withinMs !== undefined && tookMs > withinMs + slackMs)
          report(
            'promises settle within their deadline',
            `${what} took ${tookMs} ms, and ${withinMs} ms are documented`,
          )
      }
      promise.then(
        (value) => {
          settled('resolved')
          onResolved?.(value as never)
        },
        (error: unknown) => {
          const isAbort = (signal?.aborted && error === signal.reason) || (isShared && isGivenUp(error))
          settled(`rejected with ${isAbort ? 'the reason of its signal' : nameOf(error)}`)
          if (!isAbort && !isRealtimeError(error) && !isOfDevice(error))
            report('errors are those of the library', `${what}: ${nameOf(error)}`)
          const isWithoutCause = isFaultless || (isOpen && disturbedAt() < startedAt && clock.frozenMs === frozenBefore)
          if (isWithoutCause && isRealtimeError(error) && error.code === 'TIMEOUT')
            report('nothing times out when the server answers', what)
          onRejected?.(error)
        },
      )
    },
    get open() {
      return [...open].filter(({ mayWait }) => !mayWait).map(({ what }) => what)
    },
    get pending() {
      return [...open].map(({ what }) => what)
    },
    get deaf() {
      return [...open].filter(({ signal, isPrompt }) => isPrompt && signal?.aborted).map(({ what }) => what)
    },
  }
}

/** Whether the error is the reason of a signal of the simulation. */
const isGivenUp = (error: unknown) => error instanceof Error && error.message === 'given up'

/** Whether a function of the app has thrown what a browser reports about a device. */
function isOfDevice(error: unknown): boolean {
  return error instanceof Error && error.name === 'NotAllowedError'
}

export function nameOf(error: unknown): string {
  if (isRealtimeError(error)) return `${error.name} ${error.code}`
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
