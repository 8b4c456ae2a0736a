import { createMicrophone, type DeviceError, isDeviceError, type MicrophoneFrame } from 'realtime-primitives/browser'
import { createManualClock } from 'realtime-primitives/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeTrack, fake, installFakeAudio, listenerCount, streamOf, theContext, theNode } from './fake-audio.js'

beforeEach(installFakeAudio)
afterEach(() => vi.unstubAllGlobals())

function framesOf(microphone: ReturnType<typeof createMicrophone>): MicrophoneFrame[] {
  const frames: MicrophoneFrame[] = []
  microphone.on('frame', (frame) => frames.push(frame))
  return frames
}

async function errorOf(action: Promise<unknown>): Promise<DeviceError> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isDeviceError(error)) throw new Error('no DeviceError was thrown', { cause: error })
  return error
}

const refusal =
  (name: string, extra: object = {}) =>
  async () => {
    throw Object.assign(new Error(name), { name, ...extra })
  }

/** Runs all pending microtasks. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('createMicrophone', () => {
  it('emits frames of 20 ms at 24 kHz, as floats and 16-bit integers, for every hardware rate', async () => {
    for (const rate of [16_000, 44_100, 48_000]) {
      fake.hardwareRate = rate
      const microphone = createMicrophone()
      const frames = framesOf(microphone)
      await microphone.start()
      theNode().captureSamples(rate, 0.5)
      await microphone.stop()
      expect(frames.length).toBeGreaterThan(47)
      expect(new Set(frames.map(({ samples }) => samples.length))).toEqual(new Set([480]))
      expect(frames.at(-1)?.pcm16[240]).toBeCloseTo(16_384, -1)
      expect(frames.at(-1)?.level.rms).toBeCloseTo(0.5, 4)
    }
  })

  it('requests one channel with all voice processing, merged with the constraints and deviceId options', async () => {
    const microphone = createMicrophone({ deviceId: 'desk', constraints: { noiseSuppression: false } })
    await microphone.start()
    expect(fake.asked).toEqual([
      {
        channelCount: 1,
        echoCancellation: true,
        noiseSuppression: false,
        autoGainControl: true,
        deviceId: { exact: 'desk' },
      },
    ])
    await microphone.stop()
  })

  it('stop: releases tracks, context, and listeners', async () => {
    const microphone = createMicrophone()
    await microphone.start()
    expect(listenerCount()).toBeGreaterThan(0)
    await microphone.stop()
    expect(listenerCount()).toBe(0)
    expect({ track: fake.tracks[0]?.readyState, context: theContext().state, node: theNode().isClosed }).toEqual({
      track: 'ended',
      context: 'closed',
      node: true,
    })
    expect((await errorOf(microphone.start())).shortMessage).toBe('The microphone is stopped. Create a new one.')
  })

  it('start: requests the microphone once for concurrent calls, and again after a failure', async () => {
    const { getUserMedia } = fake
    fake.getUserMedia = refusal('NotAllowedError')
    const microphone = createMicrophone()
    const states: string[] = []
    microphone.on('state', (state) => states.push(state))
    expect((await errorOf(microphone.start())).code).toBe('PERMISSION_DENIED')
    fake.getUserMedia = getUserMedia
    await Promise.all([microphone.start(), microphone.start()])
    expect(fake.asked).toHaveLength(2)
    expect(states).toEqual(['starting', 'idle', 'starting', 'running'])
    await microphone.stop()
  })

  it.each([
    ['NotAllowedError', {}, 'PERMISSION_DENIED', { device: 'microphone' }],
    ['SecurityError', {}, 'PERMISSION_DENIED', { device: 'microphone' }],
    ['NotFoundError', {}, 'NO_DEVICE', { device: 'microphone', deviceId: 'desk' }],
    ['OverconstrainedError', { constraint: 'deviceId' }, 'NO_DEVICE', { device: 'microphone', deviceId: 'desk' }],
    ['OverconstrainedError', { constraint: 'sampleRate' }, 'CONSTRAINT_UNMET', { constraint: 'sampleRate' }],
    ['NotReadableError', {}, 'DEVICE_BUSY', { device: 'microphone' }],
  ])('start: rejects with an error code of its own for %s %o', async (name, extra, code, data) => {
    fake.getUserMedia = refusal(name, extra)
    const error = await errorOf(createMicrophone({ deviceId: 'desk' }).start())
    expect({ code: error.code, data: error.data }).toEqual({ code, data })
    expect((error.cause as Error).name).toBe(name)
  })

  it('start: releases the microphone when the worklet does not load', async () => {
    fake.addModule = refusal('AbortError')
    const error = await errorOf(createMicrophone().start())
    expect(error.shortMessage).toBe(
      'The browser did not load the inline worklet. If the page has a Content-Security-Policy, serve worklet.js and pass its URL as workletUrl.',
    )
    expect([fake.tracks[0]?.readyState, theContext().state, listenerCount()]).toEqual(['ended', 'closed', 0])
  })

  it('start: rejects with WORKLET_FAILED when workletUrl loads another script', async () => {
    fake.registers = 'nothing'
    const error = await errorOf(createMicrophone({ workletUrl: '/other.js' }).start())
    expect({ code: error.code, data: error.data }).toEqual({ code: 'WORKLET_FAILED', data: { url: '/other.js' } })
    expect([fake.tracks[0]?.readyState, theContext().state, listenerCount()]).toEqual(['ended', 'closed', 0])
  })

  it('start: rejects with UNSUPPORTED when the page is not served over https', async () => {
    fake.hasWorklets = false
    expect((await errorOf(createMicrophone().start())).data).toEqual({ feature: 'AudioWorklet' })
    vi.stubGlobal('navigator', {})
    expect((await errorOf(createMicrophone().start())).shortMessage).toBe(
      'getUserMedia is not available. Serve the page over HTTPS, and use a browser that supports it.',
    )
  })

  it('stop: releases a microphone that the user allows afterwards', async () => {
    let allow = () => {}
    fake.getUserMedia = () =>
      new Promise((resolve) => {
        allow = () => resolve(streamOf(new FakeTrack('late')))
      })
    const microphone = createMicrophone()
    const started = errorOf(microphone.start())
    await settle()
    await microphone.stop()
    expect((await started).code).toBe('STOPPED')
    allow()
    await settle()
    expect(fake.tracks.map(({ readyState }) => readyState)).toEqual(['ended'])
    expect(listenerCount()).toBe(0)
  })

  it('mute: applies before start, until unmute', async () => {
    const microphone = createMicrophone()
    const frames = framesOf(microphone)
    microphone.mute()
    await microphone.start()
    expect(fake.tracks[0]?.enabled).toBe(false)
    theNode().captureSamples(4_800, 0.5)
    microphone.unmute()
    theNode().captureSamples(4_800, 0.5)
    const [muted, open] = [frames.filter(({ level }) => level.peak === 0), frames.filter(({ level }) => level.peak > 0)]
    expect([muted.length, open.length, fake.tracks[0]?.enabled]).toEqual([5, 4, true])
    await microphone.stop()
  })

  it('mute: silences the frame that is being filled', async () => {
    const microphone = createMicrophone()
    const frames = framesOf(microphone)
    await microphone.start()
    theNode().captureSamples(1_536, 0.5) // 32 ms: one frame, and part of another
    microphone.mute()
    microphone.unmute()
    theNode().captureSamples(1_536, 0.5)
    expect(frames.map(({ level }) => level.peak > 0)).toEqual([true, false, true])
    await microphone.stop()
  })

  it('mute: applies to the next device', async () => {
    const microphone = createMicrophone()
    await microphone.start()
    microphone.mute()
    await microphone.setDevice('desk')
    expect(fake.tracks.map(({ enabled, readyState }) => [enabled, readyState])).toEqual([
      [false, 'ended'],
      [false, 'live'],
    ])
    await microphone.stop()
  })

  it('setDevice: keeps the current device when the new one cannot be opened', async () => {
    const microphone = createMicrophone()
    const frames = framesOf(microphone)
    await microphone.start()
    const node = theNode()
    fake.getUserMedia = refusal('OverconstrainedError', { constraint: 'deviceId' })
    expect((await errorOf(microphone.setDevice('gone'))).data).toEqual({ device: 'microphone', deviceId: 'gone' })
    node.captureSamples(4_800, 0.5)
    expect([microphone.state, frames.length > 0]).toEqual(['running', true])
    await microphone.stop()
  })

  it('setDevice: closes the current device first when the new one is busy', async () => {
    const microphone = createMicrophone()
    await microphone.start()
    fake.getUserMedia = async () => {
      if (fake.tracks.some(({ readyState }) => readyState === 'live')) return refusal('NotReadableError')()
      return streamOf(new FakeTrack('second'))
    }
    await microphone.setDevice('second')
    expect(fake.tracks.map(({ id, readyState }) => [id, readyState])).toEqual([
      ['default', 'ended'],
      ['second', 'live'],
    ])
    await microphone.stop()
  })

  it('setDevice: runs concurrent calls in order, and the last one wins', async () => {
    fake.getUserMedia = async ({ audio }) => {
      const { deviceId } = audio as { deviceId?: { exact: string } }
      return streamOf(new FakeTrack(deviceId?.exact ?? 'default'))
    }
    const microphone = createMicrophone()
    const used: unknown[] = []
    microphone.on('device', ({ deviceId }) => used.push(deviceId))
    await Promise.all([microphone.start(), microphone.setDevice('a'), microphone.setDevice('b')])
    expect(used).toEqual(['default', 'a', 'b'])
    expect(fake.tracks.map(({ readyState }) => readyState)).toEqual(['ended', 'ended', 'live'])
    await microphone.stop()
  })

  it('switches to the preferred device when its own is disconnected', async () => {
    const microphone = createMicrophone({ deviceId: 'desk' })
    await microphone.start()
    const changed = new Promise((resolve) => microphone.on('device', resolve))
    fake.tracks[0]?.lose()
    await changed
    expect(fake.asked.at(-1)).not.toHaveProperty('deviceId')
    expect(microphone.state).toBe('running')
    await microphone.stop()
    expect(listenerCount()).toBe(0)
  })

  it('emits DEVICE_LOST and stops when no device is left', async () => {
    const microphone = createMicrophone({ deviceId: 'desk' })
    await microphone.start()
    fake.getUserMedia = refusal('NotFoundError')
    const failed = new Promise<DeviceError>((resolve) => microphone.on('error', resolve))
    fake.tracks[0]?.lose()
    const error = await failed
    expect({ code: error.code, data: error.data }).toEqual({ code: 'DEVICE_LOST', data: { deviceId: 'desk' } })
    await settle()
    expect([microphone.state, listenerCount()]).toEqual(['stopped', 0])
  })

  it('state: is locked until a gesture and during interruptions', async () => {
    fake.autoplay = 'blocked'
    const microphone = createMicrophone()
    await microphone.start()
    expect(microphone.state).toBe('locked')
    fake.autoplay = 'on gesture'
    fake.document.dispatchEvent(new Event('touchend'))
    await settle()
    expect(microphone.state).toBe('running')
    theContext().setState('interrupted' as AudioContextState)
    expect(microphone.state).toBe('locked')
    theContext().setState('suspended') // the call is over
    await settle()
    expect(microphone.state).toBe('running')
    await microphone.stop()
  })

  it('captures a given stream in a given context, and closes neither', async () => {
    const stream = streamOf(new FakeTrack('mine')) as unknown as MediaStream
    const context = new AudioContext()
    const microphone = createMicrophone({ stream, context })
    await microphone.start()
    expect(microphone.stream).toBe(stream)
    await microphone.stop()
    expect([fake.asked.length, fake.tracks[0]?.readyState, context.state, listenerCount()]).toEqual([
      0,
      'live',
      'running',
      0,
    ])
  })

  it('state: is locked while the clock of the context stands still', async () => {
    const clock = createManualClock()
    const microphone = createMicrophone({ clock })
    const states: string[] = []
    microphone.on('state', (state) => states.push(state))
    await microphone.start()
    await clock.advance(3_000)
    await settle()
    expect(microphone.state).toBe('locked')
    theContext().currentTime = 1
    await clock.advance(1_000)
    expect(states).toEqual(['starting', 'running', 'locked', 'running'])
    await microphone.stop()
    expect(clock.pending).toBe(0)
  })

  it('systemMuted: is emitted when the system mutes the device, independently of mute()', async () => {
    const microphone = createMicrophone()
    const told: boolean[] = []
    microphone.on('systemMuted', (isMuted) => told.push(isMuted))
    await microphone.start()
    expect(microphone.isSystemMuted).toBe(false)
    fake.tracks[0]?.setMuted(true)
    expect([microphone.isSystemMuted, microphone.isMuted]).toEqual([true, false])
    microphone.mute()
    fake.tracks[0]?.setMuted(false)
    expect([told, microphone.isSystemMuted, microphone.isMuted]).toEqual([[true, false], false, true])
    await microphone.stop()
  })

  it('systemMuted: follows the device that is in use', async () => {
    const { getUserMedia } = fake
    fake.getUserMedia = async () => {
      const track = new FakeTrack('silent')
      track.muted = true
      return streamOf(track)
    }
    const microphone = createMicrophone()
    const told: boolean[] = []
    microphone.on('systemMuted', (isMuted) => told.push(isMuted))
    await microphone.start()
    fake.getUserMedia = getUserMedia
    await microphone.setDevice('desk')
    expect(told).toEqual([true, false])
    await microphone.stop()
  })

  it.each(['before start', 'while addModule runs'])(
    'start: rejects with CONTEXT_CLOSED for a context closed %s',
    async (when) => {
      const context = new AudioContext()
      if (when === 'before start') await context.close()
      fake.addModule = async () => {
        await context.close()
        throw new DOMException('it is closed', 'InvalidStateError')
      }
      const error = await errorOf(createMicrophone({ context }).start())
      expect(error.shortMessage).toBe(
        'The AudioContext of the microphone is closed. Create a new AudioContext and a new microphone, and stop the microphone before you close its context.',
      )
      expect(fake.tracks[0]?.readyState).toBe('ended')
    },
  )

  it('emits CONTEXT_CLOSED and stops when its context is closed', async () => {
    const context = new AudioContext()
    const microphone = createMicrophone({ context })
    const codes: string[] = []
    microphone.on('error', ({ code }) => codes.push(code))
    await microphone.start()
    await context.close()
    await settle()
    expect([codes, microphone.state, fake.tracks[0]?.readyState, listenerCount()]).toEqual([
      ['CONTEXT_CLOSED'],
      'stopped',
      'ended',
      0,
    ])
  })

  it('stop: resolves although the browser refuses to close the context', async () => {
    const microphone = createMicrophone()
    await microphone.start()
    theContext().close = () => Promise.reject(new DOMException('it is closing', 'InvalidStateError'))
    await expect(microphone.stop()).resolves.toBeUndefined()
  })

  it('start: rejects with DEVICE_BUSY when the browser creates no more contexts', async () => {
    const cause = new DOMException('too many contexts', 'NotSupportedError')
    vi.stubGlobal(
      'AudioContext',
      class {
        constructor() {
          throw cause
        }
      },
    )
    const error = await errorOf(createMicrophone().start())
    expect([error.code, error.cause]).toEqual(['DEVICE_BUSY', cause])
    expect(fake.tracks[0]?.readyState).toBe('ended')
  })

  it('start, unmute, stop: never enable a track that the app disabled', async () => {
    const track = new FakeTrack('mine')
    track.enabled = false
    const microphone = createMicrophone({ stream: streamOf(track) as unknown as MediaStream })
    await microphone.start()
    microphone.mute()
    microphone.unmute()
    expect(track.enabled).toBe(false)
    microphone.mute()
    await microphone.stop()
    expect(track.enabled).toBe(false)
  })

  it('stop: enables a track of the app that mute() disabled', async () => {
    const track = new FakeTrack('mine')
    const microphone = createMicrophone({ stream: streamOf(track) as unknown as MediaStream })
    microphone.mute()
    await microphone.start()
    expect(track.enabled).toBe(false)
    await microphone.stop()
    expect(track.enabled).toBe(true)
  })

  it('throws INVALID_OPTION when a frame is not a whole number of samples', () => {
    expect(() => createMicrophone({ frameMs: 0.01 })).toThrow(
      'The option "frameMs" must make whole samples at 24000 Hz, not 0.01 ms.',
    )
  })

  it('getState: returns a new snapshot for each change, and the same one otherwise', async () => {
    const microphone = createMicrophone()
    const initial = microphone.getState()
    expect(initial).toMatchObject({ state: 'idle', isMuted: false, isSystemMuted: false, device: undefined })
    expect(microphone.getState()).toBe(initial)
    let changes = 0
    const unsubscribe = microphone.subscribe(() => changes++)
    await microphone.start()
    expect(initial.state).toBe('idle')
    expect(microphone.getState()).toMatchObject({ state: 'running', device: { label: 'Fake' } })
    const before = changes
    theNode().captureSamples(4_800, 0.5)
    expect(changes).toBeGreaterThan(before)
    expect(microphone.getState().level).toBe(microphone.level)
    unsubscribe()
    const last = changes
    microphone.mute()
    await microphone.stop()
    expect(changes).toBe(last)
    expect(microphone.getState()).toMatchObject({ state: 'stopped', isMuted: true, device: undefined })
  })

  it('subscribe: reports no change while frames are silent', async () => {
    const microphone = createMicrophone()
    await microphone.start()
    microphone.mute()
    theNode().captureSamples(4_800, 0.5)
    const snapshot = microphone.getState()
    theNode().captureSamples(4_800, 0.5)
    expect(microphone.getState()).toBe(snapshot)
    await microphone.stop()
  })

  it('muted: is emitted when mute() or unmute() changes something', async () => {
    const microphone = createMicrophone()
    const events: boolean[] = []
    microphone.on('muted', (isMuted) => events.push(isMuted))
    microphone.mute()
    microphone.mute()
    microphone.unmute()
    microphone.unmute()
    expect(events).toEqual([true, false])
    await microphone.stop()
  })

  it('getState: has the new device when device is emitted', async () => {
    const microphone = createMicrophone()
    await microphone.start()
    const seen: unknown[] = []
    microphone.on('device', (device) => seen.push([device.deviceId, microphone.getState().device === device]))
    await microphone.setDevice('desk')
    expect(seen).toEqual([[expect.any(String), true]])
    await microphone.stop()
  })
})
