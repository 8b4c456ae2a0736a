import type { Clock } from '../internal/clock.js'
import { reportToHost } from '../internal/emitter.js'

/** Options of a heartbeat. */
export interface HeartbeatOptions {
  readonly clock: Clock
  /** How long the peer may be silent before a heartbeat is sent, in milliseconds. */
  readonly intervalMs: number
  /** How long the peer may take to respond, in milliseconds. */
  readonly timeoutMs: number
  /** Sends a ping or a probe. Returns `false` when neither can be sent; the timeout then does not start. */
  readonly sendHeartbeat: () => boolean
  /** Called once when the peer did not respond. The heartbeat has stopped. */
  readonly onTimeout: () => void
}

/** Detects a peer that is gone without a close frame. */
export interface Heartbeat {
  /** Records that the peer sent something. Cheap enough to call for each frame. */
  recordActivity(): void
  stop(): void
}

/** Starts a heartbeat. */
export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { clock, intervalMs, timeoutMs, sendHeartbeat, onTimeout } = options
  let lastActivityAt = clock.now()
  let hasResponded = true
  let cancel = clock.after(intervalMs, waitForSilence)

  function waitForSilence(): void {
    const restMs = lastActivityAt + intervalMs - clock.now()
    if (restMs > 0) cancel = clock.after(restMs, waitForSilence)
    else requestResponse()
  }

  function requestResponse(): void {
    const sentAt = clock.now()
    hasResponded = false
    if (!trySend()) cancel = clock.after(intervalMs, waitForSilence)
    else cancel = clock.after(timeoutMs, () => checkResponse(clock.now() - sentAt))
  }

  function checkResponse(waitedMs: number): void {
    if (hasResponded) waitForSilence()
    // A timer that fires far too late means that the machine slept. The response may be unread, so another heartbeat is sent.
    else if (waitedMs > 2 * timeoutMs) requestResponse()
    else onTimeout()
  }

  function trySend(): boolean {
    try {
      return sendHeartbeat()
    } catch (error) {
      reportToHost(error)
      return false
    }
  }

  return {
    recordActivity() {
      hasResponded = true
      lastActivityAt = clock.now()
    },
    stop: () => cancel(),
  }
}
