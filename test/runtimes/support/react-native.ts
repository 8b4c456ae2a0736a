import { createContext, runInContext } from 'node:vm'
import type * as Main from 'realtime-primitives'
import type * as Testing from 'realtime-primitives/testing'
import type * as WebRtc from 'realtime-primitives/webrtc'
import NodeSocket from 'ws'

/** What the app passes to the test. */
export interface App {
  readonly main: typeof Main
  readonly webrtc: typeof WebRtc
  readonly testing: typeof Testing
}

/** A request that the app made. */
export interface AppRequest {
  readonly url: unknown
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** A simulated React Native environment. It has no web API that React Native lacks. */
export interface ReactNative {
  readonly app: App
  /** URLs of all sockets. */
  readonly openedUrls: unknown[]
  readonly requests: AppRequest[]
  /** Globals of the app, such as its AbortController. */
  readonly globals: { readonly AbortController: typeof AbortController }
}

/** Parts of the language that Hermes lacks. */
const removeFromLanguage = `
delete Array.prototype.toSorted
delete Object.getPrototypeOf(Int8Array.prototype).toSorted
delete Intl.Segmenter
delete Promise.withResolvers
delete Object.groupBy
`

type Listener = (event: object) => void

/** Runs a bundle in a context that has the language and the globals of React Native, and no API of Node.js. */
export function runInReactNative(code: string): ReactNative {
  const openedUrls: unknown[] = []
  const requests: AppRequest[] = []

  /** As in React Native: the URL is a string, and there is no `bufferedAmount`, no `pong` for `ping`, and no options for listeners. */
  class WebSocket {
    static readonly OPEN = 1
    readyState = 0
    binaryType = 'blob'
    readonly #socket: NodeSocket
    readonly #listeners = new Map<string, Set<Listener>>()

    constructor(url: unknown, protocols: string[], options: { headers?: Record<string, string> } = {}) {
      openedUrls.push(url)
      if (typeof url !== 'string') throw new TypeError('the native module takes a string')
      this.#socket = new NodeSocket(url, protocols, options)
      this.#socket.on('open', () => {
        this.readyState = 1
        this.#emit('open', {})
      })
      this.#socket.on('message', (data, isBinary) => this.#emit('message', { data: isBinary ? data : String(data) }))
      this.#socket.on('error', ({ message }) => {
        this.readyState = 3
        this.#emit('error', {})
        const status = /Unexpected server response: (\d+)/.exec(message)?.[1]
        const reason = status ? `Received bad response code from server: ${status}.` : message
        this.#emit('close', { code: 1006, reason, wasClean: false })
      })
      this.#socket.on('close', (code, reason) => {
        if (this.readyState === 3) return
        this.readyState = 3
        this.#emit('close', { code, reason: String(reason), wasClean: false })
      })
    }
    #emit(type: string, event: object): void {
      for (const listener of [...(this.#listeners.get(type) ?? [])]) listener(event)
    }
    addEventListener(type: string, listener: Listener): void {
      this.#listeners.set(type, (this.#listeners.get(type) ?? new Set()).add(listener))
    }
    removeEventListener(type: string, listener: Listener): void {
      this.#listeners.get(type)?.delete(listener)
    }
    send(data: string): void {
      this.#socket.send(data)
    }
    ping(): void {
      this.#socket.ping()
    }
    close(code?: number, reason?: string): void {
      if (this.readyState >= 2) return
      this.readyState = 2
      this.#socket.close(code, reason)
    }
  }

  class FormData {
    readonly parts: [string, string][] = []
    append(name: string, value: string): void {
      this.parts.push([name, value])
    }
  }

  async function fetch(url: unknown, { headers, body }: { headers: Headers; body: unknown }) {
    requests.push({ url, headers: Object.fromEntries(headers), body: body instanceof FormData ? body.parts : body })
    return {
      status: 201,
      headers: new Headers({ location: '/v1/realtime/calls/rtc_1' }),
      text: async () => 'v=0 answer',
    }
  }

  const sandbox: Record<string, unknown> = {
    ...{ console, setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask, setImmediate },
    ...{ WebSocket, FormData, fetch, Headers },
    performance: { now: () => performance.now() },
    navigator: { product: 'ReactNative' },
  }
  for (const name of ['global', 'window', 'self']) sandbox[name] = sandbox
  const context = createContext(sandbox)
  runInContext(removeFromLanguage, context)
  runInContext(code, context)
  return { app: sandbox.app as App, openedUrls, requests, globals: sandbox as unknown as ReactNative['globals'] }
}
