import { createLevelMeter } from 'realtime-primitives/browser'
import { createManualClock } from 'realtime-primitives/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeTrack, fake, installFakeAudio, streamOf, theContext } from './fake-audio.js'

beforeEach(installFakeAudio)
afterEach(() => vi.unstubAllGlobals())

const stream = () => streamOf(new FakeTrack('remote')) as unknown as MediaStream

describe('createLevelMeter', () => {
  it('measures the stream at each interval and notifies of changes only', async () => {
    const clock = createManualClock()
    const meter = createLevelMeter(stream(), { clock, intervalMs: 100 })
    const onChange = vi.fn()
    meter.subscribe(onChange)
    expect(meter.getState()).toMatchObject({ rms: 0, rmsDb: Number.NEGATIVE_INFINITY })
    expect(meter.getServerState()).toBe(meter.getState())
    await clock.advance(200)
    expect(onChange).not.toHaveBeenCalled()
    fake.streamValue = 0.5
    await clock.advance(100)
    expect(meter.getState()).toMatchObject({ rms: 0.5, peak: 0.5 })
    expect(onChange).toHaveBeenCalled()
    meter.stop()
  })

  it('releases the context, the nodes, and the timer, and reports silence after stop()', async () => {
    const clock = createManualClock()
    const tracked = stream()
    const meter = createLevelMeter(tracked, { clock })
    fake.streamValue = 1
    await clock.advance(50)
    meter.stop()
    meter.stop()
    expect(meter.getState().rms).toBe(0)
    expect(clock.pending).toBe(0)
    expect(theContext().state).toBe('closed')
    expect(theContext().analysers).toMatchObject([{ isConnected: false }])
    expect(tracked.getTracks()[0]?.readyState).toBe('live')
  })

  it('leaves a context of the app open, and measures silence while it is suspended', async () => {
    const clock = createManualClock()
    const context = new AudioContext()
    const meter = createLevelMeter(stream(), { clock, context })
    fake.streamValue = 1
    await clock.advance(50)
    expect(meter.getState().rms).toBe(1)
    fake.autoplay = 'blocked'
    await context.suspend()
    await clock.advance(50)
    expect(meter.getState().rms).toBe(0)
    meter.stop()
    expect(context.state).toBe('suspended')
  })

  it.each([
    ['an interval of 0', () => createLevelMeter(stream(), { intervalMs: 0 }), 'intervalMs'],
    [
      'a stream without audio',
      () => createLevelMeter({ getAudioTracks: () => [] } as unknown as MediaStream),
      'stream',
    ],
  ])('refuses %s', (_, create, option) => {
    expect(create).toThrow(option)
    expect(fake.contexts).toEqual([])
  })

  it('throws UNSUPPORTED without an AudioContext', () => {
    vi.stubGlobal('AudioContext', undefined)
    expect(() => createLevelMeter(stream())).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }))
  })
})
