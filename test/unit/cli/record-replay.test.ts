import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { record } from '../../../src/cli/record/record.js'
import { replay } from '../../../src/cli/replay/replay.js'
import { createDeferred } from '../../../src/internal/deferred.js'
import { createSession, type RealtimeSession } from '../../../src/session/realtime.js'
import { createEmulator, reply } from '../../../src/testing/index.js'
import { type EmulatorServer, loadRecording, serve } from '../../../src/testing/node/index.js'
import { isTransportError } from '../../../src/transports/error.js'
import { readRecording } from '../../../src/transports/record/read-recording.js'
import { webSocket } from '../../../src/transports/web-socket.js'
import { folderOf, run } from './support/run.js'

async function startEmulator(options: Parameters<typeof createEmulator>[0] = {}): Promise<EmulatorServer> {
  const server = await serve(
    createEmulator({
      apiKey: 'sk-secret',
      script: () => reply('Good day.'),
      pace: Number.POSITIVE_INFINITY,
      latencyMs: 0,
      ...options,
    }),
  )
  onTestFinished(() => server.close())
  return server
}

/** Starts a command that serves until it is interrupted. */
async function start(command: typeof record, args: string[], cwd: string, env: Record<string, string> = {}) {
  const interrupt = new AbortController()
  const printed = createDeferred<string>()
  const ran = run(command, args, cwd, { signal: interrupt.signal, onOut: printed.resolve, env })
  const url = /(ws:\S+)/.exec(await Promise.race([printed.promise, ran.then(({ err }) => err)]))?.[1] ?? ''
  return {
    url,
    ran,
    stop() {
      interrupt.abort()
      return ran
    },
  }
}

/** Holds a call of one written turn and 100 ms of audio. */
async function holdCall(
  url: string,
  { apiKey, modality = 'audio' }: { apiKey?: string; modality?: 'audio' | 'text' } = {},
) {
  const transport = webSocket({ url: `${url}?model=gpt-realtime-2.1`, ...(apiKey && { apiKey }) })
  const session: RealtimeSession = createSession({ transport, config: { output_modalities: [modality] } })
  await session.connect()
  session.audio.append(new Int16Array(2_400).fill(7))
  await session.sendMessage('Hello there.').done
  await session.close()
}

async function recordCall(args: string[] = [], env: Record<string, string> = {}) {
  const upstream = await startEmulator()
  const cwd = folderOf({})
  const recorder = await start(record, ['--upstream', upstream.url, '--out', 'call.jsonl', ...args], cwd, env)
  await holdCall(recorder.url, env.OPENAI_API_KEY ? {} : { apiKey: 'sk-secret' })
  const { out } = await recorder.stop()
  return { cwd, out, text: readFileSync(join(cwd, 'call.jsonl'), 'utf8') }
}

describe('record', () => {
  it('a call: written without key, text, and audio', async () => {
    const { text, out, cwd } = await recordCall()
    const { lines } = readRecording(text)
    const types = lines.map(({ event }) => (event as { type?: string }).type)
    expect(types).toEqual(
      expect.arrayContaining([
        'session.created',
        'session.update',
        'conversation.item.create',
        'response.done',
        'close',
      ]),
    )
    expect(text).toContain('[4800 bytes of audio]')
    expect(text).not.toMatch(/sk-secret|Hello there|Good day/)
    expect(out).not.toContain('sk-secret')
    expect(out).toContain(`Recorded ${join(cwd, 'call.jsonl')}`)
    expect(readdirSync(cwd)).toEqual(['call.jsonl'])
  })

  it('without a key in the handshake: uses OPENAI_API_KEY and writes it nowhere', async () => {
    const { text } = await recordCall(['--text', 'keep'], { OPENAI_API_KEY: 'sk-secret' })
    expect(text).toContain('Hello there.')
    expect(text).not.toContain('sk-secret')
  })

  it('--audio: keeps the audio of both directions beside the recording', async () => {
    const { cwd } = await recordCall(['--audio'])
    expect(readdirSync(cwd).sort()).toEqual(['call.jsonl', 'call.received.wav', 'call.sent.wav'])
    const { audio } = await loadRecording(join(cwd, 'call.jsonl'))
    expect([...new Int16Array((audio.sent ?? new Uint8Array()).slice().buffer)]).toEqual(new Array(2_400).fill(7))
    expect(audio.received?.length).toBeGreaterThan(1_000)
  })

  it('a further call: has its own file', async () => {
    const upstream = await startEmulator()
    const cwd = folderOf({})
    const recorder = await start(record, ['--upstream', `${upstream.url}/realtime`], cwd)
    await holdCall(recorder.url, { apiKey: 'sk-secret' })
    await holdCall(recorder.url, { apiKey: 'sk-secret' })
    await recorder.stop()
    expect(readdirSync(cwd).sort()).toEqual(['call-2.jsonl', 'call.jsonl'])
  })

  it('an upstream that refuses: the client receives its status', async () => {
    const upstream = await serve(createEmulator(), { refuseUpgrade: () => ({ status: 429 }) })
    onTestFinished(() => upstream.close())
    const recorder = await start(record, ['--upstream', upstream.url], folderOf({}))
    const error = await holdCall(recorder.url, { apiKey: 'sk-secret' }).catch((reason: unknown) => reason)
    expect(isTransportError(error, 'CONNECT_FAILED') && error.data.status).toBe(429)
    expect((await recorder.stop()).out).not.toContain('sk-secret')
  })

  it('a page of another origin: refused, so that it cannot use the key', async () => {
    const upstream = await startEmulator()
    const recorder = await start(record, ['--upstream', upstream.url], folderOf({}), { OPENAI_API_KEY: 'sk-secret' })
    const socket = new WebSocket(`${recorder.url}?model=gpt-realtime-2.1`, { origin: 'https://example.com' })
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode))
      socket.on('open', () => resolve('open'))
      socket.on('error', () => {})
    })
    expect(status).toBe(403)
    expect(upstream.attempts).toBe(0)
    await recorder.stop()
  })

  it.each([
    [['--port', 'abc'], '--port is a number up to 65535.'],
    [['--text', 'some'], '--text is length or keep.'],
    [['--upstream', 'file:///etc'], '--upstream is a URL that starts with ws:, wss:, http:, or https:.'],
    [['now'], 'Unexpected argument "now".'],
  ])('exits with 2 for %j', async (args, line) => {
    const { code, err } = await run(record, args, folderOf({}))
    expect({ code, line: err.split('\n')[0] }).toEqual({ code: 2, line })
  })
})

describe('replay', () => {
  it('an unchanged client: exits with 0 and reports no departures', async () => {
    const { cwd } = await recordCall(['--text', 'keep', '--audio'])
    const server = await start(replay, ['call.jsonl', '--once', '--report', 'report.json'], cwd)
    await holdCall(server.url)
    const { code, out } = await server.ran
    expect(out).toContain('no departures')
    expect(code).toBe(0)
    expect(JSON.parse(readFileSync(join(cwd, 'report.json'), 'utf8'))).toMatchObject({
      calls: [{ departures: [], problems: [], isComplete: true, audioBytes: { recorded: 4_800, received: 4_800 } }],
    })
  })

  it('a client that behaves differently: exits with 1 and reports what was expected and what came', async () => {
    const { cwd } = await recordCall(['--text', 'keep'])
    const server = await start(replay, ['call.jsonl', '--once', '--pace', 'max', '--report', 'report.json'], cwd)
    await holdCall(server.url, { modality: 'text' })
    const { code, out } = await server.ran
    expect(code).toBe(1)
    expect(out).toContain('session.update: session.output_modalities.0 is "text" instead of "audio"')
    const { calls } = JSON.parse(readFileSync(join(cwd, 'report.json'), 'utf8'))
    expect(calls[0].departures).toMatchObject([{ kind: 'different', type: 'session.update', line: expect.any(Number) }])
  })

  it('no client: exits with 1', async () => {
    const { cwd } = await recordCall()
    const server = await start(replay, ['call.jsonl'], cwd)
    const { code, err } = await server.stop()
    expect({ code, err }).toEqual({ code: 1, err: 'No client has connected.\n' })
  })

  it('--write-test: writes a test that plays the recording, and does not replace a file', async () => {
    const { cwd } = await recordCall(['--text', 'keep'])
    const args = ['call.jsonl', '--write-test', 'call.test.ts', '--agent', 'src/agent.ts']
    expect((await run(replay, args, cwd)).code).toBe(0)
    const test = readFileSync(join(cwd, 'call.test.ts'), 'utf8')
    expect(test).toContain("import { createAgent } from './src/agent.js'")
    expect(test).toContain("new URL('./call.jsonl', import.meta.url)")
    expect(test).toContain('expect(report.departures).toEqual([])')
    expect((await run(replay, args, cwd)).code).toBe(2)
  })

  it('--write-test of a call with a function without a result: the test asserts on problems', async () => {
    const lines = [
      { ms: 0, direction: 'received', event: { type: 'session.created', session: { type: 'realtime' } } },
      {
        ms: 9,
        direction: 'received',
        event: { type: 'response.output_item.done', item: { type: 'function_call', name: 'pay', call_id: 'call_1' } },
      },
    ]
    const cwd = folderOf({ 'call.jsonl': lines.map((line) => `${JSON.stringify(line)}\n`).join('') })
    await run(replay, ['call.jsonl', '--write-test', 'call.test.ts'], cwd)
    const test = readFileSync(join(cwd, 'call.test.ts'), 'utf8')
    expect(test).toContain('// line 2: the function pay was called and got no result')
    expect(test).toContain('expect(report.problems).toEqual([])')
    expect(test).not.toContain('expect(report.departures)')
  })

  it.each([
    [['call.jsonl', '--pace', '0'], '--pace is a number above 0, or max.'],
    [['call.jsonl', '--agent', 'a.ts'], '--agent belongs to --write-test.'],
    [['missing.jsonl'], /^missing\.jsonl cannot be read: /],
    [['empty.jsonl'], /^empty\.jsonl: The recording contains no frames\./],
    [[], 'Name one recording.'],
  ])('exits with 2 for %j', async (args, line) => {
    const cwd = folderOf({ 'empty.jsonl': '' })
    writeFileSync(join(cwd, 'call.jsonl'), '')
    const { code, err } = await run(replay, args, cwd)
    expect(code).toBe(2)
    expect(err.split('\n')[0]).toEqual(typeof line === 'string' ? line : expect.stringMatching(line))
  })
})
