import type { IncomingMessage } from 'node:http'
import { isIP, isIPv6 } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Emulator } from '../emulator/emulator.js'
import { errorFrame } from '../emulator/error-frame.js'
import { refusals } from '../emulator/refusals.js'
import { apiPathOf, isSessionPath } from './api-path.js'
import { createCertificate } from './certificate.js'
import { connectRequestOf, selectionOf } from './connect-request.js'
import { controlPrefix } from './control-routes.js'
import { isAllowedOrigin } from './cross-origin.js'
import { answerHttp, foreignOrigin } from './http.js'
import { listen } from './listener.js'
import { parseServeOptions, type ServeOptions, type Upgrade } from './serve-options.js'
import { serverTransport } from './server-transport.js'
import type { SipPhone } from './sip/phone.js'
import { createSipCalls, type DialOptions } from './sip/sip.js'
import { errorBody, upgradeRejection } from './upgrade-refusal.js'
import { createCalls } from './web-rtc/calls.js'

/** An emulator that is reachable over HTTP, WebSocket, WebRTC, and SIP webhooks. */
export interface EmulatorServer {
  /**
   * Base URL for WebSockets, such as `ws://127.0.0.1:49152/v1`. Connect to `${url}/realtime?model=…` or
   * `${url}/realtime/translations?model=…`.
   */
  readonly url: string
  /** Base URL for HTTP requests, such as `http://127.0.0.1:49152/v1`. */
  readonly httpUrl: string
  /** URL of the control routes, such as `http://127.0.0.1:49152/_emulator`. */
  readonly controlUrl: string
  /** The certificate in PEM, for clients to trust. `undefined` without TLS. */
  readonly certificate: string | undefined
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
 * Serves an emulator on 127.0.0.1 over HTTP, WebSocket, WebRTC, and SIP webhooks. It is not reachable from other machines unless `host` is set.
 * The routes below `/_emulator` control it.
 * @throws {EmulatorError} `INVALID_OPTION`.
 * @example
 * ```ts
 * const server = await serve(createEmulator())
 * const session = createSession({ transport: webSocket({ url: `${server.url}/realtime?model=gpt-realtime-2.1` }) })
 * await server.close()
 * ```
 */
export async function serve(emulator: Emulator, options: ServeOptions = {}): Promise<EmulatorServer> {
  const {
    port = 0,
    host = '127.0.0.1',
    tls,
    allowOrigin = [],
    dialect,
    refuseUpgrade,
    hangUpBy = 'data-channel',
  } = parseServeOptions(options)
  const certificate = tls === true ? createCertificate(isIP(host) ? [] : [host], Date.now()) : tls
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
    void emulator.attach(transport, connectRequestOf(request), dialect)
  }

  /**
   * Returns the HTTP response that rejects an upgrade, or `undefined` when it is accepted. `refuseUpgrade` belongs to the test: an exception in
   * it must not end the process that runs the server.
   */
  async function rejection(upgrade: Upgrade, request: IncomingMessage): Promise<string | undefined> {
    if (!isAllowedOrigin(request, allowOrigin)) return upgradeRejection(foreignOrigin(request))
    if (!isSessionPath(apiPathOf(request))) return upgradeRejection({ status: 404 })
    const fault = emulator.takeRefusal(selectionOf(request))
    if (fault) return upgradeRejection({ status: 429, ...fault })
    try {
      const refusal = await refuseUpgrade?.(upgrade)
      return refusal && upgradeRejection(refusal)
    } catch {
      const body = errorBody('refuseUpgrade threw, or returned a refusal that cannot be sent.')
      return upgradeRejection({ status: 500, body })
    }
  }

  const listener = await listen(
    { port, host, ...(certificate && { certificate }) },
    {
      onRequest(request, response) {
        answerHttp({ emulator, calls, sip, allowOrigin, host }, request, response).catch(() => response.destroy())
      },
      onUpgrade(request, stream, head) {
        stream.on('error', () => stream.destroy())
        const upgrade = { attempt: attempts++, url: request.url ?? '/', headers: request.headers }
        void rejection(upgrade, request).then((response) => {
          if (response !== undefined) stream.end(response)
          else sockets.handleUpgrade(request, stream, head, (socket) => accept(socket, request))
        })
      },
    },
  )
  const address = `${reachable(host)}:${listener.port}/v1`

  return {
    url: `${tls ? 'wss' : 'ws'}://${address}`,
    httpUrl: `${tls ? 'https' : 'http'}://${address}`,
    controlUrl: `${tls ? 'https' : 'http'}://${address.replace(/\/v1$/, controlPrefix)}`,
    certificate: certificate?.cert,
    get attempts() {
      return attempts
    },
    dial: sip.dial,
    async close() {
      sip.close()
      const stopped = listener.stop()
      await Promise.all([calls.close(), ...[...sockets.clients].map(hangUp)])
      listener.closeAllConnections()
      await stopped
    },
  }
}

/** Returns the host for URLs of a server. A server on all addresses is reachable on the loopback address. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return isIPv6(host) ? `[${host}]` : host
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
