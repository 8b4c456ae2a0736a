// One node of the cluster: answers media streams at /call, and SIP webhooks at /webhook. This is the file to deploy.
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { reconnecting, sideband, webSocket } from 'realtime-primitives'
import { acceptCall, createWebhookReceiver, readIncomingCall, redisStore } from 'realtime-primitives/server'
import { drainOnSignal } from 'realtime-primitives/server/node'
import { createClient } from 'redis'
import { WebSocketServer } from 'ws'
import { createAgentNode } from './agent.js'
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
  clock: { now: () => performance.now(), after: startTimer },
  connect: () => reconnecting(webSocket({ apiKey, baseUrl, model })),
  join: (callId) => reconnecting(sideband({ apiKey, baseUrl, callId })),
  ...backendOf(router),
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

const adoption = setInterval(() => void agent.adoptCalls().catch(() => {}), 300)
const register = () => post(`${router}/nodes`, { name, pid: process.pid, port: (http.address() as AddressInfo).port })
await register()
const heartbeat = setInterval(() => void register().catch(() => {}), 500)

drainOnSignal(() => agent.calls, {
  deadlineMs: 8_000,
  async stopAccepting() {
    agent.stopAccepting()
    clearInterval(adoption)
    clearInterval(heartbeat)
    await fetch(`${router}/nodes/${name}`, { method: 'DELETE' })
    http.close()
  },
})

function startTimer(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(delayMs, 2 ** 31 - 1))
  return () => clearTimeout(timer)
}

function post(address: string, body: object): Promise<unknown> {
  return fetch(address, { method: 'POST', body: JSON.stringify(body) })
}

/** Reads the raw body, which the signature covers. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}
