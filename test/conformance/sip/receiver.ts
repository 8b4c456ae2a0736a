import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createReplayStore, parseWebhook, type WebhookEvent } from 'realtime-primitives/server'
import type { WebhookTarget } from 'realtime-primitives/testing/node'

/** A webhook as it arrived. */
export interface Arrival {
  readonly body: string
  readonly headers: IncomingHttpHeaders
}

/** Something that takes webhooks on loopback, verified, each once. */
export interface Receiver {
  readonly target: WebhookTarget
  readonly arrivals: readonly Arrival[]
  close(): Promise<void>
}

const secrets = 'whsec_dGhpcnR5LXR3byBieXRlcyBvZiBhIHNlY3JldCBrZXkh'

/** @param handle answers the HTTP status; a refused webhook is 400 */
export async function startReceiver(handle: (event: WebhookEvent) => Promise<number> | number): Promise<Receiver> {
  const arrivals: Arrival[] = []
  const replayStore = createReplayStore()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    arrivals.push({ body: body.toString(), headers: request.headers })
    try {
      const { id, event } = await parseWebhook(body, request.headers, { secrets, replayStore })
      const status = await handle(event)
      if (status >= 300) await replayStore.release(id)
      response.writeHead(status).end()
    } catch {
      response.writeHead(400).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    target: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`, secrets },
    arrivals,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
