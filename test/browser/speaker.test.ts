import type { Page } from 'playwright-core'
import { reply, silence } from 'realtime-primitives/testing'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { certified } from '../support/certify.js'
import { type LaunchedBrowser, launchChromium } from './support/chromium.js'
import { findMatch } from './support/correlation.js'
import { repeatMeasurement } from './support/repeat-measurement.js'
import { openSoundSite, type SoundSite, speaker, spoken, unpack } from './support/sound-site.js'

const packed = inject('packed')
const timeout = 180_000
const longAnswer = Int16Array.from(
  { length: 20 * 24_000 },
  (_, index) => 8_000 * Math.sin((2 * Math.PI * 330 * index) / 24_000),
)

let site: SoundSite
/** A site whose emulator sends a response of 20 seconds. */
let talking: SoundSite
let launched: LaunchedBrowser
let page: Page

beforeAll(async () => {
  site = await openSoundSite(packed)
  talking = await openSoundSite(packed, {
    script: ({ index }) => (index % 2 === 0 ? reply('A long story.', { audio: longAnswer }) : silence()),
  })
  launched = await launchChromium(speaker(1_000, 700))
}, 270_000)

afterAll(async () => {
  await launched?.close()
  await site?.close()
  await talking?.close()
})

afterEach(() => page?.close())

describe('createSpeaker in Chromium', { timeout }, () => {
  it('is locked until a user gesture, then plays the audio that was enqueued', async () => {
    // `page.evaluate()` counts as a user gesture, so the page starts the speaker itself.
    const { untouched, state } = await site.openUntouched(launched)
    page = untouched
    expect(state).toBe('locked')
    const played = page.evaluate(() => window.audio.playTone())
    await page.mouse.click(10, 10)
    const { ms, states } = await played
    expect(ms).toBeCloseTo(500, 0)
    expect(states).toEqual(['starting', 'locked', 'running'])
  })

  it('start: loads workletUrl under a policy without blob:, and rejects with WORKLET_FAILED otherwise', async () => {
    page = await site.open(launched, { site: 'strict' })
    expect(await page.evaluate(() => window.audio.startSpeaker())).toBe('WORKLET_FAILED')
    await page.mouse.click(10, 10)
    expect(await page.evaluate(() => window.audio.startSpeaker('/worklet.js'))).toMatch(/running|locked/)
    const { ms } = await page.evaluate(() => window.audio.playTone())
    expect(ms).toBeCloseTo(500, 0)
  })

  it('setDevice: switches the output, and rejects with NO_DEVICE for an unknown one', async () => {
    page = await site.open(launched)
    await page.mouse.click(10, 10)
    const choice = await page.evaluate(() => window.audio.chooseOutput())
    expect(choice).toEqual({ isSelectable: true, known: 'CHANGED', unknown: 'NO_DEVICE' })
  })
})

describe('microphone, session, and speaker over a WebSocket in Chromium', { timeout }, () => {
  it.each([
    [44_100, 'audio/pcm', 0.98],
    [48_000, 'audio/pcmu', 0.98],
    ...certified([48_000, 'audio/pcm', 0.98] as const),
  ] as const)('play an echoed turn unchanged on hardware of %i Hz with %s', (contextRate, format, least) =>
    repeatMeasurement(async () => {
      await page?.close()
      page = await site.open(launched)
      await page.mouse.click(10, 10)
      const request = { baseUrl: site.wsUrl, apiKey: await site.freshKey(page), contextRate, format, connectAfterMs: 0 }
      const turn = await page.evaluate((given) => window.audio.converse(given), request)
      expect(turn).toMatchObject({ status: 'completed', stalls: 0, states: ['stopped', 'stopped'] })
      const vowel = spoken(700)
      expect(findMatch(unpack(turn.sent), vowel).correlation).toBeGreaterThan(least)
      expect(findMatch(unpack(turn.played), spoken(700, contextRate)).correlation).toBeGreaterThan(least)
      const { playedMs = 0, receivedMs = 0 } = turn.progress ?? {}
      expect(receivedMs).toBeGreaterThan(700)
      expect(Math.abs(playedMs - receivedMs)).toBeLessThanOrEqual(1)
    }),
  )

  it('send the audio captured before the session was open', () =>
    repeatMeasurement(async () => {
      await page?.close()
      page = await site.open(launched)
      await page.mouse.click(10, 10)
      // The first vowel lasts from 1,000 to 1,700 ms. The session connects after 2,000 ms.
      const apiKey = await site.freshKey(page)
      const request = { baseUrl: site.wsUrl, apiKey, contextRate: 48_000, connectAfterMs: 2_000 }
      const turn = await page.evaluate((given) => window.audio.converse(given), request)
      expect(turn.waited).toBeGreaterThan(80)
      expect(turn.status).toBe('completed')
      const vowel = spoken(700)
      const { at } = findMatch(unpack(turn.sent), vowel)
      expect(at / 24 / 20).toBeLessThan(turn.waited)
      expect(findMatch(unpack(turn.played), spoken(700, 48_000)).correlation).toBeGreaterThan(0.98)
    }))

  it('stop playback on an interruption, and report the played time to 50 ms', () =>
    repeatMeasurement(async () => {
      await page?.close()
      page = await talking.open(launched)
      await page.mouse.click(10, 10)
      const contextRate = 48_000
      const request = { baseUrl: talking.wsUrl, apiKey: await talking.freshKey(page), contextRate }
      const turn = await page.evaluate((given) => window.audio.bargeIn(given), request)
      const samples = unpack(turn.played)
      const first = samples.findIndex((sample) => sample !== 0)
      const last = samples.findLastIndex((sample) => sample !== 0)
      const renderedMs = ((last - first) * 1_000) / contextRate
      expect(renderedMs).toBeGreaterThan(300)
      expect(Math.abs(renderedMs - turn.latencyMs - (turn.playedMs ?? 0))).toBeLessThan(50)
      expect(turn.truncatedMs).toBe(turn.playedMs)
      expect(turn.isPlaying).toBe(false)
    }))

  it('continue in a hidden tab', () =>
    repeatMeasurement(async () => {
      await page?.close()
      page = await site.open(launched, { visibility: 'hidden' })
      await page.mouse.click(10, 10)
      const request = { baseUrl: site.wsUrl, apiKey: await site.freshKey(page), contextRate: 48_000 }
      const turn = await page.evaluate((given) => window.audio.converse(given), request)
      expect(turn).toMatchObject({ status: 'completed', stalls: 0 })
      expect(findMatch(unpack(turn.played), spoken(700, 48_000)).correlation).toBeGreaterThan(0.98)
    }))
})
