import type { IncomingMessage } from 'node:http'
import { createEmulator } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { type CallPackages, createCalls } from '../../../../src/testing/node/web-rtc/calls.js'

const notInstalled: CallPackages = { loadOpus: async () => undefined, loadWerift: async () => undefined }
const g711 = ['m=audio 9 UDP/TLS/RTP/SAVPF 111 0', 'a=rtpmap:111 opus/48000/2']

/** Requests a call from a server without the optional packages. */
async function requestCall(audio: readonly string[], packages = notInstalled, emulator = createTestEmulator()) {
  const calls = createCalls(emulator, 'data-channel', packages)
  const form = new FormData()
  form.set('sdp', ['v=0', ...audio, 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', ''].join('\r\n'))
  form.set('session', JSON.stringify({ type: 'realtime', model: 'gpt-realtime' }))
  const body = new Response(form)
  const headers = { authorization: 'Bearer sk-test', 'content-type': body.headers.get('content-type') ?? '' }
  const request = { url: '/v1/realtime/calls', headers, rawHeaders: [] } as unknown as IncomingMessage
  const response = await calls.create(request, new Uint8Array(await body.arrayBuffer()))
  return { status: response.status, error: JSON.parse(String(response.body)).error }
}

const createTestEmulator = () => createEmulator({ apiKey: 'sk-test' })

describe('POST /calls without optional packages', () => {
  it('an offer with Opus only: returns 400 and names libopus-wasm', async () => {
    const { status, error } = await requestCall(['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=rtpmap:111 opus/48000/2'])
    expect(status).toBe(400)
    expect(error).toMatchObject({ code: 'unsupported_codec', param: 'sdp' })
    expect(error.message).toContain('npm install --save-dev libopus-wasm')
    expect(error.message).toContain('PCMU or PCMA')
  })

  it('an offer with G.711: needs werift, and not libopus-wasm', async () => {
    const { status, error } = await requestCall(g711)
    expect(status).toBe(501)
    expect(error.code).toBe('webrtc_not_installed')
  })
})

describe('POST /calls with a package that does not load', () => {
  it('rejects, and ends the session of the call', async () => {
    const emulator = createTestEmulator()
    const failure = Object.assign(new Error('no such file'), { code: 'MODULE_NOT_FOUND' })
    const loadWerift = () => Promise.reject(failure)
    await expect(requestCall(g711, { ...notInstalled, loadWerift }, emulator)).rejects.toBe(failure)
    expect(emulator.sessionCount).toBe(0)
  })
})
