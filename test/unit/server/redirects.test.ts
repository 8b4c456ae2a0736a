import {
  acceptCall,
  createCall,
  createClientSecret,
  hangupCall,
  referCall,
  rejectCall,
  type ServerOptions,
} from 'realtime-primitives/server'
import { describe, expect, it } from 'vitest'
import { rejection, startApi } from './support/api.js'

const requests: Readonly<Record<string, (options: ServerOptions) => Promise<unknown>>> = {
  createClientSecret: (options) => createClientSecret({ session: { type: 'realtime' } }, options),
  createTranslationSecret: (options) =>
    createClientSecret({ session: { type: 'translation', model: 'gpt-realtime-translate' } }, options),
  createCall: (options) => createCall({ sdp: 'v=0\r\n', session: {} }, options),
  acceptCall: (options) => acceptCall('rtc_1', {}, options),
  rejectCall: (options) => rejectCall('rtc_1', {}, options),
  referCall: (options) => referCall('rtc_1', { target_uri: 'tel:+1' }, options),
  hangupCall: (options) => hangupCall('rtc_1', options),
}

/** Every way in which a request can carry a credential, and one in which it carries none. */
const credentials: Readonly<Record<string, ServerOptions>> = {
  bearer: { apiKey: 'sk-standard-key' },
  'bearer from a function': { apiKey: async () => 'sk-standard-key' },
  'api-key header': { apiKey: 'sk-standard-key', apiKeyHeader: 'api-key' },
  basic: { headers: { authorization: 'Basic c2stc3RhbmRhcmQta2V5' } },
  cookie: { headers: { Cookie: 'session=sk-standard-key' } },
  'proxy-authorization': { headers: { 'Proxy-Authorization': 'Bearer sk-standard-key' } },
  'unknown header': { headers: { 'X-Something': 'sk-standard-key' } },
  none: {},
}

const statuses = [301, 302, 303, 307, 308]

describe.each(statuses)('a redirect with %i', (status) => {
  it.each(Object.keys(requests))('to another origin: is not followed by %s', async (name) => {
    const destination = await startApi()
    const source = await startApi(() => ({ status, headers: { location: `${destination.url}/stolen?key=1` } }))
    const act = requests[name]
    const error = await rejection(act?.({ apiKey: 'sk-standard-key', baseUrl: source.url }) ?? Promise.resolve())
    expect(error).toMatchObject({ code: 'REDIRECTED', data: { status, destination: new URL(destination.url).origin } })
    expect(source.seen).toHaveLength(1)
    expect(destination.seen).toEqual([])
    expect(destination.bytes()).toBe('')
  })

  it.each(Object.entries(credentials))('is not followed with the credential: %s', async (_, options) => {
    const destination = await startApi()
    const source = await startApi(() => ({ status, headers: { location: destination.url } }))
    const error = await rejection(hangupCall('rtc_1', { ...options, baseUrl: source.url }))
    expect(error).toMatchObject({ code: 'REDIRECTED' })
    expect(source.seen).toHaveLength(1)
    expect(destination.bytes()).toBe('')
  })

  it('on the same origin: is not followed', async () => {
    const source = await startApi(() => ({ status, headers: { location: '/v1/elsewhere' } }))
    const error = await rejection(hangupCall('rtc_1', { apiKey: 'sk-standard-key', baseUrl: source.url }))
    const origin = new URL(source.url).origin
    expect(error.shortMessage).toBe(
      `POST ${source.url}/realtime/calls/rtc_1/hangup was redirected to ${origin}. Redirects are not followed, to protect credentials. Set baseUrl to the URL of the API itself.`,
    )
    expect(source.seen.map(({ url }) => url)).toEqual(['/v1/realtime/calls/rtc_1/hangup'])
  })
})

describe('a redirect', () => {
  it.each([
    [undefined, undefined],
    ['http://', undefined],
    ['data:text/plain,hello', 'data:'],
    ['//other.example/path', 'http://other.example'],
  ])('is not followed to any location: %s', async (location, destination) => {
    const source = await startApi(() => ({ status: 302, headers: location === undefined ? {} : { location } }))
    const error = await rejection(hangupCall('rtc_1', { baseUrl: source.url }))
    expect(error).toMatchObject({ code: 'REDIRECTED', data: { destination } })
  })

  it('with type opaqueredirect: rejects with REDIRECTED', async () => {
    const opaque = { status: 0, type: 'opaqueredirect', redirected: false, headers: new Headers(), body: null }
    const fetch = async () => opaque as Response
    const error = await rejection(hangupCall('rtc_1', { fetch, baseUrl: 'https://api.example.com/v1' }))
    expect(error).toMatchObject({ code: 'REDIRECTED', data: { status: undefined, destination: undefined } })
    expect(error.shortMessage).toContain('hangup was redirected. Redirects are not followed')
  })

  it('that a custom fetch followed: rejects with REDIRECTED', async () => {
    const destination = await startApi()
    const source = await startApi(() => ({ status: 307, headers: { location: destination.url } }))
    const following = (url: string, init: RequestInit) => fetch(url, { ...init, redirect: 'follow' })
    const error = await rejection(hangupCall('rtc_1', { fetch: following, baseUrl: source.url }))
    expect(error).toMatchObject({ code: 'REDIRECTED' })
  })
})
