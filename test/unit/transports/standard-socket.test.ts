import { afterEach, describe, expect, it, vi } from 'vitest'
import { openSocket } from '../../../src/transports/open-socket/web.js'

type Listener = (event: object) => void

/** A socket in the test's hands. It knows no options for listeners, as in React Native. */
class PlayedSocket {
  static readonly OPEN = 1
  static readonly made: PlayedSocket[] = []
  readyState = 0
  binaryType = ''
  readonly listeners: [string, Listener][] = []
  readonly arguments: unknown[]
  constructor(...given: unknown[]) {
    this.arguments = given
    PlayedSocket.made.push(this)
  }
  ping = vi.fn()
  addEventListener(type: string, listener: Listener): void {
    this.listeners.push([type, listener])
  }
  removeEventListener(type: string, listener: Listener): void {
    const at = this.listeners.findIndex((known) => known[0] === type && known[1] === listener)
    if (at >= 0) this.listeners.splice(at, 1)
  }
  fire(type: string, event: object = {}): void {
    for (const [known, listener] of [...this.listeners]) if (known === type) listener(event)
  }
  close(): void {}
}

function open(headers: Record<string, string> = {}) {
  vi.stubGlobal('WebSocket', PlayedSocket)
  const handlers = { onOpen: vi.fn(), onMessage: vi.fn(), onPong: vi.fn(), onRefused: vi.fn(), onClose: vi.fn() }
  const url = { href: 'wss://h/realtime?model=m', protocol: 'wss:', hostname: 'h' }
  const socket = openSocket({ url, apiKey: 'ek_1', headers }, handlers)
  const played = PlayedSocket.made.at(-1) as PlayedSocket
  return { socket, played, handlers }
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('openSocket of the web platform', () => {
  it('passes the URL as text', () => {
    expect(open().played.arguments).toEqual(['wss://h/realtime?model=m', ['realtime', 'openai-insecure-api-key.ek_1']])
  })

  it('does not ping where no pong can be received', () => {
    expect(open().socket.ping).toBeUndefined()
    vi.stubGlobal('navigator', { product: 'ReactNative' })
    expect(open().socket.ping).toBeUndefined()
  })

  it('refuses headers in browsers and passes them on in React Native', () => {
    expect(() => open({ 'x-a': '1' })).toThrow('UNSUPPORTED_RUNTIME')
    vi.stubGlobal('navigator', { product: 'ReactNative' })
    expect(open({ 'x-a': '1' }).played.arguments.slice(1)).toEqual([
      ['realtime', 'openai-insecure-api-key.ek_1'],
      { headers: { 'x-a': '1' } },
    ])
    expect(open({ AUTHORIZATION: 'Custom' }).played.arguments.slice(1)).toEqual([
      ['realtime'],
      { headers: { AUTHORIZATION: 'Custom' } },
    ])
  })

  it.each([
    ['Received bad response code from server: 401.', 401],
    ["Expected HTTP 101 response but was '503 Service Unavailable'", 503],
    ['Unable to resolve host 404.example', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads the HTTP status from the close reason %j', (reason, status) => {
    const { played, handlers } = open()
    played.fire('error')
    played.fire('close', { code: 1006, reason, wasClean: false })
    expect(handlers.onRefused.mock.calls[0]?.[0].status).toBe(status)
    expect(played.listeners).toEqual([])
  })

  it('close: derives wasClean from the code if the runtime does not set it', () => {
    for (const [code, wasClean] of [
      [1000, true],
      [1006, false],
    ]) {
      const { played, handlers, socket } = open()
      played.fire('open')
      expect(socket.bufferedAmount).toBe(0)
      played.fire('close', { code, reason: 'r', wasClean: false })
      expect(handlers.onClose).toHaveBeenCalledWith({ code, reason: 'r', wasClean })
    }
  })

  it('abandon: calls no handler afterwards', () => {
    const { socket, played, handlers } = open()
    socket.abandon()
    for (const type of ['open', 'message', 'close']) played.fire(type, { data: 'x', code: 1000 })
    expect([handlers.onOpen, handlers.onMessage, handlers.onClose].map(({ mock }) => mock.calls.length)).toEqual([
      0, 0, 0,
    ])
  })
})
