import type { Page } from 'playwright-core'
import { resample, toFloat32, toInt16 } from 'realtime-primitives/audio'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { likeness } from '../conformance/emulator/web-rtc-client.js'
import { joined, murmur, silentSamples, vowel } from '../support/speech.js'
import { type CallSite, openCallSite } from './support/call-site.js'
import { type LaunchedBrowser, launchChromium } from './support/chromium.js'
import { repeatMeasurement } from './support/repeat-measurement.js'
import { countToneWindows } from './support/tone.js'
import type { BeginOptions } from './support/web-rtc-page.js'

const packed = inject('packed')
/** What the fake microphone says, again and again: words, and time to answer. */
const words = vowel(1_200, 48_000)
const spoken = joined(silentSamples(800, 48_000), words, silentSamples(3_500, 48_000))
const answer = murmur(9_000)
const shortAnswer = answer.subarray(0, 4_800)

let launched: LaunchedBrowser
let site: CallSite
let page: Page
/** What the server answers: the turn as it was said, nine seconds, or a fifth of a second. */
let answers: 'echo' | 'long' | 'short' = 'echo'
/** The audio of the last turn, as it arrived at the server: at 24 kHz. */
let received: Int16Array | undefined

beforeAll(async () => {
  launched = await launchChromium({ sound: spoken, sampleRate: 48_000 }, { autoplay: 'at once' })
  site = await openCallSite(packed, {
    voice(_text, { audio: sound }) {
      received = sound?.pcm
      if (answers === 'short') return shortAnswer
      return answers === 'long' || !sound ? answer : sound.pcm
    },
  })
}, 270_000)

afterAll(async () => {
  await launched?.close()
  await site?.close()
})

beforeEach(async () => {
  answers = 'echo'
  page = await site.open(launched.browser)
})

afterEach(async () => {
  await page.evaluate(() => window.calls.end())
  await page.close()
  await vi.waitFor(() => expect(site.emulator.sessionCount).toBe(0), { timeout: 20_000 })
  expect(site.complaints.splice(0)).toEqual([])
})

const begin = (options: Omit<BeginOptions, 'baseUrl'> = {}) =>
  page.evaluate((given) => window.calls.begin(given), { baseUrl: site.server.httpUrl, ...options })
const told = () => page.evaluate(() => window.calls.told())
const arrived = (type: string) =>
  page.waitForFunction((wanted) => window.calls.told().some((event) => event.type === wanted), type, {
    timeout: 40_000,
  })

/** From the first to the last loud sample, in milliseconds. */
function soundingMs(pcm: readonly number[]): number {
  const isLoud = (sample: number) => Math.abs(sample) > 600
  return (pcm.findLastIndex(isLoud) - pcm.findIndex(isLoud)) / 8
}

describe('webRTC in Chromium', { timeout: 180_000 }, () => {
  it('plays an echoed turn unchanged', async () => {
    expect(await begin()).toEqual({ callId: expect.stringMatching(/^rtc_/), state: 'open' })
    await arrived('output_audio_buffer.stopped')
    const said = toInt16(resample(toFloat32(words), 48_000, 8_000))
    // On a busy machine Chromium stretches and conceals what comes late. A quarter of a second without that is enough to compare, and the
    // microphone repeats its words until there is one.
    const pieces = [2_000, 3_000, 4_000, 5_000, 6_000].map((at) => said.subarray(at, at + 2_000))
    await vi.waitFor(
      async () => {
        const heard = Int16Array.from(await page.evaluate(() => window.calls.heard())).subarray(-80_000)
        expect(Math.max(...pieces.map((piece) => likeness(heard, piece).correlation))).toBeGreaterThan(0.98)
      },
      { timeout: 90_000, interval: 2_000 },
    )
    const types = (await told()).map(({ type }) => type)
    expect(types).not.toContain('error')
    expect(types).not.toContain('response.output_audio.delta')
    await page.evaluate(() => window.calls.end())
    expect(await page.evaluate(() => window.calls.closes())).toEqual([{ code: 1000, reason: '', wasClean: true }])
  })

  it('interruption: stops playback, and reports the played time to 50 ms', () =>
    repeatMeasurement(async () => {
      await page.evaluate(() => window.calls.end())
      answers = 'long'
      await begin()
      await arrived('conversation.item.truncated')
      await page.waitForTimeout(500)
      const keptMs = (await told()).find(({ type }) => type === 'conversation.item.truncated')?.audio_end_ms as number
      expect(keptMs).toBeGreaterThan(1_000)
      expect(keptMs).toBeLessThan(6_000)
      expect(await page.evaluate(() => window.calls.cuts())).toContain(keptMs)
      // What came late was drawn out by the browser, which says by how much.
      const stretchedMs = await page.evaluate(() => window.calls.stretchedMs())
      const soundedMs = soundingMs(await page.evaluate(() => window.calls.heard()))
      expect(Math.abs(soundedMs - stretchedMs - keptMs)).toBeLessThan(50)
      // The session cannot know sooner than the server tells, and says what it takes for likely.
      const [interruption] = await page.evaluate(() => window.calls.interruptions())
      expect(interruption?.by).toBe('caller')
      expect(Math.abs((interruption?.playedMs ?? 0) - keptMs)).toBeLessThan(150)
    }))

  it('replaceTrack: sends the audio of another device, and that of a track of the page', async () => {
    const hertz = 1_500
    const tone = Array.from({ length: 48_000 }, (_, index) => 0.3 * Math.sin((2 * Math.PI * hertz * index) / 48_000))
    answers = 'short'
    await begin({ turns: 'page' })
    // Measured where it arrives. What Chromium plays depends on its jitter buffer, and so on the load of the machine.
    const turn = async () => {
      await page.evaluate(() => window.calls.takeTurn(6_200))
      return countToneWindows(received ?? new Int16Array(0), 24_000, hertz)
    }
    expect(await page.evaluate(() => window.calls.changeDevice())).toEqual({
      ...{ before: 'ended', now: 'live', changed: true },
    })
    const device = await turn()
    expect(device.loud).toBeGreaterThan(0)
    expect(device.tonal).toBe(0)
    await page.evaluate((samples) => window.calls.speakWith(samples), tone)
    const track = await turn()
    expect(track.tonal).toBeGreaterThan(0)
    expect(track.tonal / track.loud).toBeGreaterThan(0.5)
  })

  it('mute: sends silence from the start of the call until unmute', async () => {
    await begin({ microphone: 'muted' })
    await page.waitForTimeout(6_000)
    expect((await told()).map(({ type }) => type)).not.toContain('input_audio_buffer.speech_started')
    await page.evaluate(() => window.calls.unmute())
    await arrived('input_audio_buffer.speech_started')
    await page.evaluate(() => window.calls.mute())
    await arrived('input_audio_buffer.speech_stopped')
  })
})
