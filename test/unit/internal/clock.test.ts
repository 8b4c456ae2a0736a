import { expect, test, vi } from 'vitest'
import { systemClock } from '../../../src/internal/clock.js'

test('a delay beyond what timers can count does not fire at once', () => {
  vi.useFakeTimers()
  try {
    const callback = vi.fn()
    const cancel = systemClock.after(Number.POSITIVE_INFINITY, callback)
    vi.advanceTimersByTime(60_000)
    expect(callback).not.toHaveBeenCalled()
    cancel()
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
