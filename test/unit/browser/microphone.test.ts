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

/** Every promise that is ready has been heard. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('createMicrophone', () => {
  it('gives frames of 20 ms at 24 kHz, as floats and as 16-bit numbers, whatever the hardware has', async () => {
    for (const rate of [16_000, 44_100, 48_000]) {
      fake.hardwareRate = rate
      const microphone = createMicrophone()
      const frames = framesOf(microphone)
      await microphone.start()
      theNode().hear(rate, 0.5)
      await microphone.stop()
      expect(frames.length).toBeGreaterThan(47)
      expect(new Set(frames.map(({ samples }) => samples.length))).toEqual(new Set([480]))
      expect(frames.at(-1)?.pcm16[240]).toBeCloseTo(16_384, -1)
      expect(frames.at(-1)?.level.rms).toBeCloseTo(0.5, 4)
    }
  })

  it('asks for one channel with everything that makes speech clear, and for what it is told', async () => {
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

  it('leaves no track, context or listener behind', async () => {
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
    expect((await errorOf(microphone.start())).message).toBe(
      'The microphone was stopped; create a new one. (STOPPED, see docs/reference/errors.md#stopped)',
    )
  })

  it('asks once, however often it is started, and again after a refusal', async () => {
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
  ])('says what %s %o means', async (name, extra, code, data) => {
    fake.getUserMedia = refusal(name, extra)
    const error = await errorOf(createMicrophone({ deviceId: 'desk' }).start())
    expect({ code: error.code, data: error.data }).toEqual({ code, data })
    expect((error.cause as Error).name).toBe(name)
  })

  it('releases the microphone when the worklet is refused', async () => {
    fake.addModule = refusal('AbortError')
    const error = await errorOf(createMicrophone().start())
    expect(error.message).toBe(
      'The browser did not load the inline worklet; if the page has a Content-Security-Policy, serve worklet.js and pass its address as workletUrl. (WORKLET_FAILED, see docs/reference/errors.md#worklet_failed)',
    )
    expect([fake.tracks[0]?.readyState, theContext().state, listenerCount()]).toEqual(['ended', 'closed', 0])
  })

  it('says that workletUrl leads to another script', async () => {
    fake.registers = 'nothing'
    const error = await errorOf(createMicrophone({ workletUrl: '/other.js' }).start())
    expect({ code: error.code, data: error.data }).toEqual({ code: 'WORKLET_FAILED', data: { url: '/other.js' } })
    expect([fake.tracks[0]?.readyState, theContext().state, listenerCount()]).toEqual(['ended', 'closed', 0])
  })

  it('needs a page that is served over https', async () => {
    fake.hasWorklets = false
    expect((await errorOf(createMicrophone().start())).data).toEqual({ feature: 'AudioWorklet' })
    vi.stubGlobal('navigator', {})
    expect((await errorOf(createMicrophone().start())).message).toBe(
      'This page has no getUserMedia; serve it over https, and use a browser that has it. (UNSUPPORTED, see docs/reference/errors.md#unsupported)',
    )
  })

  it('releases a microphone that is allowed only after it was stopped', async () => {
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

  it('stays muted from before the start until it is unmuted, frame by frame', async () => {
    const microphone = createMicrophone()
    const frames = framesOf(microphone)
    microphone.mute()
    await microphone.start()
    expect(fake.tracks[0]?.enabled).toBe(false)
    theNode().hear(4_800, 0.5)
    microphone.unmute()
    theNode().hear(4_800, 0.5)
    const [muted, open] = [frames.filter(({ level }) => level.peak === 0), frames.filter(({ level }) => level.peak > 0)]
    expect([muted.length, open.length, fake.tracks[0]?.enabled]).toEqual([5, 4, true])
    await microphone.stop()
  })

  it('silences what was heard and not yet given when it is muted', async () => {
    const microphone = createMicrophone()
    const frames = framesOf(microphone)
    await microphone.start()
    theNode().hear(1_536, 0.5) // 32 ms: one frame, and part of another
    microphone.mute()
    microphone.unmute()
    theNode().hear(1_536, 0.5)
    expect(frames.map(({ level }) => level.peak > 0)).toEqual([true, false, true])
    await microphone.stop()
  })

  it('is muted on a device that it changes to', async () => {
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

  it('keeps its device when it cannot change', async () => {
    const microphone = createMicrophone()
    const frames = framesOf(microphone)
    await microphone.start()
    const node = theNode()
    fake.getUserMedia = refusal('OverconstrainedError', { constraint: 'deviceId' })
    expect((await errorOf(microphone.setDevice('gone'))).data).toEqual({ device: 'microphone', deviceId: 'gone' })
    node.hear(4_800, 0.5)
    expect([microphone.state, frames.length > 0]).toEqual(['running', true])
    await microphone.stop()
  })

  it('lets go of its device first where only one can be open', async () => {
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

  it('changes devices one after the other, and the last wins', async () => {
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

  it('goes on with the preferred device when its own is pulled out', async () => {
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

  it('says that no device is left, and stops', async () => {
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

  it('is locked until a gesture, and follows interruptions', async () => {
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

  it('listens to a stream and a context that it is given, and leaves them alone', async () => {
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

  it('is locked while the clock of its context stands still', async () => {
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

  it('reports when the system mutes its device, independently of mute()', async () => {
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

  it('reports that the system mutes a device from its start, and that another device is not muted', async () => {
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
      expect(error.message).toBe(
        'The AudioContext of the microphone is closed; create a new AudioContext and a new microphone, and close the context only after the microphone is stopped. (CONTEXT_CLOSED, see docs/reference/errors.md#context_closed)',
      )
      expect(fake.tracks[0]?.readyState).toBe('ended')
    },
  )

  it('stops with CONTEXT_CLOSED when its context is closed while it runs', async () => {
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

  it('never enables a track that the app disabled: start, unmute, and stop', async () => {
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

  it('stop: enables a track of the app again that mute() disabled', async () => {
    const track = new FakeTrack('mine')
    const microphone = createMicrophone({ stream: streamOf(track) as unknown as MediaStream })
    microphone.mute()
    await microphone.start()
    expect(track.enabled).toBe(false)
    await microphone.stop()
    expect(track.enabled).toBe(true)
  })

  it('refuses frames that are no whole samples', () => {
    expect(() => createMicrophone({ frameMs: 0.01 })).toThrow(
      'The option "frameMs" must make whole samples at 24000 Hz, not 0.01 ms. (INVALID_OPTION, see docs/reference/errors.md#invalid_option)',
    )
  })
})
