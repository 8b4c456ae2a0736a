import { type RawData, WebSocket, WebSocketServer } from 'ws'

/** An event of the client or the server. */
export type Frame = { readonly type: string } & Readonly<Record<string, unknown>>

/** A relay between a client and a server that records the events of both. */
export interface SocketRelay {
  /** Base URL for the client, such as `http://127.0.0.1:49152/v1`. */
  readonly httpUrl: string
  readonly sent: readonly Frame[]
  readonly received: readonly Frame[]
  /** Close codes of the client. 1006 stands for a connection that was lost without a close frame. */
  readonly closeCodes: readonly number[]
  /** Terminates the connection of the client without a close frame. */
  cut(): void
  close(): Promise<void>
}

/**
 * Starts a relay.
 * @param target - Base URL of the server, such as `http://127.0.0.1:8080/v1`.
 * @param onReceived - Called with each event of the server after it was forwarded.
 */
export async function socketRelay(
  target: string,
  onReceived: (event: Frame, relay: SocketRelay) => void = () => {},
): Promise<SocketRelay> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await new Promise((resolve) => server.once('listening', resolve))
  const sent: Frame[] = []
  const received: Frame[] = []
  const closeCodes: number[] = []

  const relay: SocketRelay = {
    httpUrl: `http://127.0.0.1:${(server.address() as { port: number }).port}/v1`,
    sent,
    received,
    closeCodes,
    cut() {
      for (const near of server.clients) near.terminate()
    },
    async close() {
      relay.cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  server.on('connection', (near, request) => {
    const { authorization } = request.headers
    const far = new WebSocket(
      `${new URL(target).origin.replace('http', 'ws')}${request.url}`,
      authorization === undefined ? {} : { headers: { authorization } },
    )
    const early: string[] = []
    near.on('message', (data) => {
      sent.push(parse(data))
      if (far.readyState === WebSocket.OPEN) far.send(String(data))
      else early.push(String(data))
    })
    far.on('open', () => {
      for (const text of early) far.send(text)
    })
    far.on('message', (data) => {
      const event = parse(data)
      received.push(event)
      near.send(String(data))
      onReceived(event, relay)
    })
    near.on('close', (code) => {
      closeCodes.push(code)
      far.terminate()
    })
    far.on('close', (code, reason) => {
      if (code === 1006) near.terminate()
      else near.close(code, String(reason))
    })
    for (const socket of [near, far]) socket.on('error', () => {})
  })
  return relay
}

function parse(data: RawData): Frame {
  return JSON.parse(String(data))
}
