// A cluster on one machine: Redis, a router, three nodes, and the emulator as the service. With --demo, kills nodes by itself and then ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { redisStore } from 'realtime-primitives/server'
import { call, createEmulator, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { createClient } from 'redis'
import { readSentences } from '../voice-agent-twilio/caller.js'
import { type ProviderCall, placeCall } from './provider.js'
import { startRouter } from './router.js'

const { values } = parseArgs({ options: { demo: { type: 'boolean' }, calls: { type: 'string', default: '2' } } })
const print = (text: string) => console.log(text)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const apiKey = 'sk-emulator'
const secrets = 'whsec_dGhpcnR5LXR3byBieXRlcyBvZiBhIHNlY3JldCBrZXkh'

const folder = await mkdtemp(join(tmpdir(), 'voice-agent-cluster-'))
const redisPort = await freePort()
const redisUrl = `redis://127.0.0.1:${redisPort}`
const redisServer = spawn(
  process.env.REDIS_SERVER_PATH ?? 'redis-server',
  ['--port', String(redisPort), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
  { stdio: 'ignore' },
)
redisServer.on('error', () => {
  print('redis-server is missing: install it (Debian: apt-get install redis-server), or set REDIS_SERVER_PATH.')
  process.exit(1)
})
const redis = createClient({ url: redisUrl })
redis.on('error', () => {})
await redis.connect()
const store = redisStore(redis)

const service = await serve(
  createEmulator({
    apiKey,
    // The number of the turn decides what the model does: a handoff, two tools, and a long sentence.
    script({ input }) {
      const last = input.at(-1)
      if (last?.type === 'function_call_output') return reply(`The result is: ${String(last.output).slice(0, 60)}.`)
      const turns = input.filter((item) => item.type === 'message' && item.role === 'user').length
      if (turns === 0) return reply('Welcome to the clinic.')
      const steps = [call('transfer_to_booking'), call('book'), call('charge')]
      return (
        steps[(turns - 1) % 4] ??
        reply('Let me explain how to find us. Take the second road on the left, then the first on the right.')
      )
    },
  }),
)
const router = await startRouter(store)
const nodes = new Map<string, ChildProcess>()
let started = 0

function startNode(): void {
  const name = `node${++started}`
  const env = { ...process.env, NODE_NAME: name, REDIS_URL: redisUrl, API_URL: service.httpUrl, ROUTER_URL: router.url }
  const path = fileURLToPath(new URL('./node.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', path], {
    env: { ...env, OPENAI_API_KEY: apiKey, WEBHOOK_SECRET: secrets },
    stdio: 'inherit',
  })
  nodes.set(name, child)
  child.on('exit', (code, signal) => {
    nodes.delete(name)
    if (isOver) return
    print(`${name}: ended by ${signal ?? code}`)
    startNode()
  })
}

let isOver = false
for (let count = 0; count < 3; count++) startNode()
await until(() => router.nodes().length === 3, 30_000, 'three nodes')
print(`router  ${router.url}\nkill    npx tsx examples/voice-agent-cluster/kill.ts ${router.url} node1`)

const [sentence] = await readSentences()
interface Line {
  readonly name: string
  readonly playedMs: () => number
  say(muLaw: Uint8Array): Promise<void>
  hangUp(): void
}
const telephones: ProviderCall[] = []
const lines: Line[] = []
// Telephone calls whose audio passes through a node, and SIP calls whose audio stays at the service.
for (let count = 0; count < Number(values.calls); count++) {
  if (count % 2 === 0) {
    const phone = await placeCall(router.url, `CA-${count}`)
    telephones.push(phone)
    lines.push({ name: phone.callSid, playedMs: () => phone.playedMs, say: phone.say, hangUp: phone.hangUp })
  } else {
    const phone = service.dial({ webhook: { url: `${router.url}/webhook`, secrets } })
    lines.push({ name: `SIP-${count}`, playedMs: () => phone.playedMs, say: phone.say, hangUp: phone.hangUp })
  }
}
await until(() => lines.every((line) => line.playedMs() > 500), 30_000, 'greeting')

/** Speaks until the agent responds, as people do. */
async function take(line: Line): Promise<void> {
  for (let attempt = 0; attempt < 6; attempt++) {
    const before = line.playedMs()
    await line.say(sentence?.muLaw ?? new Uint8Array())
    if (!(await settles(() => line.playedMs() > before + 200, 6_000))) continue
    await quiet(line)
    print(`${line.name}: the agent responded (${line.playedMs()} ms heard)`)
    return
  }
  throw new Error(`${line.name}: nobody answers`)
}

async function stop(): Promise<void> {
  isOver = true
  for (const child of nodes.values()) child.kill('SIGKILL')
  redis.destroy()
  redisServer.kill('SIGKILL')
  await router.close()
  await service.close()
  await rm(folder, { recursive: true, force: true })
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop().then(() => process.exit()))

try {
  const turns = values.demo ? 5 : Number.POSITIVE_INFINITY
  for (let turn = 0; turn < turns; turn++) {
    const taken = Promise.all(lines.map(take))
    taken.catch(() => {})
    if (values.demo && turn > 0) {
      // In the middle of a handoff, of each tool, and of a sentence.
      await pause(2_600)
      killHolders(turn)
    }
    await taken
  }
  const twice = [...router.runs].filter(([, count]) => count > 1)
  const pauses = telephones.flatMap(({ pausesMs }) => pausesMs).sort((one, other) => one - other)
  const at = (share: number) => pauses[Math.min(pauses.length - 1, Math.floor(pauses.length * share))] ?? 0
  print(`${lines.length} calls, ${pauses.length} redirects, pause: median ${at(0.5)} ms, p99 ${at(0.99)} ms`)
  print(`${router.runs.size} tool calls, ${twice.length} of them twice`)
  if (twice.length > 0 || router.runs.size === 0) throw new Error('A tool ran twice, or none ran.')
  for (const line of lines) line.hangUp()
  await untilAsync(async () => (await store.list()).length === 0, 10_000, 'end of all calls')
  print('all calls are complete')
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await stop()
}

/** Kills one of the nodes with `kill -9`. */
function killHolders(turn: number): void {
  const names = [...nodes.keys()]
  const name = names[turn % 2 === 0 ? 0 : names.length - 1] ?? ''
  print(`kill -9 ${name}`)
  nodes.get(name)?.kill('SIGKILL')
}

async function quiet(line: Line): Promise<void> {
  let last = line.playedMs()
  let since = performance.now()
  await settles(() => {
    if (line.playedMs() > last) {
      last = line.playedMs()
      since = performance.now()
    }
    return performance.now() - since > 900
  }, 20_000)
}

async function settles(condition: () => boolean, limitMs: number): Promise<boolean> {
  for (const end = performance.now() + limitMs; performance.now() < end; await pause(20)) if (condition()) return true
  return condition()
}

async function until(condition: () => boolean, limitMs: number, what: string): Promise<void> {
  if (!(await settles(condition, limitMs))) throw new Error(`No ${what} after ${limitMs} ms.`)
}

async function untilAsync(condition: () => Promise<boolean>, limitMs: number, what: string): Promise<void> {
  for (const end = performance.now() + limitMs; performance.now() < end; await pause(100)) if (await condition()) return
  throw new Error(`No ${what} after ${limitMs} ms.`)
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
