import { spawn } from 'node:child_process'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { type LaunchedBrowser, launchChromium } from '../browser/support/chromium.js'
import { contrastProblems } from '../browser/support/example-page.js'
import { joined, silentSamples, vowel } from '../support/speech.js'
import { type App, stage } from './support/stage.js'

let app: App
let browser: LaunchedBrowser
let server: { readonly url: string; log(): string; stop(): Promise<void> }
let page: Page
let pageErrors: string[]

/** Starts the server of the example on the emulators. */
async function start(): Promise<typeof server> {
  const { OPENAI_API_KEY: _, ...env } = process.env
  const child = spawn(process.execPath, ['--import', 'tsx', 'server.ts'], {
    cwd: app.folder,
    env: { ...env, PORT: '0' },
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += data))
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const url = await vi.waitFor(() => /http:\S+/.exec(log)?.[0] ?? expect.fail(log), { timeout: 60_000 })
  return {
    url,
    log: () => log,
    async stop() {
      child.kill()
      await exited
    },
  }
}

beforeAll(async () => {
  app = await stage(inject('packed'), 'production-agent')
  const audio = joined(silentSamples(3_000), vowel(1_200), silentSamples(4_000))
  const started = await Promise.all([start(), launchChromium({ audio, sampleRate: 24_000 })])
  server = started[0]
  browser = started[1]
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await server?.stop()
  await app?.remove()
})

beforeEach(async () => {
  pageErrors = []
  page = await browser.browser.newPage()
  page.setDefaultTimeout(45_000)
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) pageErrors.push(message.text())
  })
  page.on('pageerror', (error) => pageErrors.push(error.message))
})

afterEach(async () => {
  await page.close()
})

describe('the production agent', { timeout: 90_000 }, () => {
  it('shows the conversation and the events, and refuses a handoff of a caller who is not verified', async () => {
    await page.goto(server.url)
    await page.getByRole('button', { name: 'Call' }).click()
    const captions = page.locator('#captions')
    await captions.getByText('Harbour Snowboards. What can I do for you?').waitFor()
    await captions.getByText('I want to send my board back.').waitFor()
    await page.locator('#events').getByText('Handoff to returns refused: VETOED').waitFor()
    await captions.getByText('Tell me your customer number').waitFor()
    await page.locator('#events').getByText('The caller is verified').waitFor()
    await page.locator('#events').getByText('front_desk → returns').waitFor()
    await page.getByRole('button', { name: 'Hang up' }).click()
    await page.getByRole('status').getByText('Not connected').waitFor()
    expect(server.log()).not.toMatch(/sk-|ek_|send my board/)
    expect(pageErrors.filter((text) => !text.includes('CLOSING or CLOSED'))).toEqual([])
  })

  it('has a server that answers its own page only', async () => {
    const ask = (path: string, site: string, body = '{}') =>
      fetch(new URL(path, server.url), { method: 'POST', headers: { 'sec-fetch-site': site }, body })
    for (const path of ['client-secret', 'verify', 'orders', 'returns', 'supervisor'])
      expect((await ask(path, 'cross-site')).status).toBe(403)
    expect((await ask('verify', 'same-origin', '[1]')).status).toBe(400)
    expect((await ask('constructor', 'same-origin')).status).toBe(404)
    const wrong = await ask('verify', 'same-origin', '{"customerNumber":"4711","birthDate":"1999-01-01"}')
    expect(await wrong.json()).toEqual({ customerId: null })
    const question = '{"customerId":"4711","question":"May A1 go back?","transcript":""}'
    expect(await (await ask('supervisor', 'same-origin', question)).json()).toEqual({ answer: 'Yes. Offer a label.' })
  })

  it('fits a telephone and a desk, in both color schemes', async () => {
    await page.goto(server.url)
    for (const width of [375, 1280])
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: 720 })
        await page.emulateMedia({ colorScheme })
        expect(await page.evaluate(contrastProblems)).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
      }
  })
})
