import { describe, expect, it, vi } from 'vitest'
import { withDeadline } from '../../../src/internal/deadline.js'
import { createManualClock } from '../../../src/testing/clock.js'

const timeoutError = () => new Error('too late')

describe('withDeadline', () => {
  it('settles once and cleans up once', async () => {
    const clock = createManualClock()
    const release = vi.fn()
    let settle = (_value: number) => {}
    const waited = withDeadline<number>({ clock, timeoutMs: 10, timeoutError }, (resolve) => {
      settle = resolve
      return release
    })
    settle(1)
    settle(2)
    await clock.advance(20)
    expect(await waited).toBe(1)
    expect(release).toHaveBeenCalledOnce()
  })

  it('cleans up when it settles before `start` has returned', async () => {
    const release = vi.fn()
    const clock = createManualClock()
    const waited = withDeadline<number>({ clock, timeoutMs: 10, timeoutError }, (resolve) => {
      resolve(1)
      return release
    })
    expect(await waited).toBe(1)
    expect(release).toHaveBeenCalledOnce()
  })

  it('rejects with the timeout error at the deadline', async () => {
    const clock = createManualClock()
    const release = vi.fn()
    const waited = withDeadline<number>({ clock, timeoutMs: 10, timeoutError }, () => release)
    const outcome = expect(waited).rejects.toThrow('too late')
    await clock.advance(10)
    await outcome
    expect(release).toHaveBeenCalledOnce()
  })

  it('rejects with the reason of its signal and starts nothing once aborted', async () => {
    const clock = createManualClock()
    const abort = new AbortController()
    const start = vi.fn(() => () => {})
    const waited = withDeadline<number>({ clock, timeoutMs: 10, timeoutError, signal: abort.signal }, start)
    abort.abort(new Error('changed my mind'))
    await expect(waited).rejects.toThrow('changed my mind')
    await expect(
      withDeadline<number>({ clock, timeoutMs: 10, timeoutError, signal: abort.signal }, start),
    ).rejects.toThrow('changed my mind')
    expect(start).toHaveBeenCalledOnce()
  })
})
