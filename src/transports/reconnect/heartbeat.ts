import type { Clock } from '../../internal/clock.js'
import { reportToHost } from '../../internal/emitter.js'

/** What a heartbeat needs to know. */
export interface HeartbeatOptions {
  readonly clock: Clock
  /** How long the peer may be silent before it is asked, in milliseconds. */
  readonly intervalMs: number
  /** How long it may take to answer, in milliseconds. */
  readonly timeoutMs: number
  /** Asks the peer for a sign of life; false when there is no way to ask, and then silence proves nothing. */
  readonly ask: () => boolean
  /** Runs once, when the peer did not answer; the heartbeat has stopped by then. */
  readonly onSilence: () => void
}

/** A watch over a peer that may be gone without a farewell. */
export interface Heartbeat {
  /** The peer gave a sign of life. It costs one assignment, so that it can be called for each frame. */
  beat(): void
  stop(): void
}

/** Watches from now on. */
export function startHeartbeat({ clock, intervalMs, timeoutMs, ask, onSilence }: HeartbeatOptions): Heartbeat {
  let lastBeat = clock.now()
  let isAlive = true
  let cancel = clock.after(intervalMs, listen)

  function listen(): void {
    const restMs = lastBeat + intervalMs - clock.now()
    if (restMs > 0) cancel = clock.after(restMs, listen)
    else question()
  }

  function question(): void {
    const askedAt = clock.now()
    isAlive = false
    if (!wasAsked()) cancel = clock.after(intervalMs, listen)
    else cancel = clock.after(timeoutMs, () => judge(clock.now() - askedAt))
  }

  function judge(waitedMs: number): void {
    if (isAlive) listen()
    // A timer that comes far too late tells of a machine that slept: the answer may lie unread, so the peer is asked once more.
    else if (waitedMs > 2 * timeoutMs) question()
    else onSilence()
  }

  function wasAsked(): boolean {
    try {
      return ask()
    } catch (error) {
      reportToHost(error)
      return false
    }
  }

  return {
    beat() {
      isAlive = true
      lastBeat = clock.now()
    },
    stop: () => cancel(),
  }
}
