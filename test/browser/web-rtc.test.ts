import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Browser, chromium, type Page } from 'playwright-core'
import { resample, toFloat32, toInt16, writeWav } from 'realtime-primitives/audio'
import { createEmulator, type Emulator } from 'realtime-primitives/testing'
import { type EmulatorServer, serve } from 'realtime-primitives/testing/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { findChromium } from '../../scripts/chromium.mjs'
import { likeness } from '../conformance/emulator/web-rtc-client.js'
import { joined, silentSamples, vowel } from '../support/speech.js'

const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url))
const apiKey = 'sk-standard'
/** What the fake microphone says, again and again: words, and time to answer. */
const words = vowel(1_200, 48_000)
const spoken = joined(silentSamples(800, 48_000), words, silentSamples(3_500, 48_000))
const answer = vowel(9_000, 24_000)

let folder: string
let browser: Browser
let emulator: Emulator
let server: EmulatorServer
let site: Server
let siteUrl: string
let page: Page
let longAnswers = false
const complaints: string[] = []

beforeAll(async () => {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('there is no Chromium; install one, or set CHROMIUM_PATH to where it is')
  folder = await mkdtemp(join(tmpdir(), 'web-rtc-'))
  const microphone = join(folder, 'microphone.wav')
  await writeFile(microphone, writeWav(spoken, { sampleRate: 48_000 }))
  browser = await chromium.launch({
    executablePath,
    headless: true,
    timeout: 60_000,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
      ...['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
      ...[`--use-file-for-fake-audio-capture=${microphone}`, '--allow-loopback-in-peer-connection'],
    ],
  })
  emulator = createEmulator({
    apiKey,
    voice: (_text, { sound }) => (longAnswers || !sound ? answer : sound.pcm),
  })
  server = await serve(emulator)
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('support/web-rtc-page.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    tsconfigRaw: '{}',
    write: false,
    alias: {
      'realtime-primitives/webrtc': source('transports/web-rtc/index.ts'),
      'realtime-primitives/audio': source('audio/index.ts'),
      'realtime-primitives': source('index.ts'),
      '#open-socket': source('transports/open-socket/web.ts'),
    },
  })
  site = createServer((request, response) => {
    if (request.url === '/page.js') response.setHeader('content-type', 'text/javascript').end(outputFiles[0]?.text)
    else if (request.url === '/key') {
      const secret = emulator.mintClientSecret({ session: { type: 'realtime', model: 'gpt-realtime-2.1' } })
      response.end('value' in secret ? secret.value : '')
    } else {
      response.setHeader('content-type', 'text/html')
      response.end(
        '<!doctype html><html lang="en"><title>Call</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
      )
    }
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`
}, 120_000)

afterAll(async () => {
  await browser?.close()
  site?.closeAllConnections()
  site?.close()
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  longAnswers = false
  page = await browser.newPage()
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(siteUrl)
  await page.waitForFunction(() => 'calls' in window)
})

afterEach(async () => {
  await page.evaluate(() => window.calls.end())
  await page.close()
  await vi.waitFor(() => expect(emulator.sessionCount).toBe(0), { timeout: 10_000 })
  expect(complaints.splice(0)).toEqual([])
})

const begin = (muted = false) =>
  page.evaluate(([url, mute]) => window.calls.begin(url, mute), [server.httpUrl, muted] as const)
const told = () => page.evaluate(() => window.calls.told())
const arrived = (type: string) =>
  page.waitForFunction((wanted) => window.calls.told().some((event) => event.type === wanted), type, {
    timeout: 20_000,
  })

/** From the first to the last loud sample, in milliseconds. */
function soundingMs(pcm: readonly number[]): number {
  const isLoud = (sample: number) => Math.abs(sample) > 600
  return (pcm.findLastIndex(isLoud) - pcm.findIndex(isLoud)) / 8
}

describe('a call over WebRTC from Chromium', { timeout: 60_000 }, () => {
  it('what the microphone heard comes back out of the speaker as it was', async () => {
    expect(await begin()).toEqual({ callId: expect.stringMatching(/^rtc_/), state: 'open' })
    await arrived('output_audio_buffer.stopped')
    await page.waitForTimeout(300)
    const heard = Int16Array.from(await page.evaluate(() => window.calls.heard()))
    const said = toInt16(resample(toFloat32(words), 48_000, 8_000))
    // Half a second from the middle: what a browser plays may be stretched by a sample here and there.
    const { correlation } = likeness(heard, said.subarray(2_400, 6_400))
    expect(correlation).toBeGreaterThan(0.98)
    const types = (await told()).map(({ type }) => type)
    expect(types).not.toContain('error')
    expect(types).not.toContain('response.output_audio.delta')
    await page.evaluate(() => window.calls.end())
    expect(await page.evaluate(() => window.calls.closes())).toEqual([{ code: 1000, reason: '', wasClean: true }])
  })

  it('an interruption stops the sound, and session and server agree on how much was heard', async () => {
    longAnswers = true
    await begin()
    await arrived('conversation.item.truncated')
    await page.waitForTimeout(300)
    const keptMs = (await told()).find(({ type }) => type === 'conversation.item.truncated')?.audio_end_ms as number
    const [interruption] = await page.evaluate(() => window.calls.interruptions())
    const sounded = soundingMs(await page.evaluate(() => window.calls.heard()))
    expect(keptMs).toBeGreaterThan(1_000)
    expect(keptMs).toBeLessThan(6_000)
    expect(interruption?.by).toBe('caller')
    expect(Math.abs((interruption?.heardMs ?? 0) - keptMs)).toBeLessThan(50)
    // The browser's jitter buffer stretches what it plays when packets come late.
    expect(Math.abs(sounded - keptMs)).toBeLessThan(250)
  })

  it('a microphone that is mute before the call is silent until it is not', async () => {
    await begin(true)
    await page.waitForTimeout(6_000)
    expect((await told()).map(({ type }) => type)).not.toContain('input_audio_buffer.speech_started')
    await page.evaluate(() => window.calls.unmute())
    await arrived('input_audio_buffer.speech_started')
    await page.evaluate(() => window.calls.mute())
    await arrived('input_audio_buffer.speech_stopped')
  })

  it('a hang-up by the API closes the call in the page', async () => {
    const { callId } = await begin()
    const answered = await fetch(`${server.httpUrl}/realtime/calls/${callId}/hangup`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}` },
    })
    expect(answered.status).toBe(200)
    await page.waitForFunction(() => window.calls.closes().length > 0, undefined, { timeout: 10_000 })
    expect(await page.evaluate(() => window.calls.closes())).toEqual([{ code: 1000, reason: '', wasClean: true }])
  })
})
