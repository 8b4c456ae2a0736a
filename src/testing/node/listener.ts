import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Certificate } from './certificate.js'

/** Handlers of a {@link Listener}. */
export interface ListenerHandlers {
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void
  readonly onUpgrade: (request: IncomingMessage, stream: Duplex, head: Buffer) => void
}

/** A listening HTTP server. */
export interface Listener {
  readonly port: number
  /** Accepts no more connections. Resolves when all of them are closed. */
  stop(): Promise<void>
  closeAllConnections(): void
}

/** The first byte of a TLS connection: a handshake record. */
const tlsHandshake = 0x16

/** Starts an HTTP server. With a certificate, it accepts TLS and plain connections on the same port. */
export async function listen(
  { port, host, certificate }: { readonly port: number; readonly host: string; readonly certificate?: Certificate },
  { onRequest, onUpgrade }: ListenerHandlers,
): Promise<Listener> {
  const plain = createHttpServer()
  const secure = certificate && createHttpsServer(certificate)
  const servers = secure ? [plain, secure] : [plain]
  for (const server of servers) {
    // A client that reuses a connection while the server closes it would get no response.
    server.keepAliveTimeout = 60_000
    server.on('request', onRequest)
    server.on('upgrade', onUpgrade)
  }
  const sockets = new Set<Socket>()
  const tcp = secure && createTcpServer((socket) => dispatch(socket))

  function dispatch(socket: Socket): void {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.once('data', (data) => {
      // The server that gets the connection reads it from its first byte.
      socket.pause()
      socket.unshift(data)
      const server = data[0] === tlsHandshake ? secure : plain
      server?.emit('connection', socket)
      process.nextTick(() => socket.resume())
    })
  }

  const listening = tcp ?? plain
  await new Promise<void>((resolve, reject) => {
    listening.once('error', reject)
    listening.listen(port, host, () => {
      listening.off('error', reject)
      resolve()
    })
  })

  return {
    port: (listening.address() as AddressInfo).port,
    stop: () => new Promise((resolve) => listening.close(() => resolve())),
    closeAllConnections() {
      for (const server of servers) server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
    },
  }
}
