import { createManualClock } from 'realtime-primitives/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { monitorContext } from '../../../src/browser/context-monitor.js'
import { FakeContext, fake, installFakeAudio, listenerCount } from './fake-audio.js'

beforeEach(installFakeAudio)
afterEach(() => vi.unstubAllGlobals())

/** Every promise that is ready has settled. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

function start() {
  const context = new FakeContext()
  const clock = createManualClock()
  const changes: boolean[] = []
  const monitor = monitorContext(context as unknown as AudioContext, {
    clock,
    onChange: () => changes.push(monitor.isRunning),
  })
  /** Time passes, and the context renders. */
  const render = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      context.currentTime += 1
      await clock.advance(1_000)
    }
  }
  return { context, clock, monitor, changes, render }
}

describe('monitorContext', () => {
  it('leaves an interrupted context alone until it is suspended, then resumes it once', async () => {
    const { context, monitor } = start()
    context.setState('interrupted' as AudioContextState)
    fake.document.dispatchEvent(new Event('visibilitychange'))
    fake.document.dispatchEvent(new Event('pointerup'))
    await settle()
    expect([context.calls, monitor.isRunning]).toEqual([[], false])
    context.setState('suspended')
    await settle()
    expect([context.calls, monitor.isRunning]).toEqual([['resume while suspended'], true])
    monitor.stop()
  })

  it('does nothing when the context runs again by itself after an interruption', async () => {
    const { context, monitor } = start()
    context.setState('interrupted' as AudioContextState)
    context.setState('running')
    await settle()
    expect([context.calls, monitor.isRunning]).toEqual([[], true])
    monitor.stop()
  })

  it('restarts a running context whose clock stands still, and reports both changes', async () => {
    const { context, clock, monitor, changes, render } = start()
    await render(10)
    expect([changes, context.calls]).toEqual([[], []])
    await clock.advance(3_000)
    await settle()
    expect(monitor.isRunning).toBe(false)
    expect(changes[0]).toBe(false)
    expect(context.calls).toEqual(['suspend while running', 'resume while suspended'])
    await render(1)
    expect([monitor.isRunning, changes.at(-1)]).toEqual([true, true])
    await render(10)
    expect(context.calls).toHaveLength(2)
    monitor.stop()
  })

  it('tries again after a gesture when a restart did not help', async () => {
    const { context, clock, monitor } = start()
    await clock.advance(3_000)
    await settle()
    context.calls.length = 0
    fake.document.dispatchEvent(new Event('click'))
    await settle()
    expect(context.calls).toEqual(['suspend while running', 'resume while suspended'])
    monitor.stop()
  })

  it('survives a context that has no suspend and one whose methods throw', async () => {
    for (const suspend of [undefined, () => Promise.reject(new Error('no'))]) {
      const { context, clock, monitor } = start()
      Object.assign(context, {
        suspend,
        resume() {
          throw new Error('no')
        },
      })
      await clock.advance(10_000)
      context.setState('suspended')
      await settle()
      expect(monitor.isRunning).toBe(false)
      monitor.stop()
    }
  })

  it('does not take a suspended context for a frozen one', async () => {
    fake.autoplay = 'blocked'
    const { context, clock, monitor } = start()
    await clock.advance(60_000)
    expect(context.calls).toEqual(['resume while suspended'])
    monitor.stop()
  })

  it('stop: releases the timer and all listeners', () => {
    const { clock, monitor } = start()
    monitor.stop()
    expect([clock.pending, listenerCount()]).toEqual([0, 0])
  })
})
