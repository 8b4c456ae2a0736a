import { WebSocketServer } from 'ws'
import { errorFrame } from '../../testing/emulator/error-frame.js'
import { refusals } from '../../testing/emulator/refusals.js'
import { isAllowedOrigin } from '../../testing/node/cross-origin.js'
import { listen } from '../../testing/node/listener.js'
import { serverTransport } from '../../testing/node/server-transport.js'
import { createReplay, type Replay, type ReplayOptions } from '../../testing/replay/replay.js'
import type { ReplayReport } from '../../testing/replay/report.js'

/** A recording that is served on 127.0.0.1. */
export interface ReplayServer {
  readonly port: number
  /** Returns the report of each call so far. */
  reports(): readonly ReplayReport[]
  close(): Promise<void>
}

/** Options of {@link serveReplay}. */
export interface ServeReplayOptions extends ReplayOptions {
  readonly port: number
  /** Called when a client has disconnected and the recording has no further connection. */
  onCall(report: ReplayReport): void
}

/** Serves a recording to WebSocket clients. Each call plays it from the start, unless the recorded call had several connections. */
export async function serveReplay(recording: string, options: ServeReplayOptions): Promise<ReplayServer> {
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has('realtime') ? 'realtime' : false),
  })
  // Throws now if the recording or an option is invalid.
  createReplay(recording, options)
  const replays: { readonly replay: Replay; isAttached: boolean; isOver: boolean }[] = []

  const listener = await listen(
    { port: options.port, host: '127.0.0.1' },
    {
      onRequest: (_request, response) => void response.writeHead(426, { upgrade: 'websocket' }).end(),
      onUpgrade(request, stream, head) {
        stream.on('error', () => stream.destroy())
        if (!isAllowedOrigin(request, [])) return void stream.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n')
        sockets.handleUpgrade(request, stream, head, (socket) => {
          let call = replays.find(({ isAttached, isOver }) => !isAttached && !isOver)
          if (!call) {
            call = { replay: createReplay(recording, options), isAttached: false, isOver: false }
            replays.push(call)
          }
          const current = call
          current.isAttached = true
          const transport = serverTransport(socket, { onBinary: () => errorFrame(refusals.binaryFrame()) })
          let attachment: ReturnType<Replay['attach']> | undefined
          transport.on('open', () => {
            attachment = current.replay.attach({
              send: (frame) => transport.send(frame),
              // 1005 and 1006 describe the absence of a close frame.
              close: (code, reason) =>
                code === 1005 || code === 1006 ? socket.terminate() : void transport.close(code, reason),
            })
          })
          transport.on('message', (frame) => attachment?.receive(frame))
          transport.on('close', () => {
            attachment?.disconnect()
            current.isAttached = false
            const report = current.replay.report()
            current.isOver = current.replay.isOver
            if (current.isOver) options.onCall(report)
          })
          void transport.open()
        })
      },
    },
  )
  return {
    port: listener.port,
    reports: () => replays.map(({ replay }) => replay.report()),
    async close() {
      const stopped = listener.stop()
      for (const client of sockets.clients) client.terminate()
      listener.closeAllConnections()
      await stopped
    },
  }
}
