import type { Clock } from '../internal/clock.js'

/** Notices that a line has died: a provider sends something every 20 ms, and a socket may take very long to find out. */
export interface InactivityTimer {
  /** Something came. */
  reset(): void
  stop(): void
}

export function startInactivityTimer(options: {
  readonly clock: Clock
  /** `Infinity` for never. */
  readonly inactivityTimeoutMs: number
  readonly onSilent: () => void
}): InactivityTimer {
  const { clock, inactivityTimeoutMs, onSilent } = options
  let lastAt = clock.now()
  let cancel = () => {}

  /** One timer, moved when it is due: to move it at each message would cost more than the message. */
  function wait(ms: number): void {
    cancel = clock.after(ms, () => {
      const leftMs = lastAt + inactivityTimeoutMs - clock.now()
      if (leftMs > 0) wait(leftMs)
      else onSilent()
    })
  }
  if (Number.isFinite(inactivityTimeoutMs)) wait(inactivityTimeoutMs)

  return {
    reset() {
      lastAt = clock.now()
    },
    stop: () => cancel(),
  }
}
