import type { Clock } from '../internal/clock.js'

/** Notices that a line has died: a provider sends something every 20 ms, and a socket may take very long to find out. */
export interface LineWatch {
  /** Something came. */
  alive(): void
  stop(): void
}

export function watchLine(options: {
  readonly clock: Clock
  /** `Infinity` for never. */
  readonly silentLineMs: number
  readonly onSilent: () => void
}): LineWatch {
  const { clock, silentLineMs, onSilent } = options
  let lastAt = clock.now()
  let cancel = () => {}

  /** One timer, moved when it is due: to move it at each message would cost more than the message. */
  function wait(ms: number): void {
    cancel = clock.after(ms, () => {
      const leftMs = lastAt + silentLineMs - clock.now()
      if (leftMs > 0) wait(leftMs)
      else onSilent()
    })
  }
  if (Number.isFinite(silentLineMs)) wait(silentLineMs)

  return {
    alive() {
      lastAt = clock.now()
    },
    stop: () => cancel(),
  }
}
