import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { TextDetector } from '../../internal/redaction/detector.js'
import type { TextPolicy } from '../../internal/redaction/redactor.js'
import { errorFrame } from '../../testing/emulator/error-frame.js'
import { refusals } from '../../testing/emulator/refusals.js'
import { isAllowedOrigin } from '../../testing/node/cross-origin.js'
import { listen } from '../../testing/node/listener.js'
import { serverTransport } from '../../testing/node/server-transport.js'
import { isTransportError } from '../../transports/error.js'
import { recording } from '../../transports/recording.js'
import type { Transport, TransportClose } from '../../transports/transport.js'
import { webSocket } from '../../transports/web-socket.js'
import type { CallFiles } from './call-files.js'
import { upstreamOptions, upstreamUrl } from './upstream.js'

/** Options of {@link startProxy}. */
export interface ProxyOptions {
  readonly upstream: URL
  readonly port: number
  /** Key for clients that send none. */
  readonly apiKey: string | undefined
  readonly text: TextPolicy
  readonly redact: TextDetector | undefined
  /** Opens the files of the next call. */
  openFiles(): CallFiles
  /** Called when a call has ended, or could not be connected. */
  onCall(call: { readonly path: string | undefined; readonly problem: string | undefined }): void
}

/** A proxy on 127.0.0.1 that records calls. */
export interface RecordingProxy {
  readonly port: number
  close(): Promise<void>
}

const maxPayload = 24 * 2 ** 20

/** Starts a proxy. It connects to the service before it accepts a client, so that the client receives the rejection of the service. */
export async function startProxy(options: ProxyOptions): Promise<RecordingProxy> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload,
    handleProtocols: (offered) => (offered.has('realtime') ? 'realtime' : false),
  })
  const calls = new Set<{ readonly service: Transport; readonly files: CallFiles }>()

  async function relay(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    // Pages of other origins must not use the key of the environment.
    if (!isAllowedOrigin(request, [])) return refuse(stream, 403)
    const files = options.openFiles()
    const url = upstreamUrl(options.upstream, request)
    const socket = webSocket({ url, ...upstreamOptions(request, options.apiKey), heartbeatMs: 0 })
    const waiting: string[] = []
    socket.on('message', (frame) => files.keepAudio('received', frame))
    const service = recording(socket, files.write, { text: options.text, redact: options.redact })
    const call = { service, files }
    let send = (frame: string): void => {
      waiting.push(frame)
    }
    let onClosed: ((close: TransportClose) => void) | undefined
    let closed: TransportClose | undefined
    service.on('message', (frame) => send(frame))
    service.on('close', (close) => {
      closed = close
      calls.delete(call)
      files.close()
      options.onCall({ path: files.path, problem: undefined })
      onClosed?.(close)
    })
    try {
      await service.open()
    } catch (error) {
      files.close()
      const status = isTransportError(error, 'CONNECT_FAILED') ? error.data.status : undefined
      options.onCall({ path: undefined, problem: error instanceof Error ? error.message : String(error) })
      return refuse(stream, status ?? 502)
    }
    calls.add(call)
    sockets.handleUpgrade(request, stream, head, (client) => {
      onClosed = (close) => closeClient(client, close)
      if (closed) return onClosed(closed)
      const caller = serverTransport(client, { onBinary: () => errorFrame(refusals.binaryFrame()) })
      caller.on('message', (frame) => {
        if (service.state !== 'open') return
        files.keepAudio('sent', frame)
        service.send(frame)
      })
      caller.on('close', ({ code, reason }) => void service.close(isSendable(code) ? code : 1000, reason))
      void caller.open()
      send = (frame) => caller.send(frame)
      for (const frame of waiting) caller.send(frame)
    })
  }

  const listener = await listen(
    { port: options.port, host: '127.0.0.1' },
    {
      onRequest(_request, response) {
        const error = {
          type: 'invalid_request_error',
          code: null,
          param: null,
          message: 'Only WebSockets are recorded.',
        }
        response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
      },
      onUpgrade(request, stream, head) {
        stream.on('error', () => stream.destroy())
        relay(request, stream, head).catch(() => stream.destroy())
      },
    },
  )
  return {
    port: listener.port,
    async close() {
      const stopped = listener.stop()
      await Promise.all([...calls].map(({ service }) => service.close(1000)))
      for (const client of sockets.clients) client.terminate()
      listener.closeAllConnections()
      await stopped
    },
  }
}

function closeClient(client: WebSocket, { code, reason }: TransportClose): void {
  if (isSendable(code)) client.close(code, Buffer.from(reason).subarray(0, 120))
  else client.terminate()
}

/** Returns whether a close frame may contain a code. 1005 and 1006 describe the absence of a close frame. */
function isSendable(code: number): boolean {
  return (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999)
}

function refuse(stream: Duplex, status: number): void {
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
