// One node of the cluster: answers media streams at /call, and SIP webhooks at /webhook. This is the file to deploy.
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { reconnecting, sideband, webSocket } from 'realtime-primitives'
import { acceptCall, createWebhookReceiver, readIncomingCall, redisStore } from 'realtime-primitives/server'
import { drainOnSignal } from 'realtime-primitives/server/node'
import { createClient } from 'redis'
import { WebSocket, WebSocketServer } from 'ws'
import { type Continuation, createAgentNode } from './agent.js'
import { backendOf } from './backend.js'

const { NODE_NAME: name = 'node', REDIS_URL: url = '', API_URL: baseUrl = '', ROUTER_URL: router = '' } = process.env
const { OPENAI_API_KEY: apiKey = '', WEBHOOK_SECRET: secrets = '' } = process.env
const model = 'gpt-realtime-2.1'
const print = (text: string) => console.log(text)

const redis = createClient({ url })
redis.on('error', (error: Error) => print(`${name}: redis: ${error.message}`))
await redis.connect()

const agent = createAgentNode({
  name,
  store: redisStore(redis),
  // Its times can be compared with those of the other processes of this machine.
  clock: { now: () => performance.timeOrigin + performance.now(), after: startTimer },
  connect: () => reconnecting(webSocket({ apiKey, baseUrl, model })),
  join: (callId) => reconnecting(sideband({ apiKey, baseUrl, callId })),
  ...backendOf(router),
  onContinued: (continued) => report({ continued }),
  print,
})

const receive = createWebhookReceiver({ secrets }, async (event) => {
  if (event.type !== 'realtime.call.incoming') return
  const { callId } = readIncomingCall(event)
  await acceptCall(callId, { type: 'realtime', model, instructions: 'You answer the telephone.' }, { apiKey, baseUrl })
  agent.holdCall(callId).catch((error: Error) => print(`${name}: ${error.message}`))
})

const http = createServer(async (request, response) => {
  if (request.method !== 'POST' || request.url !== '/webhook') return response.writeHead(404).end()
  const { status } = await receive(await bodyOf(request), request.headers)
  return response.writeHead(status).end()
})
const sockets = new WebSocketServer({ server: http, path: '/call', maxPayload: 64 * 1024 })
sockets.on('connection', (socket) => {
  agent.answerStream(socket).catch((error: Error) => print(`${name}: ${error.message}`))
})
http.listen(0, '127.0.0.1')
await once(http, 'listening')

/** Nodes that the router has found dead. Names are not used again. */
const dead = new Set<string>()
const adopt = () => void agent.adoptCalls((holder) => dead.has(holder)).catch(() => {})
// Finds the calls whose lease has expired, and those of nodes that died while this one was not connected to the router.
const adoption = setInterval(adopt, 300)

let link: WebSocket
let isDraining = false

/** Registers this node at the router. The socket stays open until the process ends. */
function register(): void {
  const { port } = http.address() as AddressInfo
  link = new WebSocket(`${router.replace('http', 'ws')}/nodes?name=${name}&pid=${process.pid}&port=${port}`)
  link.on('open', () => {
    if (isDraining) report({ isDraining })
  })
  link.on('message', (data) => {
    dead.add((JSON.parse(String(data)) as { readonly dead: string }).dead)
    adopt()
  })
  link.on('error', () => {})
  link.on('close', () => setTimeout(register, 500))
}
register()

function report(message: { readonly isDraining: true } | { readonly continued: Continuation }): void {
  if (link.readyState === WebSocket.OPEN) link.send(JSON.stringify(message))
}

drainOnSignal(() => agent.calls, {
  deadlineMs: 8_000,
  stopAccepting() {
    isDraining = true
    report({ isDraining })
    agent.stopAccepting()
    clearInterval(adoption)
    http.close()
  },
})

function startTimer(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(delayMs, 2 ** 31 - 1))
  return () => clearTimeout(timer)
}

/** Reads the raw body, which the signature covers. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}
