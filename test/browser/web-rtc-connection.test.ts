import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { joined, silentSamples, vowel } from '../support/speech.js'
import { udpRelay } from '../support/udp-relay.js'
import { apiKey, type CallSite, openCallSite } from './support/call-site.js'
import { type LaunchedBrowser, launchChromium } from './support/chromium.js'
import type { BeginOptions } from './support/web-rtc-page.js'

const packed = inject('packed')
/** Speech and a pause for the response, which the fake microphone repeats. */
const spoken = joined(silentSamples(800, 48_000), vowel(1_200, 48_000), silentSamples(3_500, 48_000))

let launched: LaunchedBrowser
let site: CallSite
let page: Page

beforeAll(async () => {
  launched = await launchChromium({ audio: spoken, sampleRate: 48_000 }, { autoplay: 'at once' })
  site = await openCallSite(packed)
}, 270_000)

afterAll(async () => {
  await launched?.close()
  await site?.close()
})

beforeEach(async () => {
  page = await site.open(launched.browser)
})

afterEach(async () => {
  await page.evaluate(() => window.calls.end())
  await page.close()
  await vi.waitFor(() => expect(site.emulator.sessionCount).toBe(0), { timeout: 20_000 })
  expect(site.pageErrors.splice(0)).toEqual([])
})

const begin = (options: Omit<BeginOptions, 'baseUrl'> = {}) =>
  page.evaluate((given) => window.calls.begin(given), { baseUrl: site.server.httpUrl, ...options })
const isClosed = (of = page) =>
  of.waitForFunction(() => window.calls.closes().length > 0, undefined, { timeout: 60_000 })

describe('a WebRTC connection in Chromium', { timeout: 180_000 }, () => {
  // With several ICE candidate pairs, a browser sometimes switches to another pair early in a call. One call would rarely show that.
  it('open: succeeds twelve times in a row', async () => {
    for (let count = 0; count < 12; count++) {
      expect(await begin({ microphone: 'muted' })).toMatchObject({ state: 'open' })
      await page.evaluate(() => window.calls.end())
    }
  })

  it('closes on both sides when the network drops all packets', async () => {
    const relay = await udpRelay({ delayMs: 20 })
    try {
      await page.route('**/realtime/calls', async (route) => {
        const response = await route.fetch()
        await route.fulfill({ response, body: relay.lead(await response.text()) })
      })
      await begin()
      relay.lose(1)
      await isClosed()
      expect(await page.evaluate(() => window.calls.closes())).toMatchObject([{ code: 1006, wasClean: false }])
      await vi.waitFor(() => expect(site.emulator.sessionCount).toBe(0), { timeout: 40_000 })
    } finally {
      await relay.close()
    }
  })

  it('closes with 1000 when the server closes its peer connection', async () => {
    const other = await openCallSite(packed, {}, { hangUpBy: 'peer-connection' })
    const otherPage = await other.open(launched.browser)
    try {
      const baseUrl = other.server.httpUrl
      const { callId } = await otherPage.evaluate((given) => window.calls.begin(given), { baseUrl })
      await fetch(`${baseUrl}/realtime/calls/${callId}/hangup`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}` },
      })
      await isClosed(otherPage)
      expect(await otherPage.evaluate(() => window.calls.closes())).toEqual([
        { code: 1000, reason: '', wasClean: true },
      ])
      await otherPage.evaluate(() => window.calls.end())
    } finally {
      await otherPage.close()
      await other.close()
    }
  })

  it('closes with 1000 when the call is hung up by the API', async () => {
    const { callId } = await begin()
    const answered = await fetch(`${site.server.httpUrl}/realtime/calls/${callId}/hangup`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}` },
    })
    expect(answered.status).toBe(200)
    await isClosed()
    expect(await page.evaluate(() => window.calls.closes())).toEqual([{ code: 1000, reason: '', wasClean: true }])
  })
})
