import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on this machine. */
export interface LocalServer {
  readonly http: Server
  readonly port: number
  close(): Promise<void>
}

/** Listens on 127.0.0.1. Port 0 is any free port. */
export async function listenLocally(port: number, onRequest: RequestListener): Promise<LocalServer> {
  const http = createServer(onRequest)
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  return {
    http,
    port: (http.address() as AddressInfo).port,
    async close() {
      http.close()
      http.closeAllConnections()
      await once(http, 'close')
    },
  }
}
