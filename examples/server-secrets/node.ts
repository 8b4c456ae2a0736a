import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

// Larger than any webhook, and small enough to bound memory.
const mostBytes = 1 << 20

/** Serves a request handler with Node's http on 127.0.0.1. */
export async function listen(handle: (request: Request) => Promise<Response>) {
  const server = createServer(async (incoming, outgoing) => {
    const response = await answer(incoming, handle).catch((error: unknown) => {
      console.error(error)
      return new Response(null, { status: 500 })
    })
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(new Uint8Array(await response.arrayBuffer()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(incoming: IncomingMessage, handle: (request: Request) => Promise<Response>): Promise<Response> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes) return new Response(null, { status: 413 })
    chunks.push(chunk)
  }
  const { method = 'GET', url = '/' } = incoming
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headersDistinct))
    for (const each of value ?? []) headers.append(name, each)
  return handle(
    new Request(new URL(url, 'http://127.0.0.1'), {
      method,
      headers,
      ...(size === 0 ? {} : { body: Buffer.concat(chunks) }),
    }),
  )
}
