import { writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Miniflare } from 'miniflare'
import { createEmulator, type Emulator, reply } from 'realtime-primitives/testing'
import { type EmulatorServer, serve } from 'realtime-primitives/testing/node'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { bundle } from '../package/support/bundle.js'
import { output } from '../package/support/run.js'
import { binaryOf } from './support/binary.js'
import type { ConversationResult } from './support/conversation.js'
import type { ServerApiResult } from './support/server-api.js'

const packed = inject('packed')
const apiKey = 'sk-standard'
const support = (name: string) => fileURLToPath(new URL(`support/${name}`, import.meta.url))

let emulator: Emulator
let server: EmulatorServer
let handshakes: IncomingHttpHeaders[]

beforeEach(async () => {
  emulator = createEmulator({ apiKey, script: [reply('Good day to you.')], pace: Number.POSITIVE_INFINITY })
  handshakes = []
  server = await serve(emulator, {
    refuseUpgrade({ attempt, headers }) {
      handshakes.push(headers)
      return attempt === 0 ? { status: 503 } : undefined
    },
  })
})

afterEach(() => server.close())

/** The expected results of a conversation. `refusal` is the HTTP status of the rejected handshake, for runtimes that expose it. */
const conversationResult = (refusal: number | undefined): ConversationResult => ({
  refused: expect.toSatisfy(({ code, status }) => code === 'CONNECT_FAILED' && status === refusal),
  words: expect.toSatisfy((words: string[]) => words.length > 1 && words.join('') === 'Good day to you.'),
  status: 'completed',
  close: { code: 1000, reason: '', wasClean: true },
})

/** The expected results of the server functions in every runtime. */
const serverApiResult: ServerApiResult = {
  secret: {
    prefix: 'ek_',
    seconds: expect.toSatisfy((seconds) => seconds > 50 && seconds <= 60),
    instructions: 'Be brief.',
  },
  badKey: { status: 401, code: 'invalid_api_key', repeatsKey: false },
  noCall: 404,
  unreachable: 'NETWORK',
  caller: '+14155550123',
  refused: ['REPLAYED', 'INVALID_SIGNATURE', 'STALE_TIMESTAMP'],
  twilio: 'message',
}

/** Runs the program in a runtime. Rejects when the process does not exit by itself within a minute. */
async function runProgram(name: string, runtime: string, args: string[], env: Record<string, string> = {}) {
  const script = join(packed.project, `${name}.mjs`)
  const entryPoints = [support('program.ts')]
  const { code } = await bundle(packed, { entryPoints, platform: 'node', plugins: [], packages: 'external' })
  await writeFile(script, code)
  // Only modules inside the package can resolve its "imports".
  const probe = join(packed.installed, 'dist', 'probe.js')
  await writeFile(probe, `export const openSocket = import.meta.resolve('#open-socket')`)
  const stdout = await output(runtime, [...args, script, server.url, apiKey, probe], {
    cwd: packed.project,
    env,
    timeoutMs: 60_000,
  })
  const { openSocket, ...results } = JSON.parse(stdout) as {
    conversation: ConversationResult
    server: ServerApiResult
    openSocket: string
  }
  return { openSocket: relative(packed.installed, fileURLToPath(openSocket)), ...results }
}

/** Starts workerd with the worker. */
async function startWorker() {
  const conditions = ['workerd', 'worker', 'browser']
  const { code, inputs } = await bundle(packed, { entryPoints: [support('worker.ts')], conditions })
  const worker = new Miniflare({ modules: true, script: code, compatibilityDate: '2026-04-01', cf: false })
  const query = new URLSearchParams({ baseUrl: server.url, apiKey })
  return {
    inputs,
    ask: (path: string, body?: string) =>
      worker.dispatchFetch(`http://127.0.0.1${path}?${query}`, body === undefined ? {} : { method: 'POST', body }),
    stop: () => worker.dispose(),
  }
}

describe('the packed package', { timeout: 135_000 }, () => {
  it('Node.js: connects through ws with the key in a header, and the process exits', async () => {
    const { openSocket, conversation, server } = await runProgram('node', process.execPath, [])
    expect(openSocket).toBe('dist/transports/open-socket/node.js')
    expect(conversation).toEqual(conversationResult(503))
    expect(server).toEqual(serverApiResult)
    expectKeyInHeader()
  })

  it('Bun: connects through its WebSocket with the key in a header, and the process exits', async () => {
    const { openSocket, conversation, server } = await runProgram('bun', await binaryOf('bun', 'bin/bun'), [
      'run',
      '--no-install',
    ])
    expect(openSocket).toBe('dist/transports/open-socket/web.js')
    expect(conversation).toEqual(conversationResult(undefined))
    expect(server).toEqual(serverApiResult)
    expectKeyInHeader()
  })

  it('Deno: connects through its WebSocket with the key in a header, and the process exits', async () => {
    const permissions = ['--no-prompt', '--allow-net=127.0.0.1', '--allow-read']
    const args = ['run', '--quiet', '--no-lock', '--cached-only', '--node-modules-dir=manual', ...permissions]
    const env = { DENO_NO_UPDATE_CHECK: '1', DENO_DIR: join(packed.folder, 'deno') }
    const { openSocket, conversation, server } = await runProgram('deno', await binaryOf('deno', 'deno'), args, env)
    expect(openSocket).toBe('dist/transports/open-socket/web.js')
    expect(conversation).toEqual(conversationResult(undefined))
    expect(server).toEqual(serverApiResult)
    expectKeyInHeader()
  })

  it('workerd: connects through fetch with the key in a header', async () => {
    const worker = await startWorker()
    try {
      const chosen = worker.inputs.filter((path) => /open-socket\/(node|web|workerd)\.js$/.test(path))
      expect(chosen).toEqual([expect.stringMatching(/open-socket\/workerd\.js$/)])
      expect(await (await worker.ask('/')).json()).toEqual(conversationResult(503))
      expectKeyInHeader()
    } finally {
      await worker.stop()
    }
  })

  it('workerd: creates client secrets, verifies webhooks, and reports typed errors', async () => {
    const worker = await startWorker()
    try {
      expect(await (await worker.ask('/server')).json()).toEqual(serverApiResult)
    } finally {
      await worker.stop()
    }
  })

  it('workerd: restores a session from the snapshot of another worker', async () => {
    const remembering = createEmulator({
      apiKey,
      pace: Number.POSITIVE_INFINITY,
      script: ({ input }) => reply(`I know of ${input.length} items.`),
    })
    await server.close()
    server = await serve(remembering)
    const first = await startWorker()
    const stored = await (await first.ask('/save')).text().finally(first.stop)
    const second = await startWorker()
    expect(await (await second.ask('/restore', stored)).json().finally(second.stop)).toEqual({
      before: 2,
      lost: 0,
      words: 'I know of 2 items.',
      after: 3,
      instructions: 'Be brief.',
    })
    expect(remembering.sessionCount).toBe(0)
  })
})

function expectKeyInHeader(): void {
  expect(handshakes).toHaveLength(2)
  for (const headers of handshakes) {
    expect(headers.authorization).toBe(`Bearer ${apiKey}`)
    expect(headers['sec-websocket-protocol']).toBe('realtime')
  }
  expect(emulator.sessionCount).toBe(0)
}
