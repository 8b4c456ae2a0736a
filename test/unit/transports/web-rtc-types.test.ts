import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type PeerConnectionClass, webRTC } from 'realtime-primitives/webrtc'
import { expect, it } from 'vitest'
import { RTCPeerConnection as WeriftPeer } from 'werift'

const root = fileURLToPath(new URL('../../..', import.meta.url))

it('PeerConnectionClass: accepts classes of browsers and libraries', () => {
  const platform = () => RTCPeerConnection satisfies PeerConnectionClass
  expect(WeriftPeer satisfies PeerConnectionClass).toBeTypeOf('function')
  expect(platform).toThrow(ReferenceError)
})

it('webRTC: conflicting options do not compile', () => {
  // @ts-expect-error one of key and exchangeSdp is needed
  expect(() => webRTC({})).toThrow('INVALID_OPTION')
  // @ts-expect-error and not both
  expect(() => webRTC({ apiKey: 'ek_1', exchangeSdp: () => 'v=0' })).toThrow('INVALID_OPTION')
})

it('the entry point reads no browser globals when imported', () => {
  const program = `
    for (const name of ['window', 'document', 'navigator', 'RTCPeerConnection', 'MediaStream', 'MediaStreamTrack', 'Audio'])
      Object.defineProperty(globalThis, name, { configurable: true, get() { throw new Error('touched ' + name) } })
    await import('./src/transports/web-rtc/index.ts')
    process.stdout.write('quiet')`
  const args = ['--import', 'tsx', '--input-type=module', '-e', program]
  expect(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })).toBe('quiet')
})
