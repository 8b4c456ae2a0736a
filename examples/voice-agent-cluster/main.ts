// A cluster on one machine: Redis, a router, three nodes, and the emulator as the service. With --demo, kills nodes by itself and then ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { redisStore } from 'realtime-primitives/server'
import { call, createEmulator, type JournalEntry, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { createClient } from 'redis'
import { readSentences } from '../voice-agent-twilio/caller.js'
import { killedStates } from './call-state.js'
import { checkCalls } from './check-calls.js'
import { firstAudioMs, joinedPauses, type Kill, pauseReport, percentile, telephonePauses } from './pauses.js'
import { type ProviderCall, placeCall } from './provider.js'
import { startRouter } from './router.js'
import { watchRecords } from './watch-records.js'

const { values } = parseArgs({
  options: {
    demo: { type: 'boolean' },
    calls: { type: 'string', default: '2' },
    // Kills nodes for so many minutes instead of six times.
    minutes: { type: 'string' },
    // Writes what the service received and sent to a file, to study a problem.
    journal: { type: 'string' },
  },
})
const print = (text: string) => console.log(text)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const now = () => performance.timeOrigin + performance.now()
const apiKey = 'sk-emulator'
const secrets = 'whsec_dGhpcnR5LXR3byBieXRlcyBvZiBhIHNlY3JldCBrZXkh'
/** How long an orchestrator takes until it starts another node. */
const restartMs = 1_500

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

const emulator = createEmulator({
  apiKey,
  // The number of the turn decides what the model does: a handoff, two tools, a long sentence, and a handoff back. It calls tools that it has.
  script({ input, session }) {
    const last = input.at(-1)
    if (last?.type === 'function_call_output') return reply(`The result is: ${String(last.output).slice(0, 60)}.`)
    const turns = input.filter((item) => item.type === 'message' && item.role === 'user').length
    if (turns === 0) return reply('Welcome to the clinic.')
    const steps = ['transfer_to_booking', 'book', 'charge', undefined, 'transfer_to_reception']
    const step = steps[(turns - 1) % steps.length]
    if (step === undefined)
      return reply('Let me explain how to find us. Take the second road on the left, then the first on the right.')
    const names = (session.tools ?? []).map((tool) => String('name' in tool ? tool.name : ''))
    return call(names.includes(step) ? step : (names.find((name) => name.startsWith('transfer_to_')) ?? step))
  },
})
const service = await serve(emulator)
const router = await startRouter(store)
const nodes = new Map<string, ChildProcess>()
const kills: Kill[] = []
/** What the service has received and sent, by the number of the entry. */
const journal = new Map<number, JournalEntry>()
let started = 0
let isOver = false

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
    setTimeout(() => isOver || startNode(), restartMs)
  })
}

for (let count = 0; count < 3; count++) startNode()
await until(() => router.nodes().length === 3, 60_000, 'three nodes')
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
await until(() => lines.every((line) => line.playedMs() > 500), 60_000, 'greeting')
const records = watchRecords(store)

/** Speaks until the agent responds, as people do. */
async function take(line: Line): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const before = line.playedMs()
    await line.say(sentence?.muLaw ?? new Uint8Array())
    if (!(await settles(() => line.playedMs() > before + 200, 8_000))) continue
    await quiet(line)
    print(`${line.name}: the agent responded (${Math.round(line.playedMs())} ms heard)`)
    return
  }
  throw new Error(`${line.name}: nobody answers`)
}

function hangUp(): void {
  for (const line of lines) line.hangUp()
}

async function stop(): Promise<void> {
  isOver = true
  // A telephone whose call ended otherwise calls the router again and again.
  hangUp()
  records.stop()
  for (const child of nodes.values()) child.kill('SIGKILL')
  redis.destroy()
  redisServer.kill('SIGKILL')
  await router.close()
  await service.close()
  await rm(folder, { recursive: true, force: true })
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop().then(() => process.exit()))

try {
  let isKilling = true
  const talks = lines.map(async (line) => {
    for (let turn = 0; turn < 5 || isKilling; turn++) await take(line)
  })
  const talked = Promise.all(talks)
  talked.catch(() => {})
  if (values.demo) await Promise.race([killNodes(), talked])
  isKilling = !values.demo
  await talked.finally(report)
  hangUp()
  await untilAsync(async () => (await store.list()).length === 0, 30_000, 'end of all calls')
  print('all calls are complete')
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await stop()
}

/** Kills nodes with `kill -9`, in the middle of a sentence, of a tool, and of a handoff, in this order. */
async function killNodes(): Promise<void> {
  const endsAt = values.minutes === undefined ? Number.POSITIVE_INFINITY : now() + Number(values.minutes) * 60_000
  const count = values.minutes === undefined ? 6 : Number.POSITIVE_INFINITY
  for (let killed = 0; killed < count && now() < endsAt; killed++) {
    await pause(2_500 + Math.random() * 2_000)
    await until(() => router.nodes().length >= 2, 300_000, 'two nodes')
    const state = killedStates[killed % killedStates.length] ?? 'sentence'
    const { key, node } = await records.find(state, (name) => nodes.has(name))
    collectJournal()
    kills.push({ node, at: now() })
    nodes.get(node)?.kill('SIGKILL')
    print(`kill -9 ${node} (${key} is in the middle of a ${state})`)
  }
}

/** Collects the journal of the service, without audio. The emulator keeps the last 100 closed sessions, and a long run has more. */
function collectJournal(): void {
  for (const entry of emulator.journal())
    if (!/\.append$|audio\.delta$/.test(String(entry.event.type))) journal.set(entry.seq, entry)
}

/** Prints the pauses, and throws if the service, the tools, or the store saw something that must not happen. */
function report(): void {
  const outages = telephones.flatMap((phone) => phone.outages)
  const { continuations } = router
  const audio = firstAudioMs(outages, continuations)
  for (const line of pauseReport('telephone', telephonePauses(outages, continuations, kills))) print(line)
  print(`  then until audio, where a response was due: median ${percentile(audio, 0.5)} ms (${audio.length} times)`)
  for (const line of pauseReport('SIP', joinedPauses(continuations, kills))) print(line)
  const twice = [...router.runs].filter(([, runs]) => runs > 1)
  print(`${lines.length} calls, ${kills.length} kills, ${outages.length} redirects`)
  print(`${router.runs.size} tool calls, ${twice.length} of them twice`)
  collectJournal()
  const entries = [...journal.values()].sort((one, other) => one.seq - other.seq)
  if (values.journal !== undefined)
    writeFileSync(values.journal, entries.map((entry) => JSON.stringify(entry)).join('\n'))
  const problems = checkCalls({
    journal: entries,
    requests: router.requests,
    records: records.seen,
    meaningOf(tool, output) {
      if (output === `${tool} confirmed`) return 'result'
      return /may have had an effect|did not run|The tool failed/.test(output) ? 'failure' : undefined
    },
  })
  for (const problem of problems) print(`problem: ${problem}`)
  print(`${problems.length} problems in ${records.seen.size} calls`)
  if (router.runs.size === 0) problems.push('No tool ran.')
  if (twice.length > 0 || problems.length > 0) throw new Error('A call was not continued as it should be.')
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
  for (const endsAt = performance.now() + limitMs; performance.now() < endsAt; ) {
    if (condition()) return true
    await pause(50)
  }
  return condition()
}

async function until(condition: () => boolean, limitMs: number, name: string): Promise<void> {
  if (!(await settles(condition, limitMs))) throw new Error(`no ${name} after ${limitMs} ms`)
}

async function untilAsync(condition: () => Promise<boolean>, limitMs: number, name: string): Promise<void> {
  for (const endsAt = performance.now() + limitMs; !(await condition()); await pause(50))
    if (performance.now() > endsAt) throw new Error(`no ${name} after ${limitMs} ms`)
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
