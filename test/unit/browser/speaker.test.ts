import { encodeMuLaw, int16ToBytes } from 'realtime-primitives/audio'
import { createSpeaker, type DeviceError } from 'realtime-primitives/browser'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeContext, fake, installFakeAudio, listenerCount, theContext, theNode } from './fake-audio.js'

beforeEach(installFakeAudio)
afterEach(() => {
  Reflect.deleteProperty(FakeContext.prototype, 'setSinkId')
  vi.unstubAllGlobals()
})

const part = { itemId: 'item_1', contentIndex: 0 }
const steady = (ms: number, value = 8_192) => new Int16Array(24 * ms).fill(value)

/** Adds up what a speaker says was heard, item by item. */
function heardOf(speaker: ReturnType<typeof createSpeaker>): Record<string, number> {
  const heard: Record<string, number> = {}
  speaker.on('played', ({ part: of, ms }) => {
    const name = of?.itemId ?? 'nothing'
    heard[name] = (heard[name] ?? 0) + ms
  })
  return heard
}

const settle = () => new Promise((resolve) => setImmediate(resolve))
const codeOf = (action: Promise<unknown>) =>
  action.then(
    () => 'NONE',
    (error: DeviceError) => error.code,
  )

describe('createSpeaker', () => {
  it('plays at the rate of the hardware, and emits played per part', async () => {
    for (const rate of [44_100, 48_000]) {
      fake.hardwareRate = rate
      const speaker = createSpeaker()
      const heard = heardOf(speaker)
      await speaker.start()
      speaker.enqueue(steady(300), { part })
      speaker.enqueue(steady(200), { part: { itemId: 'item_2' } })
      speaker.end(part)
      speaker.end({ itemId: 'item_2' })
      const sound = theNode().play(600)
      expect(heard.item_1).toBeCloseTo(300, 1)
      expect(heard.item_2).toBeCloseTo(200, 1)
      expect(sound.filter((sample) => Math.abs(sample) > 0.1).length / rate).toBeCloseTo(0.5, 2)
      expect(speaker.isPlaying).toBe(false)
      await speaker.stop()
    }
  })

  it('enqueue: accepts PCM16 chunks that end within a sample, and G.711', async () => {
    const speaker = createSpeaker()
    const heard = heardOf(speaker)
    await speaker.start()
    const bytes = int16ToBytes(steady(100))
    speaker.enqueue(bytes.subarray(0, 1_001), { part })
    speaker.enqueue(bytes.subarray(1_001), { part })
    speaker.end(part)
    const law = encodeMuLaw(new Int16Array(800).fill(8_192))
    speaker.enqueue(law, { part: { itemId: 'law' }, format: { type: 'audio/pcmu' } })
    speaker.end({ itemId: 'law' })
    const sound = theNode().play(300)
    expect(heard).toEqual({ item_1: expect.closeTo(100, 1), law: expect.closeTo(100, 1) })
    expect(sound[2_400]).toBeCloseTo(0.25, 3)
    expect(sound[7_200]).toBeCloseTo(0.25, 2)
    expect(() => speaker.enqueue(law, { format: 'audio/opus' as 'audio/pcm' })).toThrow(
      'The format audio/opus is not supported',
    )
    await speaker.stop()
  })

  it('played: subtracts the output latency', async () => {
    const wireless = new FakeContext()
    wireless.outputLatency = 0.2
    const speaker = createSpeaker({ output: wireless.destination as unknown as AudioNode })
    const heard = heardOf(speaker)
    await speaker.start()
    speaker.enqueue(steady(1_000), { part })
    const playedMs = theNode().play(500).length / 48
    expect(heard.item_1).toBeLessThanOrEqual(playedMs - 200)
    expect(heard.item_1).toBeGreaterThan(playedMs - 215)
    await speaker.stop()
    expect(wireless.state).toBe('running')
  })

  it('start: plays audio that was enqueued before', async () => {
    const speaker = createSpeaker()
    const heard = heardOf(speaker)
    const reused = steady(100)
    speaker.enqueue(reused, { part })
    reused.fill(0)
    speaker.end(part)
    await speaker.start()
    expect(theNode().play(200)[2_400]).toBeCloseTo(0.25, 3)
    expect(heard.item_1).toBeCloseTo(100, 1)
    await speaker.stop()
  })

  it('flush: fades out and drops what is waiting', async () => {
    const speaker = createSpeaker()
    const heard = heardOf(speaker)
    const playing: boolean[] = []
    speaker.on('playing', (isPlaying) => playing.push(isPlaying))
    await speaker.start()
    speaker.enqueue(steady(1_000), { part })
    theNode().play(200)
    speaker.flush()
    const before = heard.item_1
    const sound = theNode().play(100)
    expect(sound.subarray(512).every((sample) => sample === 0)).toBe(true)
    expect(heard.item_1).toBe(before)
    speaker.enqueue(steady(100), { part: { itemId: 'item_2' } })
    speaker.end({ itemId: 'item_2' })
    theNode().play(200)
    expect(heard.item_2).toBeCloseTo(100, 1)
    expect(playing).toEqual([true, false, true, false])
    await speaker.stop()
  })

  it('playing: stays true while audio is on its way to the audio thread', async () => {
    const speaker = createSpeaker()
    const heard = heardOf(speaker)
    await speaker.start()
    speaker.enqueue(steady(100), { part })
    speaker.end(part)
    const { port } = theNode()
    theNode().play(60)
    // The report that all was played crosses with the next item.
    const reports: { data: unknown }[] = []
    const deliver = port.onmessage
    port.onmessage = (event) => reports.push(event)
    theNode().play(100)
    port.onmessage = deliver
    speaker.enqueue(steady(100), { part: { itemId: 'item_2' } })
    speaker.end({ itemId: 'item_2' })
    for (const report of reports) deliver?.(report)
    expect(speaker.isPlaying).toBe(true)
    theNode().play(200)
    expect(heard).toEqual({ item_1: expect.closeTo(100, 1), item_2: expect.closeTo(100, 1) })
    expect(speaker.isPlaying).toBe(false)
    await speaker.stop()
  })

  it('stalled: is emitted when the buffer runs empty; level is measured', async () => {
    const speaker = createSpeaker()
    const stalls: number[] = []
    speaker.on('stalled', ({ count }) => stalls.push(count))
    await speaker.start()
    speaker.enqueue(steady(200), { part })
    theNode().play(100)
    expect(speaker.level.peak).toBeCloseTo(0.25, 3)
    expect(speaker.level.rmsDb).toBeCloseTo(-12, 1)
    theNode().play(300)
    expect(stalls).toEqual([1])
    speaker.end(part)
    theNode().play(40)
    expect(speaker.level.peak).toBe(0)
    await speaker.stop()
  })

  it('state: is locked until a gesture', async () => {
    fake.autoplay = 'blocked'
    const speaker = createSpeaker()
    const states: string[] = []
    speaker.on('state', (state) => states.push(state))
    await speaker.start()
    fake.autoplay = 'on gesture'
    fake.document.dispatchEvent(new Event('keydown'))
    await settle()
    expect(states).toEqual(['starting', 'locked', 'running'])
    await speaker.stop()
  })

  it('stop: releases context and listeners', async () => {
    const speaker = createSpeaker()
    await speaker.start()
    expect(listenerCount()).toBeGreaterThan(0)
    await speaker.stop()
    expect([listenerCount(), theContext().state, theNode().isClosed]).toEqual([0, 'closed', true])
    speaker.enqueue(steady(10))
    expect(speaker.isPlaying).toBe(false)
    expect(await codeOf(speaker.start())).toBe('STOPPED')
  })

  it('start: releases everything when it is stopped meanwhile or fails', async () => {
    const speaker = createSpeaker()
    const started = codeOf(speaker.start())
    await speaker.stop()
    expect([await started, theContext().state, listenerCount()]).toEqual(['STOPPED', 'closed', 0])
    fake.addModule = async () => {
      throw new DOMException('refused', 'AbortError')
    }
    const refused = createSpeaker()
    expect([await codeOf(refused.start()), theContext().state]).toEqual(['WORKLET_FAILED', 'closed'])
    fake.addModule = async () => {}
    await refused.start()
    expect(refused.state).toBe('running')
    await refused.stop()
  })

  it('start: rejects with CONTEXT_CLOSED for an output whose context is closed', async () => {
    const context = new FakeContext()
    await context.close()
    const speaker = createSpeaker({ output: { context } as unknown as AudioNode })
    expect([await codeOf(speaker.start()), speaker.state]).toEqual(['CONTEXT_CLOSED', 'idle'])
  })

  it('emits CONTEXT_CLOSED and stops when its context is closed', async () => {
    const speaker = createSpeaker()
    const codes: string[] = []
    speaker.on('error', ({ code }) => codes.push(code))
    await speaker.start()
    await theContext().close()
    await settle()
    expect([codes, speaker.state, listenerCount()]).toEqual([['CONTEXT_CLOSED'], 'stopped', 0])
  })

  it('start: rejects with DEVICE_BUSY when the browser throws an error of its own', async () => {
    vi.spyOn(FakeContext.prototype, 'createGain').mockImplementationOnce(() => {
      throw new DOMException('no', 'UnknownError')
    })
    const speaker = createSpeaker()
    expect([await codeOf(speaker.start()), theContext().state]).toEqual(['DEVICE_BUSY', 'closed'])
  })

  it('setVolume: ramps the gain, and throws for an invalid volume', async () => {
    const speaker = createSpeaker({ volume: 0.5 })
    await speaker.start()
    speaker.setVolume(0.2)
    expect([speaker.volume, theContext().gains[0]?.gain.value]).toEqual([0.2, 0.2])
    expect(() => speaker.setVolume(-1)).toThrow('The option "volume" must be a number of at least 0, not -1.')
    await speaker.stop()
  })

  it('setDevice: rejects with UNSUPPORTED or NO_DEVICE', async () => {
    const speaker = createSpeaker()
    await speaker.start()
    await expect(speaker.setDevice('desk')).rejects.toThrow(
      'This browser cannot select an output device. Call isOutputSelectable() before you offer a choice.',
    )
    Object.assign(FakeContext.prototype, {
      setSinkId: async (id: string) => {
        if (id === 'gone') throw new DOMException('no', 'NotFoundError')
      },
    })
    expect(await codeOf(speaker.setDevice('gone'))).toBe('NO_DEVICE')
    expect(await codeOf(speaker.setDevice('desk'))).toBe('NONE')
    await speaker.stop()
    expect([await codeOf(createSpeaker({ deviceId: 'gone' }).start()), theContext().state, listenerCount()]).toEqual([
      'NO_DEVICE',
      'closed',
      0,
    ])
  })

  it('throws INVALID_OPTION for invalid durations and volumes', () => {
    expect(() => createSpeaker({ startMs: -1 })).toThrow('The option "startMs" must be at least 0 ms, not -1.')
    expect(() => createSpeaker({ startMs: 100, maxStartMs: 50 })).toThrow('must be at least 100 ms, not 50.')
    expect(() => createSpeaker({ volume: Number.NaN })).toThrow('The option "volume"')
  })

  it('getState: returns a new snapshot for each change, and the same one otherwise', async () => {
    const speaker = createSpeaker({ volume: 0.5 })
    const initial = speaker.getState()
    expect(initial).toMatchObject({ state: 'idle', isPlaying: false, volume: 0.5, deviceId: undefined })
    expect(speaker.getState()).toBe(initial)
    const states: unknown[] = []
    speaker.subscribe(() => states.push(speaker.getState().state))
    await speaker.start()
    expect(states).toEqual(['starting', 'running'])
    expect(initial.state).toBe('idle')
    speaker.enqueue(new Int16Array(2_400).fill(8_192))
    expect(speaker.getState().isPlaying).toBe(true)
    theNode().play(90)
    expect(speaker.getState().level.peak).toBeGreaterThan(0)
    await speaker.stop()
    expect(speaker.getState()).toMatchObject({ state: 'stopped', isPlaying: false })
    expect(states.at(-1)).toBe('stopped')
  })

  it('volume, device: are emitted when setVolume and setDevice change something', async () => {
    const speaker = createSpeaker()
    const events: unknown[] = []
    speaker.on('volume', (volume) => events.push([volume, speaker.getState().volume]))
    speaker.on('device', ({ deviceId }) => events.push([deviceId, speaker.getState().deviceId]))
    speaker.setVolume(0.2)
    speaker.setVolume(0.2)
    await speaker.setDevice('desk')
    await speaker.setDevice('desk')
    await speaker.setDevice()
    expect(events).toEqual([
      [0.2, 0.2],
      ['desk', 'desk'],
      [undefined, undefined],
    ])
    await speaker.stop()
  })
})
