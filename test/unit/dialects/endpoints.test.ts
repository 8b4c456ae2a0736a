import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Transport, webSocket } from 'realtime-primitives'
import { azure, azureVoiceLive, type Dialect, inworld, xai } from 'realtime-primitives/dialects'
import { afterEach, describe, expect, it } from 'vitest'

const urlOf = (dialect: object, endpoint: object) => new URL(String((dialect as Dialect).endpoint?.url(endpoint)))

describe('the URL of a dialect', () => {
  it('is that of the vendor, with the model', () => {
    expect(urlOf(xai, { model: 'grok-voice-latest' }).href).toBe('wss://api.x.ai/v1/realtime?model=grok-voice-latest')
    const url = urlOf(inworld, {})
    expect(`${url.origin}${url.pathname}`).toBe('wss://api.inworld.ai/api/v1/realtime/session')
    expect(url.searchParams.get('protocol')).toBe('realtime')
    expect(url.searchParams.get('key')).toMatch(/./)
  })

  it('is below the resource on Azure', () => {
    const baseUrl = 'https://r.openai.azure.com'
    expect(urlOf(azure, { baseUrl, model: 'd' }).href).toBe('wss://r.openai.azure.com/openai/v1/realtime?model=d')
    expect(urlOf(azure, { baseUrl: `${baseUrl}/openai/v1/`, model: 'd' }).pathname).toBe('/openai/v1/realtime')
    expect(urlOf(azure, { baseUrl, callId: 'rtc_1' }).search).toBe('?call_id=rtc_1')
    const live = urlOf(azureVoiceLive, {
      baseUrl: 'https://r.services.ai.azure.com?api-version=2026-01-01',
      model: 'm',
    })
    expect(live.href).toBe('wss://r.services.ai.azure.com/voice-live/realtime?api-version=2026-01-01&model=m')
    expect(urlOf(azureVoiceLive, { baseUrl, model: 'm' }).searchParams.get('api-version')).toBe('2025-10-01')
  })

  it.each([
    [azure, { model: 'd' }, 'baseUrl'],
    [azure, { baseUrl: 'ftp://x', model: 'd' }, 'baseUrl'],
    [xai, { model: 'a', callId: 'b' }, 'callId'],
  ])('names the option that is missing or wrong: %#', (dialect, endpoint, option) => {
    expect(() => urlOf(dialect, endpoint)).toThrow(
      expect.objectContaining({ data: expect.objectContaining({ option }) }),
    )
  })
})

describe('the key of a dialect', () => {
  const closers: (() => void)[] = []
  afterEach(() => {
    for (const close of closers.splice(0)) close()
  })

  /** Returns the headers of the request with which a transport connects. */
  async function headersOf(open: (baseUrl: string) => Transport): Promise<IncomingHttpHeaders> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => server.close())
    const headers = new Promise<IncomingHttpHeaders>((resolve) => {
      server.on('upgrade', (request, socket) => {
        socket.destroy()
        resolve(request.headers)
      })
    })
    const { port } = server.address() as AddressInfo
    open(`http://127.0.0.1:${port}`)
      .open()
      .catch(() => {})
    return headers
  }

  it.each([
    ['azure, a key of the resource', azure, { apiKey: 'abc' }, { 'api-key': 'abc', authorization: undefined }],
    ['azure, a token of Entra ID', azure, { apiKey: 'eyJh.b.c' }, { authorization: 'Bearer eyJh.b.c' }],
    ['azure, a client secret', azure, { apiKey: 's', keyKind: 'client-secret' }, { authorization: 'Bearer s' }],
    ['inworld', inworld, { apiKey: 'YTpi' }, { authorization: 'Basic YTpi' }],
    ['xai', xai, { apiKey: 'xai-1' }, { authorization: 'Bearer xai-1' }],
  ] as const)('is sent in the header that the server reads: %s', async (_name, dialect, options, expected) => {
    const headers = await headersOf((baseUrl) => webSocket({ dialect, baseUrl, model: 'm', ...options }))
    for (const [name, value] of Object.entries(expected)) expect(headers[name]).toBe(value)
  })
})
