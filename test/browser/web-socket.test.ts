import type { IncomingHttpHeaders } from 'node:http'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { createEmulator, type Emulator } from 'realtime-primitives/testing'
import { type EmulatorServer, serve } from 'realtime-primitives/testing/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { findChromium } from '../../scripts/chromium.mjs'
import { bundle } from '../package/support/bundle.js'
import { type PageServer, servePage } from './support/page-server.js'

const packed = inject('packed')
const apiKey = 'sk-standard'
const timeout = 90_000

let browser: Browser
let emulator: Emulator
let server: EmulatorServer
let site: PageServer
let page: Page
let openSocket: string[]
let handshakes: IncomingHttpHeaders[]
let pageErrors: string[]

beforeAll(async () => {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('Chromium was not found. Install it, or set CHROMIUM_PATH to its path.')
  browser = await chromium.launch({
    executablePath,
    headless: true,
    timeout: 120_000,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync'],
    ],
  })
  emulator = createEmulator({ apiKey, pace: Number.POSITIVE_INFINITY, latencyMs: 0 })
  server = await serve(emulator, {
    refuseUpgrade({ headers }) {
      handshakes.push(headers)
      return undefined
    },
  })
  const entry = fileURLToPath(new URL('support/page.ts', import.meta.url))
  const { code, inputs } = await bundle(packed, { entryPoints: [entry] })
  openSocket = inputs.filter((path) => /open-socket\/(node|web|workerd)\.js$/.test(path))
  site = await servePage({ script: code, apiUrl: server.httpUrl, apiKey })
}, 270_000)

afterAll(async () => {
  await browser?.close()
  await site?.close()
  await server?.close()
})

beforeEach(async () => {
  handshakes = []
  pageErrors = []
  page = await browser.newPage()
  page.setDefaultTimeout(timeout)
  page.on('console', (message) => pageErrors.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => pageErrors.push(error.message))
  await page.goto(site.url, { timeout })
  await page.waitForFunction(() => 'library' in window)
})

afterEach(async () => {
  await page.close()
  expect(pageErrors).toEqual([])
})

/** Returns a client secret that the server of the page has created. */
function freshKey(): Promise<string> {
  return page.evaluate(async () => (await fetch('/key')).text())
}

describe('webSocket in Chromium, under a policy without eval', { timeout }, () => {
  it('bundles the implementation for browsers', () => {
    expect(openSocket).toEqual([expect.stringMatching(/open-socket\/web\.js$/)])
  })

  it('returns an echoed turn sample for sample', async () => {
    const key = await freshKey()
    const turn = await page.evaluate(([url, ek]) => window.library.speak(url, ek), [server.url, key] as const)
    expect(turn.status).toBe('completed')
    expect(turn.transcript).not.toBe('')
    const [startMs, endMs] = turn.speechMs
    // The speech lasts from 400 to 1,600 ms. The turn includes padding before it and the silence that ends it.
    expect(startMs).toBeLessThanOrEqual(400)
    expect(endMs).toBeGreaterThanOrEqual(1_600)
    expect(turn.echoFromMs).toBe(startMs)
    expect(turn.echoMs).toBe(endMs - startMs)
    expect(emulator.sessionCount).toBe(0)
  })

  it('streams a text response, and closes cleanly', async () => {
    const key = await freshKey()
    const turn = await page.evaluate(([url, ek]) => window.library.write(url, ek), [server.url, key] as const)
    expect(turn).toEqual({ text: expect.stringMatching(/\w/), status: 'completed', state: 'closed' })
    expect(emulator.sessionCount).toBe(0)
  })

  it('sends a client secret as a subprotocol and in no header', async () => {
    const key = await freshKey()
    expect(key).toMatch(/^ek_/)
    const options = { baseUrl: server.url, apiKey: key }
    expect(await page.evaluate((given) => window.library.open(given), options)).toMatchObject({ code: 'OPENED' })
    expect(handshakes).toHaveLength(1)
    expect(handshakes[0]?.authorization).toBeUndefined()
    expect(handshakes[0]?.['sec-websocket-protocol']).toBe(`realtime, openai-insecure-api-key.${key}`)
  })

  it('rejects a standard key with KEY_EXPOSED before it opens a socket', async () => {
    const sockets: string[] = []
    page.on('websocket', (socket) => sockets.push(socket.url()))
    const refused = await page.evaluate((options) => window.library.open(options), { baseUrl: server.url, apiKey })
    expect(refused).toMatchObject({ code: 'KEY_EXPOSED', state: 'closed' })
    expect(refused.message).not.toContain(apiKey)
    expect({ sockets, handshakes }).toEqual({ sockets: [], handshakes: [] })
  })

  it('rejects headers with UNSUPPORTED_RUNTIME', async () => {
    const options = { baseUrl: server.url, apiKey: await freshKey(), headers: { 'x-trace': '1' } }
    const refused = await page.evaluate((given) => window.library.open(given), options)
    expect(refused).toMatchObject({ code: 'UNSUPPORTED_RUNTIME', state: 'closed' })
    expect(handshakes).toEqual([])
  })
})
