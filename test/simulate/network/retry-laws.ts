import type { TransportReconnecting } from '../../../src/transports/transport.js'
import type { Environment } from '../world.js'

const minDelayMs = 500
const maxDelayMs = 30_000
/** How long a connection must be open until all attempts are restored. */
const stableMs = 10_000

/** Delays of a function of the app: they grow with each attempt, and the last one gives up. */
export const ownDelayMs = (attempt: number): number | undefined => (attempt > 5 ? undefined : 130 * attempt)

/** Checks how often and how soon a transport connects again. */
export interface RetryLaws {
  /** The session has announced an attempt. */
  announced(event: TransportReconnecting): void
  /** The session was closed because of an outage. */
  exhausted(): void
  /** Something other than the delay starts or ends attempts: the app, or a page that is online again. */
  interfered(): void
}

export function createRetryLaws(
  { clock, network, page, report }: Pick<Environment, 'clock' | 'network' | 'page' | 'report'>,
  options: { readonly maxAttempts: number; readonly hasOwnDelays: boolean; readonly isOpen: () => boolean },
): RetryLaws {
  /** Attempts since a connection was open for long enough. */
  let attempts = 0
  let openSince: number | undefined
  let due: number | undefined
  let announcedAttempt = 0

  network.onDial(() => {
    attempts += 1
    openSince = clock.now()
    if (due !== undefined && clock.now() < due - 1 && page === undefined)
      report('an attempt waits for its delay', `${due - clock.now()} ms are left`)
    due = undefined
  })
  network.onClosed(() => {
    // All attempts are restored after this time, so that the next one is the first.
    if (openSince !== undefined && clock.now() - openSince >= stableMs && options.isOpen()) attempts = 0
    openSince = undefined
  })

  return {
    announced({ attempt, delayMs, cause }) {
      const asked =
        cause instanceof Error ? (cause as { data?: { retryAfterMs?: number } }).data?.retryAfterMs : undefined
      const requestedMs = Math.max(asked ?? 0, network.mustWait ? (network.retryAfterMs ?? 0) : 0)
      if (network.mustWait && delayMs < requestedMs)
        report('a delay that the server requests is kept', `${delayMs} ms instead of ${requestedMs} ms`)
      if (attempt < 1 || attempt > options.maxAttempts)
        report('attempts are limited', `${attempt} of ${options.maxAttempts}`)
      if (attempt > attempts + 1) report('attempts are counted', `${attempt} after ${attempts}`)
      if (attempt > 1 && attempt > Math.max(1, announcedAttempt) + 1)
        report('attempts are counted', `${attempt} after ${announcedAttempt}`)
      announcedAttempt = attempt
      const growing = Math.min(maxDelayMs, minDelayMs * 2 ** (attempt - 1))
      const ownMs = options.hasOwnDelays ? (ownDelayMs(attempt) ?? Number.NaN) : growing
      const isOffline = page !== undefined && !page.isOnline
      if (
        options.hasOwnDelays
          ? delayMs !== Math.max(ownMs, requestedMs)
          : !isOffline && delayMs > Math.max(ownMs, requestedMs)
      )
        report('delays are those of the policy', `${delayMs} ms before attempt ${attempt}`)
      due = clock.now() + delayMs
    },
    exhausted() {
      const gaveUp = options.hasOwnDelays && announcedAttempt >= 5
      if (attempts < options.maxAttempts && !gaveUp)
        report('a session gives up after all attempts', `${attempts} of ${options.maxAttempts}`)
    },
    interfered() {
      due = undefined
    },
  }
}
