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
/** A vowel. The fake microphone repeats it with a pause for the response. */
const words = vowel(1_200, 48_000)
const spoken = joined(silentSamples(800, 48_000), words, silentSamples(3_500, 48_000))
const answer = murmur(9_000)
const shortAnswer = answer.subarray(0, 4_800)

let launched: LaunchedBrowser
let site: CallSite
let page: Page
/** Audio of the responses: an echo of the turn, nine seconds, or a fifth of a second. */
let answers: 'echo' | 'long' | 'short' = 'echo'
/** Audio of the last turn that the server received, at 24 kHz. */
let turnAudio: Int16Array | undefined

beforeAll(async () => {
  launched = await launchChromium({ audio: spoken, sampleRate: 48_000 }, { autoplay: 'at once' })
  site = await openCallSite(packed, {
    voice(_text, { audio }) {
      turnAudio = audio?.pcm
      if (answers === 'short') return shortAnswer
      return answers === 'long' || !audio ? answer : audio.pcm
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
  expect(site.pageErrors.splice(0)).toEqual([])
})

const begin = (options: Omit<BeginOptions, 'baseUrl'> = {}) =>
  page.evaluate((given) => window.calls.begin(given), { baseUrl: site.server.httpUrl, ...options })
const events = () => page.evaluate(() => window.calls.events())
const waitForEvent = (type: string) =>
  page.waitForFunction((wanted) => window.calls.events().some((event) => event.type === wanted), type, {
    timeout: 40_000,
  })

/** Returns the time from the first to the last loud sample, in milliseconds. */
function audibleMs(pcm: readonly number[]): number {
  const isLoud = (sample: number) => Math.abs(sample) > 600
  return (pcm.findLastIndex(isLoud) - pcm.findIndex(isLoud)) / 8
}

describe('webRTC in Chromium', { timeout: 180_000 }, () => {
  it('plays an echoed turn unchanged', async () => {
    expect(await begin()).toEqual({ callId: expect.stringMatching(/^rtc_/), state: 'open' })
    await waitForEvent('output_audio_buffer.stopped')
    const original = toInt16(resample(toFloat32(words), 48_000, 8_000))
    // On a busy machine, Chromium stretches audio and conceals late packets. The microphone repeats the vowel until a quarter of a second arrives
    // unchanged.
    const pieces = [2_000, 3_000, 4_000, 5_000, 6_000].map((at) => original.subarray(at, at + 2_000))
    await vi.waitFor(
      async () => {
        const latest = Int16Array.from(await page.evaluate(() => window.calls.receivedSamples())).subarray(-80_000)
        expect(Math.max(...pieces.map((piece) => likeness(latest, piece).correlation))).toBeGreaterThan(0.98)
      },
      { timeout: 90_000, interval: 2_000 },
    )
    const types = (await events()).map(({ type }) => type)
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
      await waitForEvent('conversation.item.truncated')
      await page.waitForTimeout(500)
      const keptMs = (await events()).find(({ type }) => type === 'conversation.item.truncated')?.audio_end_ms as number
      expect(keptMs).toBeGreaterThan(1_000)
      expect(keptMs).toBeLessThan(6_000)
      expect(await page.evaluate(() => window.calls.truncations())).toContain(keptMs)
      // Chromium stretches late audio. Its statistics contain by how much.
      const stretchedMs = await page.evaluate(() => window.calls.stretchedMs())
      const renderedMs = audibleMs(await page.evaluate(() => window.calls.receivedSamples()))
      expect(Math.abs(renderedMs - stretchedMs - keptMs)).toBeLessThan(50)
      // `interrupted` is emitted before the server has reported the played time, so its value is an estimate.
      const [interruption] = await page.evaluate(() => window.calls.interruptions())
      expect(interruption?.by).toBe('caller')
      expect(Math.abs((interruption?.playedMs ?? 0) - keptMs)).toBeLessThan(150)
    }))

  it('replaceTrack: sends the audio of another device, and that of a track of the page', async () => {
    const hertz = 1_500
    const tone = Array.from({ length: 48_000 }, (_, index) => 0.3 * Math.sin((2 * Math.PI * hertz * index) / 48_000))
    answers = 'short'
    await begin({ turns: 'page' })
    // Measured at the server. What Chromium plays depends on its jitter buffer, and so on the load of the machine.
    const turn = async () => {
      await page.evaluate(() => window.calls.takeTurn(6_200))
      return countToneWindows(turnAudio ?? new Int16Array(0), 24_000, hertz)
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
    expect((await events()).map(({ type }) => type)).not.toContain('input_audio_buffer.speech_started')
    await page.evaluate(() => window.calls.unmute())
    await waitForEvent('input_audio_buffer.speech_started')
    await page.evaluate(() => window.calls.mute())
    await waitForEvent('input_audio_buffer.speech_stopped')
  })
})
