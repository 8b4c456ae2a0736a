import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { certified } from '../support/certify.js'
import { type LaunchedBrowser, launchChromium } from './support/chromium.js'
import { findMatch } from './support/correlation.js'
import { repeatMeasurement } from './support/repeat-measurement.js'
import { openSoundSite, type SoundSite, speaker, spoken, unpack } from './support/sound-site.js'

const packed = inject('packed')
const timeout = 120_000

let site: SoundSite
let launched: LaunchedBrowser
let page: Page

beforeAll(async () => {
  site = await openSoundSite(packed)
  launched = await launchChromium(speaker(500, 700))
}, 270_000)

afterAll(async () => {
  await launched?.close()
  await site?.close()
})

afterEach(() => page?.close())

describe('createMicrophone in Chromium', { timeout }, () => {
  it.each([undefined, 44_100, ...certified(48_000, 16_000)])(
    'emits frames of 20 ms at 24 kHz on hardware of %s Hz',
    (contextRate) =>
      repeatMeasurement(async () => {
        await page?.close()
        page = await site.open(launched)
        const request = { ms: 2_600, ...(contextRate && { contextRate }) }
        const captured = await page.evaluate((given) => window.audio.capture(given), request)
        expect(captured).toMatchObject({ code: 'CAPTURED', lengths: [480], state: 'running', trackState: 'ended' })
        expect(findMatch(unpack(captured.audio), spoken(700)).correlation).toBeGreaterThan(0.98)
      }),
  )

  it('mute: silences frames before start, after start, and on another device', async () => {
    page = await site.open(launched)
    const peaks = await page.evaluate(() => window.audio.muteAndUnmute(1_300))
    expect(peaks).toEqual({ before: 0, open: expect.any(Number), after: 0, onOtherDevice: 0 })
    expect(peaks.open).toBeGreaterThan(0.1)
  })

  it('setDevice: switches while capturing, and keeps the device when the new one does not exist', async () => {
    page = await site.open(launched)
    const change = await page.evaluate(() => window.audio.changeDevices())
    expect(change.ids.length).toBeGreaterThan(1)
    expect(change.used).toEqual(change.ids)
    for (const frames of change.framesPerDevice) expect(frames).toBeGreaterThan(5)
    expect(change).toMatchObject({ unknown: 'NO_DEVICE', stillCaptures: true, ended: 'ended' })
    expect(change.live).toEqual([...change.live.slice(1).map(() => 'ended'), 'live'])
  })

  it('stop: ends all tracks when called during start', async () => {
    page = await site.open(launched)
    const { code, open } = await page.evaluate(() => window.audio.stopWhileStarting())
    expect(code).toBe('STOPPED')
    expect(open).toEqual(['ended'])
  })

  it('start: rejects with PERMISSION_DENIED when the page may not use the microphone', async () => {
    page = await site.open(launched, { site: 'forbidden' })
    const { code, state } = await page.evaluate(() => window.audio.capture({ ms: 0 }))
    expect({ code, state }).toEqual({ code: 'PERMISSION_DENIED', state: 'idle' })
  })

  it('start: rejects with NO_DEVICE without a microphone', async () => {
    const bare = await launchChromium('none')
    try {
      page = await site.open(bare)
      const { code } = await page.evaluate(() => window.audio.capture({ ms: 0 }))
      expect(code).toBe('NO_DEVICE')
    } finally {
      await bare.close()
    }
  })

  it('start: loads workletUrl under a policy without blob:, and rejects with WORKLET_FAILED otherwise', async () => {
    page = await site.open(launched, { site: 'strict' })
    const inline = await page.evaluate(() => window.audio.capture({ ms: 0 }))
    expect(inline).toMatchObject({ code: 'WORKLET_FAILED', state: 'idle' })
    const fromFile = await page.evaluate(() => window.audio.capture({ ms: 300, workletUrl: '/worklet.js' }))
    expect(fromFile).toMatchObject({ code: 'CAPTURED', lengths: [480] })
    const missing = await page.evaluate(() => window.audio.capture({ ms: 0, workletUrl: '/nothing.js' }))
    expect(missing.code).toBe('WORKLET_FAILED')
  })
})
