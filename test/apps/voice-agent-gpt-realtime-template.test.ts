import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { readWav } from 'realtime-primitives/audio'
import { createEmulator } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { type LaunchedBrowser, launchChromium } from '../browser/support/chromium.js'
import { contrastProblems, nameProblems } from '../browser/support/example-page.js'
import { output } from '../package/support/run.js'
import { itCertifies } from '../support/certify.js'
import { joined, silentSamples } from '../support/speech.js'
import { type App, stage } from './support/stage.js'

const patience = { timeout: 90_000 }

/** The server of the example in its own process. */
interface Program {
  readonly url: string
  /** Returns its output so far. */
  log(): string
  stop(): Promise<void>
}

async function start({ folder }: App, env: Readonly<Record<string, string>> = {}): Promise<Program> {
  const { OPENAI_API_KEY: _, ...rest } = process.env
  // A process group, so that `stop` also ends the program that npm starts.
  const child = spawn('npm', ['start', '--silent'], {
    cwd: folder,
    env: { ...rest, PORT: '0', ...env },
    detached: true,
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += data))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  async function stop(): Promise<void> {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
    await ended
  }
  try {
    const url = await vi.waitFor(() => /http:\S+/.exec(log)?.[0] ?? expect.fail(log), {
      timeout: 60_000,
      interval: 100,
    })
    return { url, log: () => log, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Returns a sentence and a pause for the response, which the fake microphone repeats. */
function speech(): { readonly audio: Int16Array; readonly sampleRate: number } {
  const file = fileURLToPath(new URL('../../examples/node-websocket-cli/speech.wav', import.meta.url))
  const { channels, sampleRate } = readWav(readFileSync(file))
  const sentence = (channels[0] ?? new Float32Array()).subarray(3.1 * sampleRate, 5.3 * sampleRate)
  const spoken = Int16Array.from(sentence, (sample) => Math.round(sample * 32_767))
  return { audio: joined(silentSamples(2_000, sampleRate), spoken, silentSamples(5_500, sampleRate)), sampleRate }
}

/** Collects the tracks of the microphone in `window.tracks`. Runs in the page. */
function watchMicrophone(): void {
  const tracks: MediaStreamTrack[] = []
  Object.assign(window, { tracks })
  if (!navigator.mediaDevices) return
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints)
    tracks.push(...stream.getTracks())
    return stream
  }
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    reportError(new Error(`policy: ${violatedDirective} ${blockedURI}`))
  })
}

const packed = inject('packed')
let app: App
let launched: LaunchedBrowser
let server: Program
let page: Page
let pageErrors: string[]

beforeAll(async () => {
  app = await stage(packed, 'voice-agent-gpt-realtime-template')
  launched = await launchChromium(speech())
  server = await start(app)
}, 270_000)

afterAll(async () => {
  await launched?.close()
  await server?.stop()
  await app?.remove()
})

beforeEach(async () => {
  pageErrors = []
  page = await launched.browser.newPage()
  page.setDefaultTimeout(patience.timeout)
  page.on('console', (message) => pageErrors.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => pageErrors.push(error.message))
  await page.addInitScript(watchMicrophone)
})

afterEach(async () => {
  await page.close()
  expect(pageErrors).toEqual([])
})

const button = (name: string) => page.getByRole('button', { name, exact: true })
const isShown = (text: string) => page.getByText(text).first().waitFor(patience)
const logs = (text: string | RegExp) => vi.waitFor(() => expect(server.log()).toMatch(text), patience)
const microphone = () =>
  page.evaluate(() =>
    (window as unknown as { tracks: MediaStreamTrack[] }).tracks.map(({ readyState, enabled }) =>
      readyState === 'ended' ? readyState : enabled ? 'open' : 'mute',
    ),
  )

describe('the voice agent template', { timeout: 180_000 }, () => {
  // `npm run check` checks its types with the sources of the library.
  itCertifies('type-checks with the packed library', async () => {
    const options = { cwd: app.folder, timeoutMs: 120_000 }
    expect(await output('npm', ['run', '--silent', 'typecheck'], options)).toBe('')
  })

  it('passes its own tests', async () => {
    expect(await output('npm', ['test', '--silent'], { cwd: app.folder, timeoutMs: 120_000 })).toMatch(/8 passed/)
  })

  it('runs tools on the server, and closes when the agent hangs up', async () => {
    await page.goto(server.url)
    await button('Mute').click()
    await button('Call').click()
    await isShown('Agent: Harbour Coffee. How can I help?')
    await button('Mute').click()
    await isShown('You: Where is my order 4711?')
    await isShown('Agent: It was shipped, and arrives tomorrow before noon.')
    await logs('find_order: done')
    await isShown('Agent: So much needs a colleague, who will write to you today.')
    await logs('refund: REJECTED')
    await isShown('Agent: Goodbye, and enjoy the coffee.')
    await isShown('The agent has hung up.')
    await logs(/rtc_\w+ is over/)
    expect(await page.getByRole('status').textContent()).toBe('Not connected')
    expect(await microphone()).toEqual(['ended'])
    const announcements = await page.getByRole('log').locator('p').allTextContents()
    expect(announcements).toContain('Agent: It was shipped, and arrives tomorrow before noon.')
    expect(server.log()).not.toMatch(/sk-|ek_|Where is my order|tomorrow/)
  })

  it('mutes before and during the call, and hangs up', async () => {
    await page.goto(server.url)
    await button('Mute').click()
    await button('Call').click()
    await isShown('Agent: Harbour Coffee. How can I help?')
    expect(await microphone()).toEqual(['mute'])
    await button('Mute').click()
    expect(await microphone()).toEqual(['open'])
    await button('Mute').click()
    expect(await microphone()).toEqual(['mute'])
    await button('Hang up').click()
    await isShown('Not connected')
    expect(await microphone()).toEqual(['ended'])
  })

  it('interrupts the agent when Escape is pressed', async () => {
    await page.goto(server.url)
    await button('Mute').click()
    await button('Call').click()
    await isShown('Agent: Harbour Coffee')
    await page.keyboard.press('Escape')
    await isShown('interrupted')
    await button('Hang up').click()
    await isShown('Not connected')
  })

  it('closes the call when the user leaves the page', async () => {
    await page.goto(server.url)
    await button('Call').click()
    await isShown('Agent: Harbour Coffee')
    await logs(/ is joined\n$/)
    await page.goto('about:blank')
    await logs(/ is over\n$/)
  })

  itCertifies('shows an error and releases the microphone when the API key is invalid', async () => {
    const service = await serve(createEmulator({ apiKey: 'sk-another' }))
    const refused = await start(app, { OPENAI_API_KEY: 'sk-refused', OPENAI_BASE_URL: service.httpUrl })
    try {
      await page.goto(refused.url)
      await button('Call').click()
      await isShown('The agent cannot be reached. Try again in a minute.')
      expect(await page.getByRole('alert').textContent()).toBe('The agent cannot be reached. Try again in a minute.')
      expect(await microphone()).toEqual(['ended'])
      expect(await page.getByRole('status').textContent()).toBe('Not connected')
      expect(refused.log()).toContain('401')
      expect(refused.log()).not.toContain('sk-')
      // Chromium logs every HTTP error.
      pageErrors = pageErrors.filter((message) => !message.includes('502 (Bad Gateway)'))
    } finally {
      await refused.stop()
      await service.close()
    }
  })

  it('shows an error when the microphone is not allowed', async () => {
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
    })
    await page.goto(server.url)
    await button('Call').click()
    await isShown('Allow the microphone beside the address of this page, then call again.')
    expect(await page.getByRole('status').textContent()).toBe('Not connected')
  })

  it('rejects requests of other sites and without sec-fetch-site', async () => {
    const ask = (path: string, from?: string) =>
      fetch(new URL(path, server.url), { method: 'POST', headers: from ? { 'sec-fetch-site': from } : {} })
    for (const from of ['cross-site', 'same-site', undefined]) {
      expect((await ask('client-secret', from)).status).toBe(403)
      expect((await ask('calls/rtc_1', from)).status).toBe(403)
    }
    expect((await ask('calls/rtc_none', 'same-origin')).status).toBe(502)
    expect((await ask('calls/../client-secret', 'same-origin')).status).toBe(200)
    expect((await ask('calls/%2e%2e', 'same-origin')).status).toBe(404)
  })

  it('does not start in production without an API key', async () => {
    await expect(
      output('npm', ['start', '--silent'], { cwd: app.folder, env: { NODE_ENV: 'production', OPENAI_API_KEY: '' } }),
    ).rejects.toThrow('Set OPENAI_API_KEY: production has no emulator.')
  })

  it.each([
    ['light', 375],
    ['dark', 1_280],
  ] as const)('is accessible in a %s color scheme at %i pixels', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 720 })
    await page.goto(server.url)
    await button('Mute').click()
    await button('Call').click()
    await isShown('Agent: Harbour Coffee. How can I help?')
    await page.getByRole('alert').evaluate((element) => {
      element.textContent = 'Allow the microphone beside the address of this page, then call again.'
    })
    const problems = [...(await page.evaluate(nameProblems)), ...(await page.evaluate(contrastProblems))]
    expect(problems.filter((problem) => problem !== 'expected exactly one aside')).toEqual([])
    const size = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.scrollHeight,
    ])
    expect(size).toEqual([width, 720])
    if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/template-${width}.png` })
    const order: (string | undefined)[] = []
    await page.locator('h1').click()
    for (let presses = 0; presses < 5; presses++) {
      await page.keyboard.press('Tab')
      order.push(await page.evaluate(() => document.activeElement?.id))
    }
    expect(order).toEqual(['captions', 'microphone', 'call', 'mute', 'interrupt'])
  })
})
