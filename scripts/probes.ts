// Sends ten protocol probes to the emulator and to aimock, and prints their responses beside those of the service.
// Usage: npx tsx scripts/probes.ts [folder that contains node_modules/@copilotkit/aimock; without it, npm installs the package].
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { createEmulator, reply } from '../src/testing/index.js'
import { serve } from '../src/testing/node/index.js'
import { joined, room, speechLike } from '../test/unit/testing/speech.js'

interface ProtocolEvent {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: a probe reads any field of any server.
  readonly [field: string]: any
}

/** A connection to an emulator. */
interface Connection {
  readonly events: readonly ProtocolEvent[]
  send(event: ProtocolEvent): void
  /** Resolves with the first event of one of the types, or `undefined` after two seconds. */
  first(...types: readonly string[]): Promise<ProtocolEvent | undefined>
}

/** A probe with the response of the service, whose source is in PROTOCOL.md. `observe` returns the response of a server. */
interface Probe {
  readonly name: string
  readonly service: string
  observe(connection: Connection): Promise<string>
}

const user = (text: string) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
const codeOf = (event: ProtocolEvent | undefined) => event?.error?.code ?? (event ? event.type : 'no response in 2 s')
const update = (session: object) => ({ type: 'session.update', session: { type: 'realtime', ...session } })

/** Returns a probe whose last event the service refuses. `accepted` is the event of a server that accepts it. */
function refusal(name: string, service: string, accepted: string, ...events: readonly ProtocolEvent[]): Probe {
  return {
    name,
    service,
    async observe({ send, first }) {
      for (const event of events) send(event)
      return codeOf(await first('error', accepted))
    },
  }
}

/** Requests a long response with audio, and resolves when it has started. */
async function startResponse({ send, first }: Connection): Promise<void> {
  send({ type: 'conversation.item.create', item: user('Tell me a story.') })
  send({ type: 'response.create' })
  await first('response.output_audio.delta', 'response.output_audio_transcript.delta', 'response.output_text.delta')
}

const probes: readonly Probe[] = [
  refusal('an unknown voice', 'invalid_value', 'session.updated', update({ audio: { output: { voice: 'nova' } } })),
  refusal('an unknown field', 'unknown_parameter', 'session.updated', update({ temperature: 0.5 })),
  refusal(
    'a commit of an empty buffer',
    'input_audio_buffer_commit_empty',
    'input_audio_buffer.committed',
    update({ audio: { input: { turn_detection: null } } }),
    { type: 'input_audio_buffer.commit' },
  ),
  refusal('a cancellation without a response', 'response_cancel_not_active', 'response.done', {
    type: 'response.cancel',
  }),
  refusal('the deletion of an unknown item', 'item_delete_invalid_item_id', 'conversation.item.deleted', {
    type: 'conversation.item.delete',
    item_id: 'item_none',
  }),
  refusal(
    'an item id that exists',
    'item_create_duplicate_item_id',
    'none',
    ...[1, 2].map(() => ({ type: 'conversation.item.create', item: { id: 'item_1', ...user('Hello') } })),
  ),
  {
    name: 'a second response during the first',
    service: 'conversation_already_has_active_response',
    async observe(connection) {
      await startResponse(connection)
      connection.send({ type: 'response.create' })
      return codeOf(await connection.first('error'))
    },
  },
  {
    name: 'a cancellation of a response',
    service: 'cancelled, client_cancelled',
    async observe(connection) {
      await startResponse(connection)
      connection.send({ type: 'response.cancel' })
      const done = await connection.first('response.done')
      return done ? `${done.response.status}, ${done.response.status_details?.reason}` : 'not done in 2 s'
    },
  },
  {
    name: 'a truncation after the end of the audio',
    service: 'invalid_value',
    async observe(connection) {
      await startResponse(connection)
      const { item } = (await connection.first('response.output_item.added')) ?? { item: { id: 'item_none' } }
      const place = { item_id: item.id, content_index: 0, audio_end_ms: 3_600_000 }
      connection.send({ type: 'conversation.item.truncate', ...place })
      return codeOf(await connection.first('error', 'conversation.item.truncated'))
    },
  },
  {
    name: 'speech',
    service: 'speech_started, speech_stopped, committed, response.created',
    async observe({ send, first, events }) {
      const pcm = joined(room(500), speechLike(1_000), room(1_500))
      for (let at = 0; at < pcm.length; at += 2_400) {
        const audio = Buffer.from(pcm.buffer, at * 2, Math.min(2_400, pcm.length - at) * 2).toString('base64')
        send({ type: 'input_audio_buffer.append', audio })
      }
      await first('response.created')
      const types = events.map(({ type }) => type.replace('input_audio_buffer.', ''))
      const turn = types.filter((type) => /^(speech_st\w+|committed|response\.created)$/.test(type))
      return turn.join(', ') || 'nothing'
    },
  },
]

async function connect(url: string): Promise<Connection & { close(): void }> {
  const socket = new WebSocket(`${url}/realtime?model=gpt-realtime`, { headers: { authorization: 'Bearer sk-test' } })
  const events: ProtocolEvent[] = []
  socket.on('message', (data) => events.push(JSON.parse(String(data))))
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return {
    events,
    send: (event) => socket.send(JSON.stringify(event)),
    async first(...types) {
      for (let waits = 0; waits < 100; waits++) {
        const found = events.find(({ type }) => types.includes(type))
        if (found) return found
        await delay(20)
      }
      return undefined
    },
    close: () => socket.terminate(),
  }
}

async function observeAll(url: string): Promise<string[]> {
  const observed: string[] = []
  for (const probe of probes) {
    const connection = await connect(url)
    observed.push(await probe.observe(connection).catch((error) => `failed: ${error.message}`))
    connection.close()
  }
  return observed
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** Starts aimock with a slow response to every request. Resolves when it accepts connections. */
async function startAimock(folder: string, scratch: string): Promise<{ url: string; process: ChildProcess }> {
  const port = await freePort()
  const fixtures = join(scratch, 'fixtures.json')
  const response = { content: 'Once upon a time. '.repeat(40) }
  writeFileSync(fixtures, JSON.stringify({ fixtures: [{ match: {}, response }] }))
  const cli = join(folder, 'node_modules/@copilotkit/aimock/dist/cli.js')
  const options = ['--port', String(port), '--fixtures', fixtures, '--latency', '100', '--log-level', 'silent']
  const child = spawn(process.execPath, [cli, ...options], { stdio: 'inherit' })
  const url = `ws://127.0.0.1:${port}/v1`
  for (let attempts = 0; attempts < 100; attempts++) {
    const connection = await connect(url).catch(() => undefined)
    connection?.close()
    if (connection) break
    await delay(100)
  }
  return { url, process: child }
}

const scratch = mkdtempSync(join(tmpdir(), 'probes-'))
try {
  const folder = process.argv[2] ?? scratch
  if (!process.argv[2]) spawnSync('npm', ['install', '--silent', '--prefix', scratch, '@copilotkit/aimock'])

  const audio = new Int16Array(24_000 * 30)
  const emulator = createEmulator({ apiKey: 'sk-test', script: [reply('Once upon a time.', { audio })] })
  const server = await serve(emulator)
  const ours = await observeAll(server.url)
  await server.close()

  const aimock = await startAimock(folder, scratch)
  const theirs = await observeAll(aimock.url)
  aimock.process.kill()

  const rows = probes.map(({ name, service }, index) => [name, service, ours[index], theirs[index]])
  const heading = ['Probe', 'Service', 'realtime-primitives', 'aimock']
  for (const row of [heading, heading.map(() => '---'), ...rows]) process.stdout.write(`| ${row.join(' | ')} |\n`)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
