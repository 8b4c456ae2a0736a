import { RealtimeAgent, RealtimeSession } from '@openai/agents-realtime'
import { createSession, memoryPair, webSocket } from 'realtime-primitives'
import { agentsSession } from './contenders/agents.js'
import { openaiSocket } from './contenders/openai.js'
import { detachedTransport, ourSession } from './contenders/ours.js'
import { collectGarbage, median, settle } from './measure.js'
import type { Trace } from './trace.js'

const sessions = 500

/** Kilobytes of heap that an idle session holds: created and not connected, and connected. Sockets are left out, as far as they can be. */
export async function measureIdle({ greeting }: Trace): Promise<{ name: string; kilobytes: number }[]> {
  const created = greeting.toString()
  const kinds: Record<string, () => Promise<unknown>> = {
    'realtime-primitives: session, connected': () => ourSession(created),
    'realtime-primitives: the transport of the row above alone, with listeners': async () => {
      const transport = detachedTransport()
      for (const type of ['message', 'close', 'open', 'reconnecting'] as const) transport.on(type, () => {})
      return transport
    },
    'realtime-primitives: session, connected, over memoryPair (both ends)': () => sessionInMemory(created),
    'realtime-primitives: session and webSocket, not connected': async () =>
      createSession({ transport: webSocket({ apiKey: 'sk-bench', model: 'gpt-realtime-2.1' }) }),
    'realtime-primitives: webSocket alone, not connected': async () =>
      webSocket({ apiKey: 'sk-bench', model: 'gpt-realtime-2.1' }),
    'openai: OpenAIRealtimeWS, with the ws socket that it makes': async () => {
      const { realtime } = openaiSocket()
      await new Promise((resolve) => realtime.socket.once('close', resolve))
      return realtime
    },
    'agents-realtime: session, connected': () => agentsSession(created),
    'agents-realtime: session and its WebSocket transport, not connected': async () =>
      new RealtimeSession(new RealtimeAgent({ name: 'Bench' }), { transport: 'websocket', tracingDisabled: true }),
  }
  const rows = []
  for (const [name, create] of Object.entries(kinds)) {
    const sizes = []
    for (let round = 0; round < 5; round++) sizes.push(await sizeOf(create))
    rows.push({ name, kilobytes: median(sizes.slice(1)) })
  }
  return rows
}

/** A session whose other end in memory has sent `session.created`. */
async function sessionInMemory(greeting: string): Promise<unknown> {
  const [transport, server] = memoryPair()
  const session = createSession({ transport })
  server.on('open', () => server.send(greeting))
  await Promise.all([session.connect(), server.open()])
  return [session, server]
}

async function sizeOf(create: () => Promise<unknown>): Promise<number> {
  const held: unknown[] = []
  const before = await heapUsed()
  for (let count = 0; count < sessions; count++) held.push(await create())
  const after = await heapUsed()
  return (after - before) / held.length / 1_000
}

async function heapUsed(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await settle()
    collectGarbage()
  }
  return process.memoryUsage().heapUsed
}
