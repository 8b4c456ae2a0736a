import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { decodeBase64, readWav } from 'realtime-primitives/audio'
import { call, createEmulator, type Emulator, reply } from 'realtime-primitives/testing'
import { type EmulatorServer, serve } from 'realtime-primitives/testing/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { type LaunchedBrowser, launchChromium } from '../browser/support/chromium.js'
import { contrastProblems, nameProblems } from '../browser/support/example-page.js'
import { output } from '../package/support/run.js'
import { itCertifies } from '../support/certify.js'
import { joined, silentSamples } from '../support/speech.js'
import { type App, stage } from './support/stage.js'

const apiKey = 'sk-only-the-server-knows'
const bookingSecret = 'only-the-server-knows-this-too'
const patience = { timeout: 60_000 }
const longAnswer = Int16Array.from(
  { length: 40 * 24_000 },
  (_, at) => 8_000 * Math.sin((2 * Math.PI * 330 * at) / 24_000),
)

/** The built example as a process. */
interface Site {
  readonly url: string
  readonly process: ChildProcess
}

interface Recorded {
  readonly tracks: MediaStreamTrack[]
  readonly contexts: AudioContext[]
  readonly violations: string[]
}
declare global {
  interface Window {
    recorded: Recorded
  }
}

let app: App
let launched: LaunchedBrowser
let emulator: Emulator
let service: EmulatorServer
let site: Site
let page: Page
/** Uncaught errors, and errors and warnings in the console of the page. */
let pageErrors: string[]
/** Outputs of the function calls that the emulator has received. */
let outputs: unknown[]
/** Types of the events that the page has sent. */
let sent: string[]
/** Number of silent chunks since the last chunk with audio. */
let silentChunks: number
/** Transcripts of the next turns of the user. */
let userTranscripts: string[]

beforeAll(async () => {
  app = await stage(inject('packed'), 'voice-agent-sveltekit')
  // The test runner sets NODE_ENV=test, which would result in a development build.
  const env = { NODE_ENV: 'production' }
  await output('npm', ['run', '--silent', 'build'], { cwd: app.folder, env, timeoutMs: 200_000 })
  emulator = createEmulator({
    apiKey,
    voice: 'tone',
    latencyMs: 50,
    hear: () => userTranscripts.shift() ?? 'Go on.',
    script({ input, text }) {
      const last = input.at(-1)
      if (last?.type === 'function_call_output') {
        outputs.push(JSON.parse(String(last.output)))
        return reply('You are expected.')
      }
      if (text.includes('table')) return call('book_table', { people: 2, time: '20:15' })
      return reply('A long story, which will be interrupted.', { audio: longAnswer })
    },
  })
  service = await serve(emulator)
  launched = await launchChromium(speech())
  site = await start({ OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: service.httpUrl, BOOKING_SECRET: bookingSecret })
}, 450_000)

afterAll(async () => {
  await launched?.close()
  if (site) await stop(site)
  await service?.close()
  await app?.remove()
})

beforeEach(async () => {
  userTranscripts = ['A table for two at a quarter past eight, please.']
  outputs = []
  pageErrors = []
  sent = []
  silentChunks = 0
  page = await launched.browser.newPage()
  page.setDefaultTimeout(patience.timeout)
  page.on('pageerror', ({ message }) => pageErrors.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') pageErrors.push(message.text())
  })
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      const { type, audio } = JSON.parse(String(payload)) as { type: string; audio?: string }
      sent.push(type)
      if (audio !== undefined) silentChunks = decodeBase64(audio).every((byte) => byte === 0) ? silentChunks + 1 : 0
    })
  })
  await page.addInitScript(recordResources)
})

afterEach(async () => {
  await page.close()
  await vi.waitFor(() => expect(emulator.sessionCount).toBe(0), patience)
})

/** Returns a sentence and a pause for the response, which the fake microphone repeats. */
function speech() {
  const file = fileURLToPath(new URL('../../examples/node-websocket-cli/speech.wav', import.meta.url))
  const { channels, sampleRate } = readWav(readFileSync(file))
  const sentence = channels[0]?.subarray(3.1 * sampleRate, 5.3 * sampleRate) ?? new Float32Array()
  const spoken = Int16Array.from(sentence, (sample) => Math.round(sample * 32_767))
  return { audio: joined(silentSamples(500, sampleRate), spoken, silentSamples(2_500, sampleRate)), sampleRate }
}

async function start(env: Record<string, string>): Promise<Site> {
  const server = spawn(process.execPath, ['build'], {
    cwd: app.folder,
    env: { ...process.env, NODE_ENV: 'production', OPENAI_API_KEY: '', HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /^Listening on (\S+)/.exec(line)?.[1]
    if (url) return { url, process: server }
  }
  throw new Error(`the server exited with ${server.exitCode}`)
}

/** Sends SIGTERM to the server, and returns its exit code. */
async function stop({ process: server }: Site): Promise<number | null> {
  const ended = once(server, 'exit')
  server.kill('SIGTERM')
  const [exitCode] = await ended
  return exitCode
}

/** Collects media tracks, audio contexts, and violations of the content security policy. Runs in the page before its scripts. */
function recordResources(): void {
  const recorded: Recorded = { tracks: [], contexts: [], violations: [] }
  window.recorded = recorded
  const { getUserMedia } = MediaDevices.prototype
  MediaDevices.prototype.getUserMedia = async function (constraints) {
    const stream = await getUserMedia.call(this, constraints)
    recorded.tracks.push(...stream.getTracks())
    return stream
  }
  window.AudioContext = class extends AudioContext {
    constructor(...options: ConstructorParameters<typeof AudioContext>) {
      super(...options)
      recorded.contexts.push(this)
    }
  }
  document.addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
    recorded.violations.push(violatedDirective),
  )
}

const button = (name: string) => page.getByRole('button', { name })
const hint = (words: string) => page.getByText(words, { exact: true }).waitFor()
const captions = () => page.getByRole('list', { name: 'Captions' }).getByRole('listitem')
const violations = () => page.evaluate(() => window.recorded.violations)

async function begin(at = site): Promise<void> {
  await page.goto(at.url)
  await button('Start talking').click()
}

/** Waits until a number of chunks in a row were silent. */
const staysSilent = (chunks: number) => vi.waitFor(() => expect(silentChunks).toBeGreaterThanOrEqual(chunks), patience)

describe('the SvelteKit example', { timeout: 180_000 }, () => {
  itCertifies('passes svelte-check', async () => {
    await output('npm', ['run', '--silent', 'check'], { cwd: app.folder, timeoutMs: 120_000 })
  })

  it('responds to speech, shows captions of both sides, and books on the server', async () => {
    await begin()
    await captions().filter({ hasText: 'You are expected.' }).waitFor()
    // The transcript of the user can arrive after that of the agent.
    for (const line of ['You: A table for two at a quarter past eight, please.', 'Agent: You are expected.'])
      await page.getByRole('log').getByText(line).waitFor({ state: 'attached' })
    expect((await captions().allTextContents()).slice(0, 2).map((text) => text.replace(/\s+/g, ' ').trim())).toEqual([
      'You A table for two at a quarter past eight, please.',
      'Agent You are expected.',
    ])
    const code = createHmac('sha256', bookingSecret).update('2 at 20:15').digest('hex').slice(0, 5).toUpperCase()
    expect(outputs).toEqual([{ people: 2, time: '20:15', code }])
    await page.getByRole('complementary').getByText(code).waitFor()
    expect([...pageErrors, ...(await violations())]).toEqual([])
  })

  it('reconnects with its history, and keeps the captions after hang-up', async () => {
    await begin()
    await captions().filter({ hasText: 'You are expected.' }).waitFor()
    await emulator.close()
    await page.getByRole('alert').getByText('The connection is lost. Trying again…').waitFor()
    await page.getByRole('alert').waitFor({ state: 'hidden' })
    expect(emulator.sessionCount).toBe(1)
    await button('Hang up').click()
    await hint('The conversation is over')
    await captions().filter({ hasText: 'You are expected.' }).waitFor()
    // Chromium reports an error for audio that is sent after the close frame of the server.
    pageErrors = pageErrors.filter((message) => !message.includes('already in CLOSING or CLOSED state'))
    expect([...pageErrors, ...(await violations())]).toEqual([])
  })

  itCertifies('can be muted and interrupted with the keyboard', async () => {
    userTranscripts = ['Tell me a story.']
    await page.goto(site.url)
    await page.getByRole('link', { name: 'Menu' }).focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    expect(await button('Start talking').evaluate((element) => element === document.activeElement)).toBe(true)
    await page.keyboard.press('Enter')
    await captions().filter({ hasText: 'Tell me a story.' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    await hint('Your microphone is muted')
    expect(await button('Mute').getAttribute('aria-pressed')).toBe('true')
    // Longer than the pause between two sentences of the microphone.
    await staysSilent(280)
    await page.keyboard.press('Escape')
    await captions().filter({ hasText: '(cut off)' }).waitFor()
    await vi.waitFor(() => expect(sent).toContain('conversation.item.truncate'), patience)
    await page.getByRole('button', { name: 'Interrupt', disabled: true }).waitFor()
    await page.keyboard.press('Space')
    await hint('You are speaking')
    expect([...pageErrors, ...(await violations())]).toEqual([])
  })

  it('releases all resources when the user leaves the page', async () => {
    await begin()
    await hint('Listening')
    expect(emulator.sessionCount).toBe(1)
    await page.getByRole('link', { name: 'Menu' }).click()
    await page.getByRole('heading', { name: 'Tonight' }).waitFor()
    await vi.waitFor(() => expect(emulator.sessionCount).toBe(0), patience)
    const resourceStates = () =>
      page.evaluate(() => [
        ...window.recorded.tracks.map(({ readyState }) => readyState),
        ...window.recorded.contexts.map(({ state }) => state),
      ])
    await vi.waitFor(async () => expect(await resourceStates()).toEqual(['ended', 'closed', 'closed']), patience)
    expect([...pageErrors, ...(await violations())]).toEqual([])
  })

  it('releases all resources when the user leaves the page while it starts', async () => {
    await page.route('**/client-secret', () => {})
    await begin()
    await hint('Connecting…')
    await vi.waitFor(async () => expect(await page.evaluate(() => window.recorded.tracks.length)).toBe(1), patience)
    await page.getByRole('link', { name: 'Menu' }).click()
    await page.waitForFunction(() => window.recorded.tracks.every(({ readyState }) => readyState === 'ended'))
    await page.waitForFunction(() => window.recorded.contexts.every(({ state }) => state === 'closed'))
    expect([...pageErrors, ...(await violations())]).toEqual([])
  })

  it('shows an error when the server gets no client secret, and retries until the user hangs up', async () => {
    const broken = await start({ OPENAI_API_KEY: 'sk-wrong', OPENAI_BASE_URL: service.httpUrl })
    let requests = 0
    page.on('request', (request) => (requests += Number(request.url() === `${broken.url}/client-secret`)))
    try {
      await begin(broken)
      const words = 'Our server cannot put you through to the agent just now. Trying again…'
      await page.getByRole('alert').getByText(words).waitFor()
      await vi.waitFor(() => expect(requests).toBeGreaterThan(1), patience)
      await button('Hang up').click()
      await hint('The conversation is over')
      expect(await page.getByRole('alert').isVisible()).toBe(false)
      await page.waitForFunction(() => window.recorded.tracks.map(({ readyState }) => readyState).join() === 'ended')
      expect(pageErrors.filter((message) => !message.includes('502 (Bad Gateway)'))).toEqual([])
    } finally {
      expect(await stop(broken)).toBe(0)
    }
  })

  it('shows what to do when the microphone is not allowed', async () => {
    await page.addInitScript(() => {
      MediaDevices.prototype.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
    })
    await begin()
    await page.getByRole('alert').getByText('Allow it beside the address, then start again.').waitFor()
    await button('Start talking').waitFor()
    expect(pageErrors).toEqual([])
  })

  it('has a content security policy that blocks foreign scripts, styles, and connections', async () => {
    const answer = await page.goto(site.url)
    const policy = answer?.headers()['content-security-policy'] ?? ''
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|blob:|data:|\*/)
    expect(policy).toContain(`connect-src 'self' ${new URL(service.url).origin};`)
    expect(policy).toMatch(/script-src 'self' 'nonce-[^']+';/)
    expect(await violations()).toEqual([])
    await page.evaluate(() => {
      const script = document.createElement('div')
      script.setAttribute('style', 'color: red')
      document.body.append(script)
    })
    await page.evaluate(() => fetch('http://127.0.0.1:9/').catch(() => {}))
    await page.evaluate(() => {
      try {
        document.body.innerHTML = '<p>not from a template of Svelte</p>'
      } catch {
        // It is the violation that counts.
      }
    })
    const broken = ['connect-src', 'require-trusted-types-for', 'style-src-attr']
    await vi.waitFor(async () => expect((await violations()).toSorted()).toEqual(broken), patience)
  })

  it('rejects client secret and booking requests of other sites and invalid bookings', async () => {
    for (const path of ['client-secret', 'bookings']) {
      const headers = { 'sec-fetch-site': 'cross-site' }
      expect((await fetch(new URL(path, site.url), { method: 'POST', headers })).status).toBe(403)
    }
    const headers = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }
    for (const body of ['{"people":0,"time":"20:15"}', '{"people":2,"time":"03:00"}', 'no JSON'])
      expect((await fetch(new URL('bookings', site.url), { method: 'POST', headers, body })).status).toBe(400)
    const secret = await (await fetch(new URL('client-secret', site.url), { method: 'POST', headers })).json()
    expect(secret).toEqual({ value: expect.stringMatching(/^ek_/) })
  })

  it('is accessible in both color schemes at 375 and 1280 pixels', async () => {
    await begin()
    await captions().filter({ hasText: 'You are expected.' }).waitFor()
    for (const [colorScheme, width] of [
      ['light', 375],
      ['dark', 1_280],
    ] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 800 })
      expect([...(await page.evaluate(nameProblems)), ...(await page.evaluate(contrastProblems))]).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
    }
  })

  it('works without an API key, and its emulator exits with the server', async () => {
    const alone = await start({})
    let exitCode: number | null
    try {
      await begin(alone)
      await captions()
        .filter({ hasText: /^Agent.*Your table is booked/ })
        .waitFor()
      // The fake microphone repeats its recording, so a slow call can have a second booking.
      await page.getByRole('complementary').getByText('19:30, 4 people').first().waitFor()
      expect([...pageErrors, ...(await violations())]).toEqual([])
    } finally {
      exitCode = await stop(alone)
    }
    expect(exitCode).toBe(0)
  })
})
