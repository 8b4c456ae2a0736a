import { isDeviceError, isOutputSelectable, listDevices, watchDevices } from 'realtime-primitives/browser'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fake, installFakeAudio } from './fake-audio.js'

afterEach(() => vi.unstubAllGlobals())

const settle = () => new Promise((resolve) => setImmediate(resolve))
const device = (kind: MediaDeviceKind, deviceId: string) => ({ kind, deviceId, label: deviceId, groupId: 'g' })

describe('realtime-primitives/browser', () => {
  it('can be imported without a DOM', () => {
    expect([typeof document, typeof AudioContext]).toEqual(['undefined', 'undefined'])
    expect(isOutputSelectable()).toBe(false)
  })
})

describe('listDevices', () => {
  it('separates microphones and speakers', async () => {
    installFakeAudio()
    const devices = [device('audioinput', 'a'), device('videoinput', 'b'), device('audiooutput', 'c')]
    Object.assign(fake.mediaDevices, { enumerateDevices: async () => devices })
    expect(await listDevices()).toEqual({
      microphones: [{ id: 'a', label: 'a', groupId: 'g' }],
      speakers: [{ id: 'c', label: 'c', groupId: 'g' }],
    })
  })

  it('throws UNSUPPORTED when the page is not served over https', async () => {
    vi.stubGlobal('navigator', {})
    const error = await listDevices().catch((reason: unknown) => reason)
    expect(isDeviceError(error, 'UNSUPPORTED') && error.data.feature).toBe('getUserMedia')
    expect(() => watchDevices(() => {})).toThrow('getUserMedia is not available')
  })
})

describe('watchDevices', () => {
  it('calls the listener for each change until it is unsubscribed', async () => {
    installFakeAudio()
    let devices = [device('audioinput', 'a')]
    Object.assign(fake.mediaDevices, { enumerateDevices: async () => devices })
    const seen: string[][] = []
    const stop = watchDevices(({ microphones }) => seen.push(microphones.map(({ id }) => id)))
    devices = [...devices, device('audioinput', 'b')]
    fake.mediaDevices.dispatchEvent(new Event('devicechange'))
    await settle()
    fake.mediaDevices.dispatchEvent(new Event('devicechange'))
    stop()
    await settle()
    expect(seen).toEqual([['a', 'b']])
    expect(fake.mediaDevices.listeners).toBe(0)
  })

  it('continues after enumerateDevices rejects and after a listener throws', async () => {
    installFakeAudio()
    const reported: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
    const failure = new Error('of the app')
    let isRefused = true
    Object.assign(fake.mediaDevices, {
      enumerateDevices: async () => {
        if (isRefused) throw new DOMException('no', 'NotAllowedError')
        return []
      },
    })
    const stop = watchDevices(() => {
      throw failure
    })
    fake.mediaDevices.dispatchEvent(new Event('devicechange'))
    await settle()
    expect(reported).toEqual([])
    expect(isDeviceError(await listDevices().catch((error: unknown) => error), 'PERMISSION_DENIED')).toBe(true)
    isRefused = false
    fake.mediaDevices.dispatchEvent(new Event('devicechange'))
    await settle()
    expect(reported).toEqual([failure])
    stop()
  })
})
