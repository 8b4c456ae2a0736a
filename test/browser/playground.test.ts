import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { readWav } from 'realtime-primitives/audio'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { buildPlayground } from '../../scripts/site/playground.js'
import { certified } from '../support/certify.js'
import { joined, silentSamples } from '../support/speech.js'
import { type LaunchedBrowser, launchChromium } from './support/chromium.js'
import { contrastProblems, nameProblems } from './support/example-page.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript' }

let folder: string
let server: Server
let chromium: LaunchedBrowser
let page: Page
let pageErrors: string[]
let requests: string[]

/** Returns a sentence with pauses, which the fake microphone repeats. */
function speech() {
  const { channels, sampleRate } = readWav(readFileSync(join(root, 'examples/node-websocket-cli/speech.wav')))
  const [samples = new Float32Array()] = channels
  const sentence = Int16Array.from(samples.subarray(3.1 * sampleRate, 5.3 * sampleRate), (sample) =>
    Math.round(sample * 32_767),
  )
  return { audio: joined(silentSamples(500, sampleRate), sentence, silentSamples(4_000, sampleRate)), sampleRate }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'playground-'))
  await buildPlayground(root, join(folder, 'docs', 'playground'))
  // A static server with the site in a subfolder.
  server = createServer(async ({ url = '/' }, response) => {
    requests.push(url)
    const body = await readFile(join(folder, url)).catch(() => undefined)
    response.writeHead(body ? 200 : 404, { 'content-type': types[extname(url)] ?? 'text/plain' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  chromium = await launchChromium(speech())
}, 360_000)

afterAll(async () => {
  await chromium?.close()
  server?.close()
  server?.closeAllConnections()
  if (folder) await rm(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  pageErrors = []
  requests = []
  page = await chromium.browser.newPage()
  page.setDefaultTimeout(90_000)
  page.on('console', (message) => pageErrors.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => pageErrors.push(error.message))
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      reportError(new Error(`policy: ${violatedDirective} ${blockedURI}`)),
    ),
  )
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/docs/playground/index.html`)
  await page.getByText('The emulator answers, inside this page').waitFor()
})

afterEach(async () => {
  await page.close()
  expect(pageErrors).toEqual([])
  const files = ['index.html', 'style.css', 'page.js', 'worklet.js'].map((name) => `/docs/playground/${name}`)
  expect(requests.filter((url) => !files.includes(url))).toEqual([])
})

const button = (name: string) => page.getByRole('button', { name })
const caption = (text: string | RegExp) => page.locator('.caption', { hasText: text }).first().waitFor()

async function connect(): Promise<void> {
  await button('Connect').click()
  await page.getByText('Connected', { exact: true }).waitFor()
}

async function write(text: string): Promise<void> {
  await page.getByLabel('Write instead of talking').fill(text)
  await button('Send').click()
}

it('playground: responds to the microphone with captions, events, latency, and usage, and sends no request', async () => {
  await connect()
  await caption(/seconds of speech/)
  await caption('This is your own voice.')
  await page.waitForFunction(() => /^\d+ ms$/.test(document.getElementById('latency-last')?.textContent ?? ''))
  await page.waitForFunction(() => Number(document.getElementById('usage-output-audio')?.textContent) > 0)
  const events = await page.locator('#events .type').allTextContents()
  expect(events).toEqual(expect.arrayContaining(['session.created', 'input_audio_buffer.speech_started']))
  await button('Hang up').click()
  await page.getByText('Not connected').waitFor()
}, 180_000)

it('playground: is interrupted by the button, and marks the caption', async () => {
  await page.getByRole('radio', { name: 'Push to talk' }).check()
  await connect()
  await write(
    'A text that is long enough to take the assistant several seconds, so that it can be interrupted. '.repeat(4),
  )
  await page.waitForFunction(() => (document.getElementById('speaker-meter') as HTMLMeterElement).value > -45)
  await page.locator('.caption:last-child[data-speaker=assistant] .words span:first-child:not(:empty)').waitFor()
  await button('Interrupt').click()
  await page.locator('.caption[data-status=cut]').waitFor()
  await page.getByText(/cut off at \d/).waitFor()
}, 180_000)

it('playground: calls tools that are written as JSON, saves a recording, and copies a program', async () => {
  await page.getByRole('radio', { name: 'Push to talk' }).check()
  await page.getByText('Agent, recording, and code').click()
  await page.getByLabel('Tools, as JSON').fill('[{ "name": "weather", "result": { "celsius": 21 } }]')
  await connect()
  await write('What is the weather like?')
  await caption('The tool returned {"celsius":21}.')
  const downloading = page.waitForEvent('download')
  await button('Save recording').click()
  const lines = readFileSync(await (await downloading).path(), 'utf8')
    .trim()
    .split('\n')
  const recorded = lines.map((line) => JSON.parse(line).event?.type)
  expect(recorded).toEqual(expect.arrayContaining(['session.update', 'response.function_call_arguments.done']))

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await button('Copy as code').click()
  await page.getByText('The code is in the clipboard.').waitFor()
  const code = await page.evaluate(() => navigator.clipboard.readText())
  expect(code).toContain("import { createSession, runTools, tool, webSocket } from 'realtime-primitives'")
  expect(code).toContain('name: "weather"')
}, 180_000)

it.each([['light', 1_280], ['dark', 375], ...certified(['dark', 1_280] as const, ['light', 375] as const)] as const)(
  'playground: has names, contrast, and no overflow in a %s color scheme at %i pixels',
  async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 800 })
    expect([...(await page.evaluate(nameProblems)), ...(await page.evaluate(contrastProblems))]).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  },
  120_000,
)
