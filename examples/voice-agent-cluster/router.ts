import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { CallStore } from 'realtime-primitives/server'
import { connectStream, hangUp } from 'realtime-primitives/twilio'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Continuation } from './agent.js'

export interface ClusterNode {
  readonly name: string
  readonly pid: number
  readonly port: number
}

/** A request of a tool to the other system. */
export interface ToolRequest {
  readonly tool: string
  readonly key: string
}

export interface Router {
  readonly url: string
  /** The nodes that take calls. */
  nodes(): ClusterNode[]
  /** All requests of the tools, in order. */
  readonly requests: readonly ToolRequest[]
  /** How often a request had an effect, by tool and key. */
  readonly runs: ReadonlyMap<string, number>
  /** The calls that nodes have started or continued, as the nodes report them. */
  readonly continuations: readonly Continuation[]
  close(): Promise<void>
}

interface Member extends ClusterNode {
  readonly link: WebSocket
  seenAt: number
  /** It finishes its calls and takes no others. */
  isDraining: boolean
}

const pingMs = 500
/** A node without a sign of life for this time only gets calls if there is no other one. */
const silentMs = 2_000
/** How long the other system of the tools takes. */
const toolMs = 800

/**
 * Starts the router. It sends each call, and each call whose stream has ended, to a node that is alive. Each node holds a socket to it. A socket
 * that closes while the port of its node refuses connections means that the process is dead. The other nodes are then notified at once.
 */
export async function startRouter(store: CallStore): Promise<Router> {
  const members = new Map<string, Member>()
  const runs = new Map<string, number>()
  const requests: ToolRequest[] = []
  const continuations: Continuation[] = []
  let turn = 0

  const accepting = () => [...members.values()].filter(({ isDraining }) => !isDraining)

  async function pick(): Promise<ClusterNode> {
    for (let attempt = 0; attempt < 60; attempt++) {
      const all = accepting()
      const live = all.filter(({ seenAt }) => performance.now() - seenAt < silentMs)
      const candidates = live.length > 0 ? live : all
      const node = candidates[turn++ % Math.max(1, candidates.length)]
      if (node) return node
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('No node is alive.')
  }

  async function twiml(): Promise<string> {
    const { port } = await pick()
    return connectStream({ url: `ws://127.0.0.1:${port}/call`, redirectUrl: '/continue' })
  }

  function addNode(link: WebSocket, node: ClusterNode): void {
    const member: Member = { ...node, link, seenAt: performance.now(), isDraining: false }
    members.set(node.name, member)
    const pings = setInterval(() => link.ping(), pingMs)
    link.on('pong', () => {
      member.seenAt = performance.now()
    })
    link.on('message', (data) => {
      const message = JSON.parse(String(data)) as { isDraining?: true; continued?: Continuation }
      if (message.isDraining) member.isDraining = true
      if (message.continued) continuations.push(message.continued)
    })
    link.on('error', () => {})
    link.on('close', async () => {
      clearInterval(pings)
      if (members.get(node.name) === member) members.delete(node.name)
      // A node whose network failed for a moment connects again.
      if (await acceptsConnections(node.port)) return
      for (const other of members.values()) other.link.send(JSON.stringify({ dead: node.name }))
    })
  }

  async function respond(request: IncomingMessage, body: Buffer): Promise<{ status: number; text: string }> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://router')
    const [, first = '', second = ''] = pathname.split('/')
    switch (`${request.method} ${first}`) {
      case 'GET nodes':
        return { status: 200, text: JSON.stringify(accepting().map(({ name, pid, port }) => ({ name, pid, port }))) }
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
        const key = searchParams.get('key') ?? ''
        const id = `${second} ${key}`
        requests.push({ tool: second, key })
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
  const links = new WebSocketServer({ server: http, path: '/nodes' })
  links.on('connection', (link, request) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://router')
    const [name = '', pid, port] = ['name', 'pid', 'port'].map((field) => searchParams.get(field) ?? '')
    addNode(link, { name, pid: Number(pid), port: Number(port) })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    nodes: accepting,
    requests,
    runs,
    continuations,
    async close() {
      for (const link of links.clients) link.terminate()
      http.close()
      http.closeAllConnections()
      await once(http, 'close')
    },
  }
}

function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const settle = (accepts: boolean) => {
      socket.destroy()
      resolve(accepts)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}
