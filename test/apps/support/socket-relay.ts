import { type RawData, WebSocket, WebSocketServer } from 'ws'

/** An event as it went over the wire. */
export type Frame = { readonly type: string } & Readonly<Record<string, unknown>>

/** Stands between a client and a server, and keeps what they say. */
export interface SocketRelay {
  /** The base address for the client, such as `http://127.0.0.1:49152/v1`. */
  readonly httpUrl: string
  readonly sent: readonly Frame[]
  readonly received: readonly Frame[]
  /** The codes with which the client has closed; 1006 when it just went. */
  readonly closeCodes: readonly number[]
  /** Drops the client without a farewell. */
  cut(): void
  close(): Promise<void>
}

/**
 * @param target the base address of the server, such as `http://127.0.0.1:8080/v1`
 * @param onReceived sees each event of the server after it has been passed on
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
