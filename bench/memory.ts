import { agentsSession } from './contenders/agents.js'
import { openaiSocket } from './contenders/openai.js'
import { ourSession } from './contenders/ours.js'
import { collectGarbage, median, settle } from './measure.js'
import type { Trace } from './trace.js'

const sessions = 500

/** Kilobytes of heap that a connected, idle session holds; sockets are left out, as far as they can be. */
export async function measureMemory({ greeting }: Trace): Promise<{ name: string; kilobytes: number }[]> {
  const created = greeting.toString()
  const kinds: Record<string, () => Promise<unknown>> = {
    'realtime-primitives: session': () => ourSession(created),
    'openai: OpenAIRealtimeWS, with the ws socket that it makes': async () => {
      const { realtime } = openaiSocket()
      await new Promise((resolve) => realtime.socket.once('close', resolve))
      return realtime
    },
    'agents-realtime: session': () => agentsSession(created),
  }
  const rows = []
  for (const [name, create] of Object.entries(kinds)) {
    const sizes = []
    for (let round = 0; round < 5; round++) sizes.push(await sizeOf(create))
    rows.push({ name, kilobytes: median(sizes.slice(1)) })
  }
  return rows
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
