import { describe, expect, it, vi } from 'vitest'
import { startProgressDeadline } from '../../../../src/session/connection/handshake-deadline.js'
import { createManualClock } from '../../../../src/testing/clock.js'

function start(timeoutMs = 1_000) {
  const clock = createManualClock()
  const line = { bufferedAmount: 0 }
  const onTimeout = vi.fn()
  const deadline = startProgressDeadline({ clock, timeoutMs, bufferedAmount: () => line.bufferedAmount, onTimeout })
  return { clock, line, onTimeout, deadline }
}

describe('startProgressDeadline', () => {
  it('times out once without progress', async () => {
    const { clock, onTimeout } = start()
    await clock.advance(999)
    expect(onTimeout).not.toHaveBeenCalled()
    await clock.advance(10_000)
    expect(onTimeout).toHaveBeenCalledTimes(1)
    expect(clock.pending).toBe(0)
  })

  it('starts again with each step', async () => {
    const { clock, onTimeout, deadline } = start()
    for (let step = 0; step < 5; step++) {
      await clock.advance(900)
      deadline.extend()
    }
    await clock.advance(999)
    expect(onTimeout).not.toHaveBeenCalled()
    await clock.advance(1)
    expect(onTimeout).toHaveBeenCalledTimes(1)
  })

  it('counts a shrinking send buffer as progress, and no other', async () => {
    const { clock, line, onTimeout, deadline } = start()
    line.bufferedAmount = 500
    deadline.extend()
    for (const bytes of [400, 200, 100]) {
      line.bufferedAmount = bytes
      await clock.advance(1_000)
      expect(onTimeout).not.toHaveBeenCalled()
    }
    line.bufferedAmount = 150
    await clock.advance(1_000)
    expect(onTimeout).toHaveBeenCalledTimes(1)
  })

  it('does not time out after stop(), or with an infinite timeout', async () => {
    const { clock, onTimeout, deadline } = start()
    deadline.stop()
    expect(start(Number.POSITIVE_INFINITY).clock.pending).toBe(0)
    await clock.advance(5_000)
    expect(onTimeout).not.toHaveBeenCalled()
    expect(clock.pending).toBe(0)
  })
})
