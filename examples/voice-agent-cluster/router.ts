import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CallStore } from 'realtime-primitives/server'
import { connectStream, hangUp } from 'realtime-primitives/twilio'

export interface ClusterNode {
  readonly name: string
  readonly pid: number
  readonly port: number
}

export interface Router {
  readonly url: string
  /** The nodes that have registered within the last two seconds. */
  nodes(): ClusterNode[]
  /** How often the other system was called, by tool and key. */
  readonly runs: ReadonlyMap<string, number>
  close(): Promise<void>
}

/** How long a node without a heartbeat still gets calls. */
const heartbeatMs = 2_000
/** How long the other system of the tools takes. */
const toolMs = 800

/** Starts the router. It sends each call, and each call whose stream has ended, to a node that is alive. */
export async function startRouter(store: CallStore): Promise<Router> {
  const known = new Map<string, ClusterNode & { readonly seenAt: number }>()
  const runs = new Map<string, number>()
  let turn = 0

  const nodes = () => [...known.values()].filter(({ seenAt }) => performance.now() - seenAt < heartbeatMs)

  /** Returns a live node: one that accepts connections, because a heartbeat may be out of date. */
  async function pick(): Promise<ClusterNode> {
    for (let attempt = 0; attempt < 20; attempt++) {
      const live = nodes()
      const node = live[turn++ % Math.max(1, live.length)]
      const isAlive =
        node &&
        (await fetch(`http://127.0.0.1:${node.port}/`).then(
          () => true,
          () => false,
        ))
      if (node && isAlive) return node
      if (node) known.delete(node.name)
      else await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error('No node is alive.')
  }

  async function twiml(): Promise<string> {
    const { port } = await pick()
    return connectStream({ url: `ws://127.0.0.1:${port}/call`, redirectUrl: '/continue' })
  }

  async function respond(request: IncomingMessage, body: Buffer): Promise<{ status: number; text: string }> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://router')
    const [, first = '', second = ''] = pathname.split('/')
    switch (`${request.method} ${first}`) {
      case 'GET nodes':
        return { status: 200, text: JSON.stringify(nodes()) }
      case 'POST nodes': {
        const node = JSON.parse(body.toString()) as ClusterNode
        known.set(node.name, { ...node, seenAt: performance.now() })
        return { status: 204, text: '' }
      }
      case 'DELETE nodes':
        known.delete(second)
        return { status: 204, text: '' }
      case 'POST incoming':
        return { status: 200, text: await twiml() }
      case 'POST continue': {
        // In production, check X-Twilio-Signature first. Without a record, the call has ended.
        const callSid = new URLSearchParams(body.toString()).get('CallSid') ?? ''
        const isLive = (await store.read(callSid)) !== undefined
        return { status: 200, text: isLive ? await twiml() : hangUp() }
      }
      case 'POST webhook': {
        const { port } = await pick()
        const headers = Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => name.startsWith('webhook-')),
        )
        const { status } = await fetch(`http://127.0.0.1:${port}/webhook`, {
          method: 'POST',
          headers: headers as Record<string, string>,
          body: new Uint8Array(body),
        })
        return { status, text: '' }
      }
      case 'POST backend': {
        const id = `${second} ${searchParams.get('key')}`
        // The other system of `book` recognizes keys. That of `charge` does not.
        if (second === 'charge' || !runs.has(id)) runs.set(id, (runs.get(id) ?? 0) + 1)
        await new Promise((resolve) => setTimeout(resolve, toolMs))
        return { status: 200, text: `${second} confirmed` }
      }
      default:
        return { status: 404, text: '' }
    }
  }

  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { status, text } = await respond(request, Buffer.concat(chunks)).catch((error: Error) => ({
      status: 503,
      text: error.message,
    }))
    response.writeHead(status).end(text)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    nodes,
    runs,
    async close() {
      http.close()
      http.closeAllConnections()
      await once(http, 'close')
    },
  }
}
