import type { IncomingMessage, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Server as TcpServer } from 'node:net'
import type { Duplex } from 'node:stream'

/** A scripted server on loopback. */
export interface LoopbackServer {
  readonly port: number
  close(): Promise<void>
}

/** Starts an HTTP server whose upgrade requests are handled by the test. */
export async function upgradeServer(
  onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Promise<LoopbackServer> {
  const server = createServer((_request, response) => response.writeHead(404).end())
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {})
    onUpgrade(request, socket, head)
  })
  return listen(server)
}

/** Listens on a free loopback port. Closing the server drops its connections. */
export async function listen(server: Server | TcpServer): Promise<LoopbackServer> {
  const sockets = new Set<Duplex>()
  server.on('connection', (socket: Duplex) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
