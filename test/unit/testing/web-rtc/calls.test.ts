import { createEmulator } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { expect, it, vi } from 'vitest'

vi.mock('../../../../src/testing/node/web-rtc/load-opus.js', () => ({ loadOpus: async () => undefined }))

it('POST /calls: refuses an offer with Opus only when libopus-wasm is not installed, and names the package', async () => {
  const server = await serve(createEmulator({ apiKey: 'sk-test' }))
  try {
    const body = new FormData()
    const sdp = ['v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=rtpmap:111 opus/48000/2', 'm=application 9 x', '']
    body.set('sdp', sdp.join('\r\n'))
    body.set('session', JSON.stringify({ type: 'realtime', model: 'gpt-realtime' }))
    const headers = { authorization: 'Bearer sk-test' }
    const response = await fetch(`${server.httpUrl}/realtime/calls`, { method: 'POST', headers, body })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: { code: 'unsupported_codec', message: expect.stringMatching(/libopus-wasm.*PCMU or PCMA/), param: 'sdp' },
    })
  } finally {
    await server.close()
  }
})
