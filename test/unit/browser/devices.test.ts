import { isDeviceError, isOutputSelectable, listDevices, watchDevices } from 'realtime-primitives/browser'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fake, installFakeAudio } from './fake-audio.js'

afterEach(() => vi.unstubAllGlobals())

const settle = () => new Promise((resolve) => setImmediate(resolve))
const device = (kind: MediaDeviceKind, deviceId: string) => ({ kind, deviceId, label: deviceId, groupId: 'g' })

describe('the entry', () => {
  it('is imported where there is no page', () => {
    expect([typeof document, typeof AudioContext]).toEqual(['undefined', 'undefined'])
    expect(isOutputSelectable()).toBe(false)
  })
})

describe('listDevices', () => {
  it('sorts them by what they are for', async () => {
    installFakeAudio()
    const devices = [device('audioinput', 'a'), device('videoinput', 'b'), device('audiooutput', 'c')]
    Object.assign(fake.mediaDevices, { enumerateDevices: async () => devices })
    expect(await listDevices()).toEqual({
      microphones: [{ id: 'a', label: 'a', groupId: 'g' }],
      speakers: [{ id: 'c', label: 'c', groupId: 'g' }],
    })
  })

  it('says that the page must be served over https', async () => {
    vi.stubGlobal('navigator', {})
    const error = await listDevices().catch((reason: unknown) => reason)
    expect(isDeviceError(error, 'UNSUPPORTED') && error.data.feature).toBe('getUserMedia')
    expect(() => watchDevices(() => {})).toThrow('This page has no getUserMedia')
  })
})

describe('watchDevices', () => {
  it('tells of each change until it is ended', async () => {
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

  it('survives a list that the browser refuses and a listener that throws', async () => {
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
