// One run of one contender of the bench part `sockets`. Each run has its own process, so that contenders share neither heap nor compiled code.
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { settle } from '../measure.js'
import { makeTrace, randomSource } from '../trace.js'
import {
  type Command,
  type Connect,
  type Connection,
  controlPath,
  monotonicMs,
  spreadMs,
  stampBytes,
} from './endpoint.js'
import type { ClientRun, ContenderName, FloodResult, PacedResult } from './runs.js'

/** Interval at which due audio is sent, in milliseconds. */
const tickMs = 5
const bytesPerMs = 48
/** Maximum delay of a chunk. Later chunks are skipped, so that a process does not send a burst after a stall. */
const maxLateMs = 200

const contenders: Record<ContenderName, () => Promise<Connect>> = {
  raw: async () => (await import('./raw.js')).connect,
  openai: async () => (await import('./openai.js')).connect,
  agents: async () => (await import('./agents.js')).connect,
  session: async () => (await import('./ours.js')).connect,
  features: async () => (await import('./ours.js')).connectWithFeatures,
}

const run = JSON.parse(process.argv[2] ?? '{}') as ClientRun
const connect = await contenders[run.contender]()
const control = new WebSocket(`ws://127.0.0.1:${run.port}${controlPath}`)
await once(control, 'open')
const order = (command: Command) => control.send(JSON.stringify(command))

const result = run.kind === 'flood' ? await flood(run) : await pace(run)
await new Promise<void>((resolve, reject) =>
  process.stdout.write(JSON.stringify(result), (error) => (error ? reject(error) : resolve())),
)
process.exit()

/** Floods one session after another. The first ones are warm-ups. Every session must receive all audio of the trace. */
async function flood({ port, sessions, warmups }: Extract<ClientRun, { kind: 'flood' }>): Promise<FloodResult> {
  const { frames, audioBytes } = makeTrace()
  let before = process.cpuUsage()
  for (let session = 0; session < warmups + sessions; session++) {
    let received = 0
    let onWhole = () => {}
    await connect(port, (audio) => {
      received += audio.length
      if (received >= audioBytes) onWhole()
    })
    if (session === warmups) before = process.cpuUsage()
    await new Promise<void>((resolve) => {
      onWhole = resolve
      order({ command: 'flood', session })
    })
    await settle()
    if (received !== audioBytes) throw new Error(`${run.contender} received ${received} of ${audioBytes} audio bytes`)
  }
  const { user, system } = process.cpuUsage(before)
  return { cpuUsPerEvent: (user + system) / sessions / frames.length }
}

/** Every session sends microphone audio in real time while it receives a conversation in real time. */
async function pace(options: Extract<ClientRun, { kind: 'paced' }>): Promise<PacedResult> {
  const { port, sessions, uplinkMs, seconds } = options
  const delaysMs: number[] = []
  let isMeasured = false
  const connections: Connection[] = []
  for (let index = 0; index < sessions; index++)
    connections.push(
      await connect(port, (audio) => {
        if (!isMeasured) return
        const view = new DataView(audio.buffer, audio.byteOffset, stampBytes)
        delaysMs.push(monotonicMs() - view.getFloat64(0, true))
      }),
    )
  order({ command: 'pace' })
  const stopMicrophones = startMicrophones(connections, uplinkMs)
  // By then every conversation has started, and the code is compiled.
  await wait(spreadMs)
  isMeasured = true
  const before = process.cpuUsage()
  const rss: number[] = []
  for (let second = 0; second < seconds; second++) {
    await wait(1_000)
    rss.push(process.memoryUsage.rss())
  }
  const { user, system } = process.cpuUsage(before)
  isMeasured = false
  stopMicrophones()
  // A session receives audio two thirds of the time, about ten deltas a second.
  const expected = sessions * seconds * 4
  if (delaysMs.length < expected)
    throw new Error(`${run.contender} received ${delaysMs.length} audio deltas, and at least ${expected} were expected`)
  delaysMs.sort((a, b) => a - b)
  const quantile = (part: number) => delaysMs[Math.floor(delaysMs.length * part)] ?? Number.NaN
  const last = rss.slice(-3)
  return {
    cpuMsPerSecond: (user + system) / 1_000 / sessions / seconds,
    medianDelayMs: quantile(0.5),
    p99DelayMs: quantile(0.99),
    rssKilobytes: last.reduce((sum, bytes) => sum + bytes, 0) / last.length / 1_000,
  }
}

/** Sends chunks of `uplinkMs` on each connection, at different phases so that the load is even. Returns a function that stops it. */
function startMicrophones(connections: readonly Connection[], uplinkMs: number): () => void {
  const random = randomSource(5)
  const noise = Buffer.from(Uint8Array.from({ length: bytesPerMs * uplinkMs * 8 }, () => random() * 256))
  const microphones = connections.map((connection, index) => ({
    connection,
    dueMs: (uplinkMs * index) / connections.length,
    sent: 0,
  }))
  const startMs = performance.now()
  const timer = setInterval(() => {
    const nowMs = performance.now() - startMs
    for (const microphone of microphones) {
      if (nowMs - microphone.dueMs > maxLateMs) microphone.dueMs = nowMs
      while (microphone.dueMs <= nowMs) {
        microphone.dueMs += uplinkMs
        const start = (microphone.sent++ % 8) * bytesPerMs * uplinkMs
        microphone.connection.append(noise.subarray(start, start + bytesPerMs * uplinkMs))
      }
    }
  }, tickMs)
  return () => clearInterval(timer)
}
