import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { createEmulator, call as functionCall, reply } from 'realtime-primitives/testing'
import { type EmulatorServer, serve } from 'realtime-primitives/testing/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import { type LaunchedBrowser, launchChromium } from '../browser/support/chromium.js'
import { contrastProblems } from '../browser/support/example-page.js'
import { root } from '../package/support/pack.js'
import { output } from '../package/support/run.js'
import { itCertifies } from '../support/certify.js'
import { joined, silentSamples, vowel } from '../support/speech.js'
import { type App, stage } from './support/stage.js'

declare global {
  interface Window {
    /** All microphone tracks that the page has received. */
    microphones: MediaStreamTrack[]
    next: { readonly router: { push(path: string): void } }
  }
}

const patience = { timeout: 60_000 }
const apiKey = 'sk-only-the-server-knows'
const pickupSecret = 'only the server knows this, too'
const next = join(root, 'node_modules', 'next', 'dist', 'bin', 'next')
const twentySeconds = Int16Array.from(
  { length: 480_000 },
  (_, at) => 6_000 * Math.sin((2 * Math.PI * 330 * at) / 24_000),
)

/** Returns the code of a parcel, as the server computes it with its secret. */
const codeOf = (parcel: string) => {
  const digits = createHmac('sha256', pickupSecret).update(parcel).digest().readUInt32BE() % 10_000
  return String(digits).padStart(4, '0')
}

/** The emulator that the example with a key connects to. */
const service = createEmulator({
  apiKey,
  hear: () => 'What is the code for parcel B2002?',
  script: ({ input, text }) =>
    input.at(-1)?.type === 'function_call_output'
      ? reply(`It is ${JSON.parse(text).code}.`, { audio: twentySeconds })
      : functionCall('pickup_code', { parcel: 'B2002' }),
})

let app: App
let browser: LaunchedBrowser
let serviceServer: EmulatorServer
let page: Page
let pageErrors: string[]
/** The example with an API key of {@link service}, and without an API key. */
let keyed: Next
let keyless: Next

interface Next {
  readonly url: string
  stop(): Promise<void>
}

/** Starts the example with `next start` or `next dev`. */
async function start(command: 'start' | 'dev', env: Readonly<Record<string, string>>): Promise<Next> {
  const { NODE_ENV: _, ...inherited } = process.env
  const child = spawn(process.execPath, [next, command, '-H', '127.0.0.1', '-p', '0'], {
    cwd: app.folder,
    env: { ...inherited, NEXT_TELEMETRY_DISABLED: '1', PICKUP_SECRET: pickupSecret, ...env } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  async function stop(): Promise<void> {
    child.kill()
    await ended
  }
  let log = ''
  return new Promise((resolve, reject) => {
    function onOutput(chunk: Buffer): void {
      log += chunk
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(log) ?? []
      if (url && log.includes('Ready')) resolve({ url: `${url}/`, stop })
    }
    child.stdout.on('data', onOutput)
    child.stderr.on('data', onOutput)
    ended.then(() => reject(new Error(`next ${command} exited\n${log}`)))
  })
}

const withService = (key = apiKey) => ({ OPENAI_API_KEY: key, OPENAI_BASE_URL: serviceServer.httpUrl })

function watchMicrophones(): void {
  window.microphones = []
  const { mediaDevices } = navigator
  const ask = mediaDevices.getUserMedia.bind(mediaDevices)
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await ask(constraints)
    window.microphones.push(...stream.getAudioTracks())
    return stream
  }
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    reportError(new Error(`policy: ${violatedDirective} ${blockedURI}`))
  })
}

const microphones = () => page.evaluate(() => window.microphones.map(({ readyState }) => readyState))
const isOpen = () => page.evaluate(() => window.microphones.map(({ enabled }) => enabled))
const button = (name: string) => page.getByRole('button', { name })
const statusIs = (text: string) => page.getByRole('status').getByText(text, { exact: true }).waitFor()
const allSessionsClosed = () => vi.waitFor(() => expect(service.sessionCount).toBe(0), patience)

async function call({ url }: Next): Promise<void> {
  await page.goto(url)
  await button('Call').click()
  await statusIs('Connected')
}

beforeAll(async () => {
  app = await stage(inject('packed'), 'voice-agent-nextjs')
  // Another page of the app, to navigate to.
  await mkdir(join(app.folder, 'app', 'elsewhere'))
  await writeFile(join(app.folder, 'app', 'elsewhere', 'page.tsx'), 'export default () => <h1>Elsewhere</h1>\n')
  await output(process.execPath, [next, 'build'], {
    cwd: app.folder,
    env: { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
    timeoutMs: 240_000,
  })
  serviceServer = await serve(service)
  const audio = joined(silentSamples(2_500), vowel(1_200), silentSamples(8_000))
  browser = await launchChromium({ audio, sampleRate: 24_000 })
  keyed = await start('start', withService())
  keyless = await start('start', { OPENAI_API_KEY: '' })
}, 450_000)

afterAll(async () => {
  await browser?.close()
  await keyed?.stop()
  await keyless?.stop()
  await serviceServer?.close()
  await app?.remove()
})

beforeEach(async () => {
  pageErrors = []
  page = await browser.browser.newPage()
  page.setDefaultTimeout(patience.timeout)
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) pageErrors.push(message.text())
  })
  page.on('pageerror', (error) => pageErrors.push(error.message))
  await page.addInitScript(watchMicrophones)
})

afterEach(async () => {
  await page.close()
  expect(service.sessionCount).toBe(0)
})

describe('the Next.js build', () => {
  it('contains no server code and no emulator in the client bundle', async () => {
    const folder = join(app.folder, '.next', 'static')
    const names = await readdir(folder, { recursive: true })
    const files = await Promise.all(
      names.filter((name) => name.endsWith('.js')).map((name) => readFile(join(folder, name), 'utf8')),
    )
    const all = files.join()
    expect(all).toContain('pickup_code')
    for (const secret of ['createHmac', 'PICKUP_SECRET', 'OPENAI_API_KEY', 'sk-only', 'You hand out parcels', 'werift'])
      expect(all).not.toContain(secret)
  })
})

describe('a call from the Next.js example', { timeout: 180_000 }, () => {
  it('works without an API key: runs the tool on the server and shows captions of both sides', async () => {
    await page.goto(keyless.url)
    await page.getByText('The emulator answers.').waitFor()
    await button('Call').press('Enter')
    const captions = page.getByRole('region', { name: 'Captions' }).getByRole('listitem')
    await captions.getByText(`The code is ${codeOf('A1001')}.`).waitFor()
    await captions.getByText('What is the code for parcel A1001?').waitFor()
    // The live region for screen readers has the same text.
    await page
      .getByRole('log')
      .getByText(`Desk: The code is ${codeOf('A1001')}.`)
      .waitFor()
    await button('Hang up').press('Enter')
    await statusIs('Not connected')
    expect(await microphones()).toEqual(['ended'])
    expect(pageErrors).toEqual([])
  })

  itCertifies('uses a WebSocket when the browser has no WebRTC', async () => {
    await page.addInitScript(() => Reflect.deleteProperty(window, 'RTCPeerConnection'))
    const before = serviceServer.attempts
    await call(keyed)
    expect(serviceServer.attempts).toBe(before + 1)
    await page.getByText(`It is ${codeOf('B2002')}.`, { exact: true }).waitFor()
    await page.getByText('The desk is speaking').waitFor()
    await button('Interrupt').click()
    await page.getByText('cut off').waitFor()
    await button('Hang up').click()
    await allSessionsClosed()
    expect(pageErrors).toEqual([])
  })

  it('can be muted before and during the call, and interrupted', async () => {
    await page.goto(keyed.url)
    await button('Mute').click()
    await button('Call').click()
    await statusIs('Connected')
    expect(await isOpen()).toEqual([false])
    expect(await button('Mute').getAttribute('aria-pressed')).toBe('true')
    await button('Mute').click()
    await expect.poll(isOpen, { timeout: 20_000 }).toEqual([true])
    await page.reload()
    await allSessionsClosed()

    await call(keyed)
    await page.getByText('The desk is speaking').waitFor()
    await button('Interrupt').click()
    await page.getByText('cut off').waitFor()
    await button('Hang up').click()
    await allSessionsClosed()
    expect(pageErrors).toEqual([])
  })

  it('closes when the user navigates within the app or to another page', async () => {
    await call(keyed)
    expect(service.sessionCount).toBe(1)
    await page.evaluate(() => window.next.router.push('/elsewhere'))
    await page.getByRole('heading', { name: 'Elsewhere' }).waitFor()
    await allSessionsClosed()
    expect(await microphones()).toEqual(['ended'])

    await call(keyed)
    expect(service.sessionCount).toBe(1)
    await page.goto(keyless.url)
    await allSessionsClosed()
    expect(pageErrors).toEqual([])
  })

  itCertifies('opens one session and one microphone in Strict Mode and after a hot reload', async () => {
    const dev = await start('dev', withService())
    onTestFinished(dev.stop)
    await call(dev)
    expect(await microphones()).toEqual(['live'])
    expect(service.sessionCount).toBe(1)

    const file = join(app.folder, 'voice', 'conversation.tsx')
    const source = await readFile(file, 'utf8')
    await writeFile(file, source.replace('>Mute<', '>Be quiet<').replace(/^(\s+)Mute$/m, '$1Be quiet'))
    await button('Be quiet').waitFor()
    const live = (await microphones()).filter((state) => state === 'live')
    await vi.waitFor(() => expect(service.sessionCount).toBe(live.length), patience)
    expect(live.length).toBeLessThanOrEqual(1)

    await page.goto(keyless.url)
    await allSessionsClosed()
  })
})

describe('a failure in the Next.js example', { timeout: 180_000 }, () => {
  itCertifies('shows an error when the server gets no client secret', async () => {
    const revoked = await start('start', withService('sk-revoked'))
    onTestFinished(revoked.stop)
    await page.goto(revoked.url)
    await button('Call').click()
    await page.getByRole('alert').getByText('The server got no key for this conversation').waitFor()
    await statusIs('Not connected')
    expect(await microphones()).toEqual(['ended'])
    expect(pageErrors.filter((words) => !words.includes('502'))).toEqual([])
  })

  it('shows an error when the microphone is not allowed, and rejects requests of other sites', async () => {
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = async () => {
        throw new DOMException('no', 'NotAllowedError')
      }
    })
    await page.goto(keyed.url)
    await button('Call').click()
    await page.getByRole('alert').getByText('Allow it beside the address, then call again.').waitFor()
    await statusIs('Not connected')

    const answer = await fetch(`${keyed.url}client-secret`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    expect(answer.status).toBe(403)
    const query = await fetch(`${keyed.url}pickup-code`, { method: 'POST', body: '{"parcel":"../A1"}' })
    expect([query.status, await query.json()]).toEqual([400, { problem: 'This is no parcel.' }])
    expect(pageErrors).toEqual([])
  })
})

describe('the page of the Next.js example', () => {
  it('fits 375 and 1280 pixels, with enough contrast in light and dark color schemes', async () => {
    for (const width of [375, 1280])
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: 720 })
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.goto(keyless.url)
        await button('Call').waitFor()
        expect(await page.evaluate(contrastProblems)).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
      }
    expect(pageErrors).toEqual([])
  })
})
