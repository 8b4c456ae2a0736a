import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  STATUS_CODES,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Emulator } from '../emulator/emulator.js'
import { errorFrame } from '../emulator/error-frame.js'
import { refusals } from '../emulator/refusals.js'
import { connectRequestOf, isSessionPath, urlOf } from './connect-request.js'
import { answerHttp } from './http.js'
import { serverTransport } from './server-transport.js'
import type { SipPhone } from './sip/phone.js'
import { createSipCalls, type DialOptions } from './sip/sip.js'
import { createCalls } from './web-rtc/calls.js'

/** Options of {@link serve}. All of them are optional. */
export interface ServeOptions {
  /**
   * Port on 127.0.0.1.
   * @defaultValue a free port
   */
  readonly port?: number
  /** Certificate for `wss:` and `https:`. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /**
   * Called for each upgrade before it is accepted. A returned refusal rejects the upgrade with an HTTP status, as a failing gateway does. When
   * it throws, rejects, or returns what cannot be sent, the upgrade is rejected with status 500.
   */
  readonly refuseUpgrade?: (upgrade: Upgrade) => UpgradeRefusal | undefined | Promise<UpgradeRefusal | undefined>
  /**
   * What the server closes first when it ends a WebRTC call. `data-channel` closes the channel and then the peer connection.
   * `peer-connection` aborts the channel: browsers report an `error` of the data channel with `sctpCauseCode` 12 before its `close`.
   * @defaultValue 'data-channel'
   */
  readonly hangUpBy?: 'data-channel' | 'peer-connection'
}

/** A WebSocket handshake of a client. */
export interface Upgrade {
  /** Number of earlier handshakes. */
  readonly attempt: number
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

/** The HTTP response that rejects a handshake. */
export interface UpgradeRefusal {
  /** HTTP status, for example 429 or 503. */
  readonly status: number
  /** Headers, for example `{ 'retry-after': '1' }`. */
  readonly headers?: Readonly<Record<string, string>>
  /** @defaultValue a JSON error */
  readonly body?: string
}

/** An emulator that is reachable over HTTP, WebSocket, WebRTC, and SIP webhooks. */
export interface EmulatorServer {
  /**
   * Base URL for WebSockets, such as `ws://127.0.0.1:49152/v1`. Connect to `${url}/realtime?model=…` or
   * `${url}/realtime/translations?model=…`.
   */
  readonly url: string
  /** Base URL for HTTP requests, such as `http://127.0.0.1:49152/v1`. */
  readonly httpUrl: string
  /** Number of handshakes, including rejected ones. */
  readonly attempts: number
  /**
   * Simulates an incoming SIP call: the call rings, and a signed `realtime.call.incoming` is sent to a webhook on this machine.
   * `POST /v1/realtime/calls/{id}/accept`, `reject`, `refer`, and `hangup` control the call.
   * @throws {TransportError} `INVALID_OPTION` when the webhook is not on this machine.
   */
  dial(options: DialOptions): SipPhone
  /** Closes every connection with code 1001 and stops the server. Resolves when everything is closed. */
  close(): Promise<void>
}

// Limit of 15 MiB of audio in base64, plus the event around it.
const maxPayload = 24 * 2 ** 20

/**
 * Serves an emulator on 127.0.0.1. It is not reachable from other machines.
 * @example
 * ```ts
 * const server = await serve(createEmulator())
 * const session = createSession({ transport: webSocket({ url: `${server.url}/realtime?model=gpt-realtime-2.1` }) })
 * await server.close()
 * ```
 */
export async function serve(emulator: Emulator, options: ServeOptions = {}): Promise<EmulatorServer> {
  const { port = 0, tls, refuseUpgrade, hangUpBy = 'data-channel' } = options
  const server = tls ? createHttpsServer(tls) : createHttpServer()
  // A client that reuses a connection while the server closes it would get no response.
  server.keepAliveTimeout = 60_000
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload,
    handleProtocols: (offered) => (offered.has('realtime') ? 'realtime' : false),
  })
  const calls = createCalls(emulator, hangUpBy)
  const sip = createSipCalls(emulator)
  let attempts = 0

  function accept(socket: WebSocket, request: IncomingMessage): void {
    const transport = serverTransport(socket, { onBinary: () => errorFrame(refusals.binaryFrame()) })
    void emulator.attach(transport, connectRequestOf(request))
  }

  /**
   * Returns the HTTP response that rejects an upgrade, or `undefined` when it is accepted. `refuseUpgrade` belongs to the test: an exception in
   * it must not end the process that runs the server.
   */
  async function rejection(upgrade: Upgrade, isSession: boolean): Promise<string | undefined> {
    if (!isSession) return refusalOf({ status: 404 })
    try {
      const refusal = await refuseUpgrade?.(upgrade)
      return refusal && refusalOf(refusal)
    } catch {
      const body = errorBody('refuseUpgrade threw, or returned a refusal that cannot be sent.')
      return refusalOf({ status: 500, body })
    }
  }

  server.on('request', (request, response) => {
    answerHttp({ emulator, calls, sip }, request, response).catch(() => response.destroy())
  })
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy())
    const upgrade = { attempt: attempts++, url: request.url ?? '/', headers: request.headers }
    void rejection(upgrade, isSessionPath(urlOf(request).pathname)).then((response) => {
      if (response !== undefined) stream.end(response)
      else sockets.handleUpgrade(request, stream, head, (socket) => accept(socket, request))
    })
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}/v1`

  return {
    url: `${tls ? 'wss' : 'ws'}://${address}`,
    httpUrl: `${tls ? 'https' : 'http'}://${address}`,
    get attempts() {
      return attempts
    },
    dial: sip.dial,
    async close() {
      sip.close()
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()))
      await Promise.all([calls.close(), ...[...sockets.clients].map(hangUp)])
      server.closeAllConnections()
      await stopped
    },
  }
}

/** Closes a socket and terminates it if the client does not respond in time. */
function hangUp(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) return resolve()
    const giveUp = setTimeout(() => socket.terminate(), 500)
    socket.once('close', () => {
      clearTimeout(giveUp)
      resolve()
    })
    socket.close(1001, 'The server is going down.')
  })
}

function refusalOf({ status, headers = {}, body = errorBody(STATUS_CODES[status] ?? '') }: UpgradeRefusal): string {
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError('not a final HTTP status')
  const lines = Object.entries({
    connection: 'close',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return `${name}: ${value}\r\n`
  })
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`
}

function errorBody(message: string): string {
  return JSON.stringify({ error: { type: 'server_error', code: null, message, param: null } })
}
