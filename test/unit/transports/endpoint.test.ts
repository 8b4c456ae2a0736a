import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Endpoint, endpointUrl, isLoopback, printableUrl } from '../../../src/transports/endpoint.js'
import { isTransportError } from '../../../src/transports/error.js'

const hrefOf = (endpoint: Endpoint) => endpointUrl(endpoint).href

function refusalOf(endpoint: unknown): string {
  try {
    endpointUrl(endpoint as Endpoint)
  } catch (error) {
    if (isTransportError(error)) return error.shortMessage
    throw error
  }
  return 'nothing was refused'
}

describe('endpointUrl', () => {
  it.each([
    [{ model: 'gpt-realtime-2.1' }, 'wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1'],
    [{ callId: 'rtc_1' }, 'wss://api.openai.com/v1/realtime?call_id=rtc_1'],
    [{ intent: 'transcription' }, 'wss://api.openai.com/v1/realtime?intent=transcription'],
    [{ model: 'm', service: 'translations' }, 'wss://api.openai.com/v1/realtime/translations?model=m'],
    [{ model: 'm', baseUrl: 'https://example.com/openai/v1/' }, 'wss://example.com/openai/v1/realtime?model=m'],
    [{ model: 'm', baseUrl: 'http://127.0.0.1:8080/v1' }, 'ws://127.0.0.1:8080/v1/realtime?model=m'],
    [{ model: 'a b&c', baseUrl: 'wss://h/v1' }, 'wss://h/v1/realtime?model=a+b%26c'],
    [{ callId: 'c', baseUrl: 'wss://h/v1?model=old&intent=x&keep=1#part' }, 'wss://h/v1/realtime?keep=1&call_id=c'],
    [{ url: 'wss://h/any/path?deployment=x#part' }, 'wss://h/any/path?deployment=x'],
  ] as [Endpoint, string][])('%j: returns the URL', (endpoint, href) => {
    expect(hrefOf(endpoint)).toBe(href)
  })

  it('does not modify a URL object', () => {
    const baseUrl = new URL('wss://h/v1?model=old')
    endpointUrl({ model: 'new', baseUrl })
    expect(baseUrl.href).toBe('wss://h/v1?model=old')
  })

  it.each([
    [{}, 'The option "model" is missing; pass exactly one of model, callId, intent, and url.'],
    [{ model: '' }, 'The option "model" must be a non-empty string.'],
    [{ model: 42 }, 'The option "model" must be a non-empty string.'],
    [
      { model: 'm', callId: 'c' },
      'The option "callId" cannot be combined with "model"; pass exactly one of model, callId, intent, and url.',
    ],
    [{ intent: 'conversation' }, 'The option "intent" must be "transcription".'],
    [{ service: 'translations', callId: 'c' }, 'The option "callId" cannot be used with translations; pass a model.'],
    [{ service: 'other', model: 'm' }, 'The option "service" must be "realtime" or "translations".'],
    [{ url: 'wss://h/', model: 'm' }, 'The option "model" cannot be combined with "url"; put it into the URL.'],
    [{ url: 'not an address' }, 'The option "url" is not a URL; pass one such as "wss://example.com/v1".'],
    [{ url: 'ftp://h/' }, 'The option "url" must begin with "wss:" or "ws:", not "ftp:".'],
    [
      { model: 'm', baseUrl: 'wss://user:secret@h/' },
      'The option "baseUrl" must not contain a user or password; pass apiKey or headers.',
    ],
  ])('%j: throws INVALID_OPTION with advice', (endpoint, message) => {
    expect(refusalOf(endpoint)).toBe(message)
  })
})

/** Stands in for the `URL` of React Native: it refuses nothing, knows `http(s):` only, and its parts cannot be set. */
class PoorUrl {
  readonly href: string
  constructor(text: string) {
    this.href = text
  }
  get hostname(): string {
    return /^https?:\/\/([^:/?#]+)/.exec(this.href)?.[1] ?? ''
  }
}

describe.each([
  ['the URL of the runtime', globalThis.URL],
  ['a URL like that of React Native', PoorUrl],
  ['no URL', undefined],
])('addresses with %s', (_name, Url) => {
  beforeEach(() => {
    vi.stubGlobal('URL', Url)
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it.each([
    [{ model: 'gpt-realtime-2.1' }, 'wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1'],
    [
      { model: 'a b&c+d/é!', baseUrl: 'wss://H.example:443/v1/' },
      'wss://h.example/v1/realtime?model=a+b%26c%2Bd%2F%C3%A9%21',
    ],
    [{ model: 'm', baseUrl: 'https://h:8443/v1?api-version=1#x' }, 'wss://h:8443/v1/realtime?api-version=1&model=m'],
    [{ model: 'm', baseUrl: ' http://[::1]:80 ' }, 'ws://[::1]/realtime?model=m'],
    [{ callId: 'rtc_1', baseUrl: 'wss://h/v1?call%5Fid=old&a=1' }, 'wss://h/v1/realtime?a=1&call_id=rtc_1'],
    [{ url: 'https://h' }, 'wss://h/'],
    [{ url: 'wss://h/a b?q=é"' }, 'wss://h/a%20b?q=%C3%A9%22'],
  ] as [Endpoint, string][])('%j: returns the URL', (endpoint, href) => {
    expect(hrefOf(endpoint)).toBe(href)
  })

  it.each([
    ['not an address', 'is not a URL; pass one such as "wss://example.com/v1"'],
    ['', 'is not a URL; pass one such as "wss://example.com/v1"'],
    ['/v1/realtime', 'is not a URL; pass one such as "wss://example.com/v1"'],
    ['wss://', 'is not a URL; pass one such as "wss://example.com/v1"'],
    ['wss://h:99999/', 'is not a URL; pass one such as "wss://example.com/v1"'],
    ['wss://h:port/', 'is not a URL; pass one such as "wss://example.com/v1"'],
    ['wss://a b/', 'is not a URL; pass one such as "wss://example.com/v1"'],
    ['ftp://h/', 'must begin with "wss:" or "ws:", not "ftp:"'],
    ['localhost:8080/v1', 'must begin with "wss:" or "ws:", not "localhost:"'],
    ['wss://u:p@h/', 'must not contain a user or password; pass apiKey or headers'],
    ['ws://127.0.0.1:80@evil.example/', 'must not contain a user or password; pass apiKey or headers'],
  ])('rejects the url %j', (url, problem) => {
    expect(refusalOf({ url })).toBe(`The option "url" ${problem}.`)
  })

  it('does not treat other hosts as loopback', () => {
    for (const url of ['ws://127.0.0.1.evil.example/', 'ws://evil.example?localhost', 'ws://evil.example#localhost'])
      expect(isLoopback(endpointUrl({ url }))).toBe(false)
    expect(isLoopback(endpointUrl({ url: 'ws://127.0.0.1:8080/v1' }))).toBe(true)
  })
})

describe('printableUrl', () => {
  it('redacts query values that could be secrets', () => {
    const url = new URL('wss://h/realtime?model=m&api-key=sk-1&call_id=rtc_1&intent=transcription')
    expect(printableUrl(url)).toBe('wss://h/realtime?model=m&api-key=redacted&call_id=redacted&intent=transcription')
  })
})

describe('printableUrl with other secrets', () => {
  it.each([
    ['wss://user:secret@h/realtime?model=m', 'wss://h/realtime?model=m'],
    ['wss://h/?sk-secret&token=sk-1', 'wss://h/?redacted&token=redacted'],
    ['nothing', 'the server'],
  ])('of %s is %s', (href, expected) => {
    expect(printableUrl({ href })).toBe(expected)
  })
})

describe('isLoopback', () => {
  it.each([
    ['ws://localhost/', true],
    ['ws://a.localhost/', true],
    ['ws://127.0.0.1/', true],
    ['ws://127.9.9.9/', true],
    ['ws://[::1]/', true],
    ['ws://localhost.example.com/', false],
    ['ws://192.168.1.1/', false],
    ['ws://128.0.0.1/', false],
  ])('of %s is %s', (url, expected) => {
    expect(isLoopback(new URL(url))).toBe(expected)
  })
})
