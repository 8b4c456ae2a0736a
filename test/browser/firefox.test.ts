import { fileURLToPath } from 'node:url'
import { type Browser, firefox } from 'playwright-core'
import { createEmulator } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { findFirefox } from '../../scripts/firefox.mjs'
import { bundle } from '../package/support/bundle.js'
import { skipped } from '../support/shared.js'
import { apiKey, openCallSite } from './support/call-site.js'
import { servePage } from './support/page-server.js'

const packed = inject('packed')
const executablePath = findFirefox()

if (executablePath === undefined)
  skipped(
    'Firefox: microphone, speaker, and calls work',
    'Firefox is not installed: install it, or set FIREFOX_PATH to its executable',
  )

// A running AudioContext is tested in Chromium only: without an output device, Firefox starts none.
describe.runIf(executablePath)('Firefox', { timeout: 180_000 }, () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await firefox.launch({
      executablePath: String(executablePath),
      channel: 'moz-firefox',
      headless: true,
      timeout: 120_000,
      firefoxUserPrefs: {
        'media.navigator.streams.fake': true,
        'media.navigator.permission.disabled': true,
        'media.peerconnection.ice.loopback': true,
        'media.peerconnection.ice.obfuscate_host_addresses': false,
        'media.autoplay.default': 0,
      },
    })
  }, 270_000)

  afterAll(() => browser?.close())

  it('webSocket: returns an echoed turn sample for sample', async () => {
    const server = await serve(createEmulator({ apiKey, pace: Number.POSITIVE_INFINITY, latencyMs: 0 }))
    const { code } = await bundle(packed, {
      entryPoints: [fileURLToPath(new URL('support/page.ts', import.meta.url))],
    })
    const site = await servePage({ script: code, apiUrl: server.httpUrl, apiKey })
    try {
      const page = await browser.newPage()
      await page.goto(site.url)
      await page.waitForFunction(() => 'library' in window)
      const key = await page.evaluate(async () => (await fetch('/key')).text())
      const turn = await page.evaluate(([url, ek]) => window.library.speak(url, ek), [server.url, key] as const)
      const [startMs, endMs] = turn.speechMs
      expect(turn).toMatchObject({ status: 'completed', echoFromMs: startMs, echoMs: endMs - startMs })
      await page.close()
    } finally {
      await site.close()
      await server.close()
    }
  })

  it('webRTC: carries audio in both directions, and emits close', async () => {
    let receivedPeak = 0
    const site = await openCallSite(packed, {
      voice(_text, { audio }) {
        for (const sample of audio?.pcm ?? []) receivedPeak = Math.max(receivedPeak, Math.abs(sample))
        return audio?.pcm ?? new Int16Array(0)
      },
    })
    try {
      const page = await site.open(browser)
      const options = { baseUrl: site.server.httpUrl, turns: 'page' } as const
      expect(await page.evaluate((given) => window.calls.begin(given), options)).toEqual({
        callId: expect.stringMatching(/^rtc_/),
        state: 'open',
      })
      await page.evaluate(() => window.calls.takeTurn(2_000))
      const types = (await page.evaluate(() => window.calls.events())).map(({ type }) => type)
      expect(types).not.toContain('error')
      for (const type of ['output_audio_buffer.started', 'response.done', 'output_audio_buffer.stopped'])
        expect(types).toContain(type)
      // The fake microphone of Firefox sends a tone.
      expect(receivedPeak).toBeGreaterThan(500)
      expect(await page.evaluate(() => window.calls.receivesAudio())).toBe(true)
      await page.evaluate(() => window.calls.end())
      expect(await page.evaluate(() => window.calls.closes())).toEqual([{ code: 1000, reason: '', wasClean: true }])
      expect(site.pageErrors).toEqual([])
      await page.close()
    } finally {
      await site.close()
    }
  })
})
