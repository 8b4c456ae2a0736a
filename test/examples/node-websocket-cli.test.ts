import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRealtimeError } from 'realtime-primitives'
import { downmix, readWav, resample, writeWav } from 'realtime-primitives/audio'
import { createEmulator } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Problem, runDemo } from '../../examples/node-websocket-cli/demo.js'
import { runExample } from '../support/run-example.js'
import { joined, silentSamples, vowel } from '../support/speech.js'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'realtime-demo-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs the program in a folder that is not the checkout. */
const run = (args: string[], env: Record<string, string> = {}) =>
  runExample('node-websocket-cli/main.ts', args, { cwd: folder, env })

/** Returns the message that the program prints when it fails. It must have one line. */
async function failure(args: string[]): Promise<string> {
  const error: unknown = await runDemo(args).then(
    () => undefined,
    (reason) => reason,
  )
  if (!(error instanceof Problem) && !isRealtimeError(error))
    throw new Error('the program would print a stack', { cause: error })
  expect(error.message.split('\n')).toHaveLength(1)
  return error.message
}

/** Returns the correlation of two recordings at the best shift of up to 20 samples. */
function correlation(a: Float32Array, b: Float32Array): number {
  const shifts = Array.from({ length: 41 }, (_, index) => index - 20)
  return Math.max(...shifts.map((shift) => correlationAt(a, b, shift)))
}

function correlationAt(a: Float32Array, b: Float32Array, shift: number): number {
  let [ab, aa, bb] = [0, 0, 0]
  for (let index = Math.max(0, -shift); index < Math.min(a.length, b.length - shift); index++) {
    const [x, y] = [a[index] ?? 0, b[index + shift] ?? 0]
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return ab / Math.sqrt(aa * bb)
}

async function samplesOf(path: string): Promise<Float32Array> {
  const { channels, sampleRate } = readWav(await readFile(path))
  return resample(downmix(channels), sampleRate, 24_000, 'best')
}

describe.concurrent('node-websocket-cli', () => {
  it('detects turns, calls a function, is interrupted, and prints a summary', async () => {
    const output = join(folder, 'own.wav')
    const { code, stdout, stderr } = await run(['--fast', '--output', output])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toContain('“What is the weather like in Lisbon today?”')
    expect(stdout).toContain('weather({"city":"Lisbon"}) → {"city":"Lisbon","sky":"clear","celsius":21}')
    expect(stdout).toContain('✋ interrupts after')
    expect(stdout).toMatch(/^turns {10}4$/m)
    expect(stdout).toMatch(/^tool calls {5}1$/m)
    expect(stdout).toMatch(/^interruptions {2}1$/m)
    expect(stdout).toMatch(/^first audio {4}\d+ ms \(median of 4\)$/m)
    expect(stdout).toMatch(/^events {9}\d+ sent, \d+ received$/m)
  }, 180_000)

  it('plays back an unknown recording completely', async () => {
    const input = join(folder, 'unseen.wav')
    const output = join(folder, 'unseen-answers.wav')
    const speech = joined(
      silentSamples(500, 44_100),
      vowel(1100, 44_100),
      silentSamples(900, 44_100),
      vowel(700, 44_100),
      silentSamples(800, 44_100),
      vowel(1500, 44_100),
    )
    await writeFile(input, writeWav([speech, speech.map((sample) => sample / 2)], { sampleRate: 44_100 }))
    const { code, stdout } = await run(['--fast', '--input', input, '--output', output])
    expect(code).toBe(0)
    expect(stdout).toContain('unseen.wav: 5.5 s, 44100 Hz, 2 channels')
    expect(stdout).toMatch(/^turns {10}3$/m)
    expect(stdout).toMatch(/^interruptions {2}0$/m)
    expect(correlation(await samplesOf(input), await samplesOf(output))).toBeGreaterThan(0.99)
  }, 180_000)

  it('connects to another server', async () => {
    const server = await serve(createEmulator({ apiKey: 'sk-test' }))
    try {
      const url = `${server.url}/realtime?model=gpt-realtime-2.1`
      const input = join(folder, 'short.wav')
      await writeFile(
        input,
        writeWav(joined(silentSamples(200), vowel(400), silentSamples(700)), { sampleRate: 24_000 }),
      )
      const args = ['--url', url, '--input', input, '--output', join(folder, 'short-answers.wav')]
      const { code, stdout } = await run(args, { OPENAI_API_KEY: 'sk-test' })
      expect(code).toBe(0)
      expect(stdout).toMatch(/^turns {10}1$/m)
      const refused = await run(args, { OPENAI_API_KEY: 'sk-wrong' })
      expect(refused.code).toBe(1)
      expect(refused.stderr.trim().split('\n')).toHaveLength(1)
      expect(refused.stderr).toContain('The server refused the session with invalid_api_key')
      expect(refused.stderr).not.toContain('sk-wrong')
    } finally {
      await server.close()
    }
  }, 180_000)

  it.each([
    ['a missing file', 'missing.wav', undefined, 'there is no such file or folder'],
    ['a folder', '.', undefined, 'that is a folder'],
    ['an empty file', 'empty.wav', new Uint8Array(), 'The WAV file is empty. Export it as WAV again'],
    [
      'a file that is no WAV',
      'text.wav',
      new TextEncoder().encode('This is a text, and a long one at that, longer than a header.'),
      'The WAV file does not start with "RIFF" and "WAVE". Export it as WAV again',
    ],
    [
      'a file that is cut off',
      'cut.wav',
      writeWav(new Int16Array(24_000), { sampleRate: 24_000 }).slice(0, 1000),
      'The WAV file is truncated: its headers specify 48044 bytes, but it has 1000. Export it as WAV again, or copy the complete file.',
    ],
  ])('prints one line for %s', async (_what, name, bytes, reason) => {
    const path = join(folder, name)
    if (bytes) await writeFile(path, bytes)
    expect(await failure(['--input', path])).toContain(`cannot use ${path}: ${reason}`)
  })

  it.each([
    [['--speed'], "Unknown option '--speed'; see --help"],
    [['--fast', '--realtime'], '--realtime and --fast exclude each other'],
    [['--interrupt', 'soon'], '--interrupt takes the number of a turn, from 1'],
    [['--input', ''], '--input must not be empty'],
    [['--fast', '--url', 'ftp://example.com'], 'The option "url" must begin with "wss:" or "ws:", not "ftp:".'],
  ])('prints one line for the options %j', async (args, message) => {
    expect(await failure(args)).toContain(message)
  })

  it('prints the failure without a stack, and exits with code 1', async () => {
    expect(await run(['--speed'])).toEqual({ code: 1, stdout: '', stderr: `${await failure(['--speed'])}\n` })
  })

  it('prints its options with --help', async () => {
    const { code, stdout } = await run(['--help'])
    expect(code).toBe(0)
    for (const option of ['--input', '--output', '--model', '--voice', '--url', '--realtime', '--fast', '--help'])
      expect(stdout).toContain(option)
  })
})
