import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { readWav, resample, toFloat32, toInt16 } from 'realtime-primitives/audio'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { likeness } from '../conformance/emulator/web-rtc-client.js'
import { itCertifies } from '../support/certify.js'
import { joined, silentSamples } from '../support/speech.js'
import { openCallSite } from './support/call-site.js'
import { type LaunchedBrowser, launchChromium } from './support/chromium.js'
import { repeatMeasurement } from './support/repeat-measurement.js'
import { openSoundSite, unpack } from './support/sound-site.js'

const packed = inject('packed')
const recording = fileURLToPath(new URL('../../examples/node-websocket-cli/speech.wav', import.meta.url))
/** Length of the first two sentences of the recording, in milliseconds. */
const spokenMs = 6_000

let launched: LaunchedBrowser
/** The spoken sentences at 8 kHz. */
let original: Int16Array

beforeAll(async () => {
  const { channels, sampleRate } = readWav(await readFile(recording))
  const speech = (channels[0] as Float32Array).subarray(0, (spokenMs * sampleRate) / 1_000)
  original = toInt16(resample(speech, sampleRate, 8_000))
  const samples = joined(
    silentSamples(1_500, 48_000),
    toInt16(resample(speech, sampleRate, 48_000)),
    silentSamples(12_000, 48_000),
  )
  launched = await launchChromium({ audio: samples, sampleRate: 48_000 }, { autoplay: 'at once' })
}, 270_000)

afterAll(() => launched?.close())

/** Returns the best correlation of a stretch with the received audio, both at 8 kHz. The position is searched in steps of 1/6 sample. */
function bestCorrelation(received: Int16Array, stretch: Int16Array): number {
  const probe = stretch.subarray(stretch.length - 4_000)
  const rough = likeness(received, probe).at - (stretch.length - 4_000)
  const margin = 80
  const fine = (pcm: Int16Array) => toInt16(resample(toFloat32(pcm), 8_000, 48_000))
  const around = fine(received.subarray(Math.max(0, rough - margin), rough + stretch.length + margin))
  const middle = fine(stretch).subarray(6 * margin, -6 * margin)
  const from = 6 * (2 * margin - 2)
  return likeness(around.subarray(from, from + middle.length + 24), middle).correlation
}

/**
 * Returns the correlation of each half second of the original with the received audio, in ascending order. Pauses of the original are left
 * out.
 */
function correlationsOf(received: Int16Array): number[] {
  const length = 4_000
  const correlations: number[] = []
  for (let at = 0; at + length <= original.length; at += length) {
    const stretch = original.subarray(at, at + length)
    if (Math.sqrt(stretch.reduce((sum, sample) => sum + sample * sample, 0) / length) > 300)
      correlations.push(bestCorrelation(received, stretch))
  }
  return correlations.toSorted((a, b) => a - b)
}

describe('recorded speech, from the microphone of Chromium to its speaker', { timeout: 270_000 }, () => {
  it('is unchanged over WebRTC, except for concealed packets', () =>
    repeatMeasurement(async () => {
      const site = await openCallSite(packed)
      try {
        const page = await site.open(launched.browser)
        await page.evaluate((given) => window.calls.begin(given), {
          baseUrl: site.server.httpUrl,
          turns: 'page',
        } as const)
        const received = Int16Array.from(await page.evaluate((ms) => window.calls.takeTurn(ms), spokenMs + 2_000))
        await page.evaluate(() => window.calls.end())
        const correlations = correlationsOf(received)
        expect(correlations.length).toBeGreaterThan(6)
        // The browser conceals late packets with generated audio, so only the median is compared.
        expect(correlations[Math.floor(correlations.length / 2)]).toBeGreaterThan(0.98)
      } finally {
        await site.close()
      }
    }))

  itCertifies('is complete over a WebSocket', () =>
    repeatMeasurement(async () => {
      const site = await openSoundSite(packed)
      try {
        const page = await site.open(launched)
        const request = { baseUrl: site.wsUrl, apiKey: await site.freshKey(page), contextRate: 48_000 }
        const turn = await page.evaluate((given) => window.audio.recite(given), { ...request, ms: spokenMs + 2_000 })
        expect(turn).toMatchObject({ status: 'completed', stalls: 0 })
        const played = toInt16(resample(unpack(turn.played), 48_000, 8_000))
        // The speaker must play all that the microphone delivered. The fake microphone skips audio when the machine is busy, so only the median is
        // compared with the recording.
        const delivered = toInt16(resample(unpack(turn.sent), 24_000, 8_000))
        expect(bestCorrelation(played, delivered.subarray(0, (spokenMs * 8_000) / 1_000))).toBeGreaterThan(0.98)
        const correlations = correlationsOf(played)
        expect(correlations[Math.floor(correlations.length / 2)]).toBeGreaterThan(0.98)
      } finally {
        await site.close()
      }
    }),
  )
})
