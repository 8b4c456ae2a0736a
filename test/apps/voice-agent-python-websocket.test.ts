import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { bytesToInt16, decodeBase64, readWav, toInt16, writeWav } from 'realtime-primitives/audio'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { findPython } from '../../scripts/python.mjs'
import { root } from '../package/support/pack.js'
import { output, type Run, run } from '../package/support/run.js'
import { findSound, joined, silentSamples, vowel } from '../support/speech.js'
import { type Frame, type SocketRelay, socketRelay } from './support/socket-relay.js'
import { type App, stage } from './support/stage.js'

const packed = inject('packed')
const cli = join(packed.installed, 'dist/cli/main.js')
const question = vowel(1_200)

let python: string
let app: App
let stops: (() => unknown)[] = []

beforeAll(async () => {
  const found = findPython()
  if (!found)
    throw new Error(
      'Python 3.11 with aiohttp was not found. Install python3-aiohttp, or set PYTHON_PATH to the path of Python.',
    )
  python = found
  app = await stage(packed, 'voice-agent-python-websocket')
})

afterEach(async () => {
  for (const stop of stops.reverse()) await stop()
  stops = []
})

afterAll(() => app?.remove())

const fileIn = (name: string) => join(app.folder, name)

/** Runs the agent in its folder. `env` has the API key and the base URL. */
function agent(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const clean = { OPENAI_API_KEY: '', OPENAI_BASE_URL: '', PYTHONDONTWRITEBYTECODE: '1' }
  return run(python, ['agent.py', ...args], { cwd: app.folder, env: { ...clean, ...env }, timeoutMs: 120_000 })
}

/** Writes the audio of the caller to a WAV file, and returns its name. */
async function caller(pcm: Int16Array, sampleRate = 24_000): Promise<string> {
  await writeFile(fileIn('caller.wav'), writeWav(pcm, { sampleRate }))
  return 'caller.wav'
}

/** Reads the audio of the responses that the agent has written. */
async function answers(name: string): Promise<Int16Array> {
  const { sampleRate, channels } = readWav(await readFile(fileIn(name)))
  expect({ sampleRate, channels: channels.length }).toEqual({ sampleRate: 24_000, channels: 1 })
  return toInt16(channels[0] ?? new Float32Array())
}

interface EmulatorProcess {
  readonly httpUrl: string
  readonly process: ChildProcess
}

/** Starts the emulator with the command line of the package. */
async function emulate(...args: readonly string[]): Promise<EmulatorProcess> {
  const child = spawn(process.execPath, [cli, 'emulate', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  stops.push(async () => {
    child.kill()
    await ended
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const [, httpUrl] = /OPENAI_BASE_URL=(\S+)/.exec(line) ?? []
    if (httpUrl) return { httpUrl, process: child }
  }
  throw new Error('the emulator did not start')
}

async function relayTo(target: string, onReceived?: Parameters<typeof socketRelay>[1]): Promise<SocketRelay> {
  const relay = await socketRelay(target, onReceived)
  stops.push(() => relay.close())
  return relay
}

/** Starts a server whose events the test sends. */
async function service(onEvent: (event: Frame, send: (event: Frame) => void, socket: WebSocket) => void) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const sent: Frame[] = []
  stops.push(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  server.on('connection', (socket) => {
    const send = (event: Frame) => socket.send(JSON.stringify({ event_id: 'event_1', ...event }))
    socket.on('message', (data) => {
      const event: Frame = JSON.parse(String(data))
      sent.push(event)
      if (event.type === 'session.update') send({ type: 'session.updated', session: event.session })
      onEvent(event, send, socket)
    })
    send({ type: 'session.created', session: { type: 'realtime', model: 'gpt-realtime-2.1' } })
  })
  return { httpUrl: `http://127.0.0.1:${(server.address() as { port: number }).port}/v1`, sent }
}

const typed = (frames: readonly Frame[], type: string) => frames.filter((frame) => frame.type === type)

/** Returns the audio of the deltas of a server, in order. */
const audioOf = (frames: readonly Frame[]) =>
  joined(...typed(frames, 'response.output_audio.delta').map(({ delta }) => bytesToInt16(decodeBase64(String(delta)))))

describe('the Python example, with the emulator', () => {
  let ran: Run
  let relay: SocketRelay

  beforeAll(async () => {
    const { httpUrl } = await emulate('--script', fileIn('script.json'))
    relay = await relayTo(httpUrl)
    const wav = await caller(joined(silentSamples(300), question))
    ran = await agent([wav, '--output', 'turn.wav', '--log', 'turn.jsonl'], { OPENAI_BASE_URL: relay.httpUrl })
  })

  it('exits with code 0 and without errors', () => {
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' })
    expect(typed(relay.received, 'error')).toEqual([])
    expect(relay.closeCodes).toEqual([1000])
  })

  it('prints the transcripts of both sides', () => {
    expect(ran.stdout).toMatch(/^connected {3}gpt-realtime-2\.1$/m)
    expect(ran.stdout).toMatch(/^caller {6}\[[\d.]+ s of speech\]$/m)
    expect(ran.stdout).toMatch(/^assistant {3}It is clear in Oslo, and twenty-one degrees\.$/m)
  })

  it('runs the called function and requests one response', () => {
    const [item] = typed(relay.sent, 'conversation.item.create').map((event) => event.item as Record<string, unknown>)
    const [call] = typed(relay.received, 'response.function_call_arguments.done')
    expect(item).toMatchObject({ type: 'function_call_output', call_id: call?.call_id })
    expect(JSON.parse(String(item?.output))).toEqual({ city: 'Oslo', sky: 'clear', celsius: 21 })
    expect(typed(relay.sent, 'response.create')).toHaveLength(1)
    expect(typed(relay.sent, 'response.cancel')).toEqual([])
  })

  it('saves the received audio sample for sample', async () => {
    const played = await answers('turn.wav')
    expect(played).toEqual(audioOf(relay.received))
    expect(findSound(played, question.subarray(4_800, -4_800))).toBeGreaterThan(0)
  })

  it('writes a log that `inspect` and `doctor` accept', async () => {
    const timeline = await output(process.execPath, [cli, 'inspect', fileIn('turn.jsonl')])
    expect(timeline).toContain('get_weather')
    expect(await output(process.execPath, [cli, 'doctor', fileIn('turn.jsonl'), app.folder])).toContain(
      'no uses of the beta',
    )
  })
})

describe('the Python example, interrupted by the caller', () => {
  it('stops playback and truncates the item at the played millisecond', async () => {
    const script = fileIn('long.json')
    await writeFile(script, JSON.stringify(['once again '.repeat(120), 'Yes?']))
    const { httpUrl } = await emulate('--voice', 'tone', '--script', script)
    const relay = await relayTo(httpUrl)
    const wav = await caller(joined(silentSamples(300), question, silentSamples(7_000), question))
    const ran = await agent([wav, '--output', 'cut.wav', '--fast'], { OPENAI_BASE_URL: relay.httpUrl })
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' })
    expect(typed(relay.received, 'error')).toEqual([])

    const [cut, ...others] = typed(relay.sent, 'conversation.item.truncate')
    const [first, second] = [...new Set(typed(relay.received, 'response.output_audio.delta').map((e) => e.item_id))]
    expect(others).toEqual([])
    expect(cut).toMatchObject({ item_id: first, content_index: 0 })
    expect(typed(relay.received, 'conversation.item.truncated')).toMatchObject([
      { item_id: first, audio_end_ms: cut?.audio_end_ms },
    ])
    // With turn detection, the server cancels the response itself.
    expect(typed(relay.sent, 'response.cancel')).toEqual([])
    expect(ran.stdout).toContain(`cut off     after ${cut?.audio_end_ms} ms`)

    const audioOfItem = (item: unknown) => audioOf(relay.received.filter(({ item_id }) => item_id === item))
    const played = await answers('cut.wav')
    const beforeCut = played.length - audioOfItem(second).length
    expect(Math.floor(beforeCut / 24)).toBe(cut?.audio_end_ms)
    expect(beforeCut).toBeLessThan(audioOfItem(first).length)
    expect(played).toEqual(joined(audioOfItem(first).subarray(0, beforeCut), audioOfItem(second)))
  })

  const speech = (type: string) => ({ type: `input_audio_buffer.${type}`, item_id: 'item_1', audio_start_ms: 0 })
  const delta = (responseId: string, itemId: string, ms: number) => ({
    type: 'response.output_audio.delta',
    response_id: responseId,
    item_id: itemId,
    content_index: 0,
    delta: Buffer.alloc(48 * ms).toString('base64'),
  })
  const begun = (id: string) => ({ type: 'response.created', response: { id, status: 'in_progress', output: [] } })
  const done = (id: string, status: string) => ({ type: 'response.done', response: { id, status, output: [] } })

  it('deletes items that were never played', async () => {
    const { httpUrl, sent } = await service((event, send) => {
      if (event.type === 'session.update') {
        send(begun('resp_1'))
        // All deltas arrive at once, so the second item has not started to play when the caller interrupts.
        for (const item of ['item_a', 'item_b']) send(delta('resp_1', item, 60_000))
        send(speech('speech_started'))
        send(delta('resp_1', 'item_c', 20))
        send(done('resp_1', 'cancelled'))
        send(speech('speech_stopped'))
        send(begun('resp_2'))
        send(done('resp_2', 'completed'))
      }
    })
    const ran = await agent([await caller(silentSamples(100)), '--fast'], { OPENAI_BASE_URL: httpUrl })
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' })
    const deleted = typed(sent, 'conversation.item.delete').map((event) => event.item_id)
    expect(deleted).toContain('item_b')
    expect(deleted).toContain('item_c')
    for (const { audio_end_ms } of typed(sent, 'conversation.item.truncate')) expect(audio_end_ms).toBeGreaterThan(0)
    expect(typed(sent, 'response.cancel')).toEqual([])
  })

  it('ends on SIGTERM with the close code 1000, and writes what was played so far', async () => {
    let closeCode: number | undefined
    let stop = () => {}
    const { httpUrl, sent } = await service((event, tell, socket) => {
      if (event.type === 'session.update') {
        socket.on('close', (code) => (closeCode = code))
        tell(begun('resp_1'))
        tell(delta('resp_1', 'item_a', 5_000))
      }
      // After a second, a part of the response was played.
      if (typed(sent, 'input_audio_buffer.append').length === 50) stop()
    })
    await writeFile(fileIn('sigterm.wav'), writeWav(silentSamples(60_000), { sampleRate: 24_000 }))
    const child = spawn(python, ['agent.py', 'sigterm.wav', '--output', 'stopped.wav'], {
      cwd: app.folder,
      env: { ...process.env, OPENAI_API_KEY: '', OPENAI_BASE_URL: httpUrl, PYTHONDONTWRITEBYTECODE: '1' },
    })
    let stderr = ''
    child.stderr.on('data', (data) => (stderr += data))
    const exited = once(child, 'close')
    stops.push(() => child.kill('SIGKILL'))
    stop = () => child.kill('SIGTERM')
    expect(await exited).toEqual([143, null])
    expect(stderr).toBe('agent.py: stopped\n')
    expect(closeCode).toBe(1000)
    expect((await answers('stopped.wav')).length).toBeGreaterThan(0)
  })

  it('cancels a response that started while the caller was speaking', async () => {
    const { httpUrl, sent } = await service((event, send) => {
      if (event.type === 'session.update') {
        send(speech('speech_started'))
        send(begun('resp_1'))
      }
      if (event.type !== 'response.cancel') return
      send({ type: 'error', error: { code: 'response_cancel_not_active', message: 'It is over.' } })
      send(done('resp_1', 'cancelled'))
      send(speech('speech_stopped'))
      send(begun('resp_2'))
      send(done('resp_2', 'completed'))
    })
    const ran = await agent([await caller(silentSamples(100)), '--fast'], { OPENAI_BASE_URL: httpUrl })
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' })
    expect(typed(sent, 'response.cancel')).toEqual([{ type: 'response.cancel', response_id: 'resp_1' }])
  })

  it('requests a response to a function output again after a conflict', async () => {
    const { httpUrl, sent } = await service((event, send) => {
      if (event.type === 'session.update') {
        const call = { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{"city":"Oslo"}' }
        send(speech('speech_started'))
        send(speech('speech_stopped'))
        send(begun('resp_1'))
        send({ type: 'response.done', response: { id: 'resp_1', status: 'completed', output: [call] } })
      }
      if (event.type !== 'response.create') return
      const isFirst = typed(sent, 'response.create').length === 1
      send(begun(isFirst ? 'resp_2' : 'resp_3'))
      if (isFirst)
        send({ type: 'error', error: { code: 'conversation_already_has_active_response', message: 'Wait.' } })
      send(done(isFirst ? 'resp_2' : 'resp_3', 'completed'))
    })
    const ran = await agent([await caller(silentSamples(100)), '--fast'], { OPENAI_BASE_URL: httpUrl })
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' })
    expect(typed(sent, 'response.create')).toHaveLength(2)
  })
})

describe('docs/python.md, run as written', () => {
  it('contains a working program and a working test fixture', async () => {
    const page = await readFile(join(root, 'docs/python.md'), 'utf8')
    const [program = '', fixture = ''] = [...page.matchAll(/```python\n(.*?)```/gs)].map(([, code]) => code ?? '')
    const [, script = ''] = /```json\n(.*?)```/s.exec(page) ?? []
    await mkdir(fileIn('node_modules/.bin'))
    await symlink(cli, fileIn('node_modules/.bin/realtime-primitives'))
    await writeFile(fileIn('answers.json'), script)
    await writeFile(fileIn('program.py'), program)
    const use = `
import os, sys
with emulator("--script", "answers.json") as base:
    for _ in range(3):
        env = {**os.environ, "OPENAI_BASE_URL": base}
        print(subprocess.check_output([sys.executable, "program.py"], env=env, text=True))
`
    await writeFile(fileIn('fixture.py'), fixture + use)
    const printed = await output(python, ['fixture.py'], { cwd: app.folder })
    expect(printed.trim().split('\n')).toEqual(['Hello.', 'Let me look.', 'It is clear in Oslo.'])
  })
})

describe('the Python example, on failure', () => {
  it('reports an invalid API key without printing it', async () => {
    const { httpUrl } = await emulate('--api-key', 'sk-right')
    const env = { OPENAI_BASE_URL: httpUrl, OPENAI_API_KEY: 'sk-wrong-and-secret' }
    const ran = await agent([await caller(question), '--output', 'refused.wav'], env)
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toContain('the server refused: invalid_api_key')
    expect(ran.stdout + ran.stderr).not.toContain('sk-wrong')
    await expect(access(fileIn('refused.wav'))).rejects.toThrow()
  })

  it('reports a server that closes mid-response, and keeps the audio played so far', async () => {
    const script = fileIn('talk.json')
    await writeFile(script, JSON.stringify(['once again '.repeat(120)]))
    const emulator = await emulate('--voice', 'tone', '--script', script)
    let deltas = 0
    const relay = await relayTo(emulator.httpUrl, ({ type }) => {
      if (type === 'response.output_audio.delta' && ++deltas === 5) emulator.process.kill()
    })
    const wav = await caller(joined(question, silentSamples(3_000)))
    const ran = await agent([wav, '--output', 'gone.wav', '--fast'], { OPENAI_BASE_URL: relay.httpUrl })
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toBe('agent.py: the server closed the connection (1001: The server is going down.)\n')
    const played = await answers('gone.wav')
    expect(played.length).toBeGreaterThan(0)
    expect(played).toEqual(audioOf(relay.received).subarray(0, played.length))
  })

  it('reports a connection that is lost without a close frame', async () => {
    const { httpUrl } = await emulate()
    const relay = await relayTo(httpUrl, ({ type }, { cut }) => {
      if (type === 'session.updated') cut()
    })
    const ran = await agent([await caller(question)], { OPENAI_BASE_URL: relay.httpUrl })
    expect(ran).toMatchObject({ exitCode: 1, stderr: 'agent.py: the connection was lost\n' })
  })

  it('reports a failed response and a failed function, and continues', async () => {
    const script = fileIn('failing.json')
    const error = { type: 'server_error', code: 'overloaded', message: 'Try again.' }
    const wrongCall = { step: 'call', name: 'get_weather', arguments: '{"city":' }
    await writeFile(script, JSON.stringify([{ step: 'fail', error }, wrongCall, 'I could not look.']))
    const { httpUrl } = await emulate('--script', script)
    // The first response has to fail before the second turn, which would interrupt it.
    const wav = await caller(joined(question, silentSamples(8_000), question))
    const ran = await agent([wav, '--fast'], { OPENAI_BASE_URL: httpUrl })
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toBe(`error       a response failed: overloaded Try again.
error       the function get_weather failed with JSONDecodeError
agent.py: 2 thing(s) failed on the way
`)
    expect(ran.stdout).toContain('I could not look.')
  })

  it('reports missing speech, an unreachable server, and an API key for an unencrypted connection', async () => {
    const { httpUrl } = await emulate()
    const silent = await agent([await caller(silentSamples(500)), '--fast'], { OPENAI_BASE_URL: httpUrl })
    expect(silent).toMatchObject({ exitCode: 1, stderr: 'agent.py: the server found no speech in caller.wav\n' })

    const unreachable = await agent(['caller.wav'], { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' })
    expect(unreachable.exitCode).toBe(1)
    expect(unreachable.stderr).toMatch(/^agent\.py: http:\/\/127\.0\.0\.1:9 cannot be reached/)

    const inClear = await agent(['caller.wav'], { OPENAI_BASE_URL: 'http://example.com/v1', OPENAI_API_KEY: 'sk-any' })
    expect(inClear.stderr).toMatch(/^agent\.py: OPENAI_BASE_URL must begin with https:/)
  })

  it('reports an unsupported input file and how to convert it', async () => {
    const slow = await agent([await caller(vowel(200, 16_000), 16_000)])
    expect(slow).toMatchObject({ exitCode: 1, stdout: '' })
    expect(slow.stderr).toBe(
      'agent.py: caller.wav has 16000 Hz, 1 channel(s), 16 bit, and must have 24000 Hz, 1 channel, 16 bit; convert it: sox caller.wav -r 24000 -c 1 -b 16 -e signed-integer converted.wav\n',
    )
    await writeFile(fileIn('text.wav'), 'no audio')
    expect((await agent(['text.wav'])).stderr).toMatch(/^agent\.py: text\.wav is no WAV file with PCM/)
    expect((await agent(['nowhere.wav'])).stderr).toMatch(/No such file.*nowhere\.wav/)
  })
})
