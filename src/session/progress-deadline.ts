import type { Clock } from '../internal/clock.js'

/** A deadline that starts again with each step of progress, so that a slow line has as long as it needs and a silent one does not. */
export interface ProgressDeadline {
  /** Starts the deadline again. It costs two assignments, so it can be called for each item of a long history. */
  extend(): void
  stop(): void
}

export interface ProgressDeadlineOptions {
  readonly clock: Clock
  /** How long there may be no progress, in milliseconds. */
  readonly timeoutMs: number
  /** Bytes that wait to be sent. A smaller number than at the last step counts as progress too: one frame may take longer than the deadline. */
  readonly bufferedAmount: () => number
  readonly onTimeout: () => void
}

export function startProgressDeadline(options: ProgressDeadlineOptions): ProgressDeadline {
  const { clock, timeoutMs, bufferedAmount } = options
  let steppedAt = clock.now()
  let waitingBytes = bufferedAmount()
  let cancel = () => {}

  function extend(): void {
    steppedAt = clock.now()
    waitingBytes = bufferedAmount()
  }

  function wait(delayMs: number): void {
    cancel = clock.after(delayMs, () => {
      if (bufferedAmount() < waitingBytes) extend()
      const leftMs = steppedAt + timeoutMs - clock.now()
      if (leftMs > 0) wait(leftMs)
      else options.onTimeout()
    })
  }

  if (Number.isFinite(timeoutMs)) wait(timeoutMs)
  return { extend, stop: () => cancel() }
}
