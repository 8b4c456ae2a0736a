import { decodeMuLaw, readWav, toFloat32 } from 'realtime-primitives/audio'
import { blobSink, recordCall } from 'realtime-primitives/recording'
import { describe, expect, it } from 'vitest'
import { createLine, mumble } from '../twilio/line.js'

const rate = 8_000
const samplesPerMs = rate / 1000

/** Compares 200 ms of two channels at each shift, and returns the shift at which they are most alike, in milliseconds. */
function shiftAt(recorded: Float32Array, line: Float32Array, atMs: number): number {
  const [from, length] = [atMs * samplesPerMs, 200 * samplesPerMs]
  let best = { shift: Number.NaN, score: 0 }
  for (let shift = -60 * samplesPerMs; shift <= 60 * samplesPerMs; shift++) {
    let [product, energy, other] = [0, 0, 0]
    for (let index = from; index < from + length; index += 2) {
      const [a, b] = [line[index] ?? 0, recorded[index + shift] ?? 0]
      product += a * b
      energy += a * a
      other += b * b
    }
    const score = energy > 0 && other > 0 ? product / Math.sqrt(energy * other) : 0
    if (score > best.score) best = { shift, score }
  }
  expect(best.score).toBeGreaterThan(0.9)
  return best.shift / samplesPerMs
}

/** Returns the times at which audio starts and stops, in milliseconds. Gaps below 60 ms do not count. */
function edges(samples: Float32Array): readonly number[] {
  const found: number[] = []
  let lastMs = Number.NEGATIVE_INFINITY
  for (let ms = 0; ms < samples.length / samplesPerMs; ms++) {
    const isLoud = samples.subarray(ms * samplesPerMs, (ms + 1) * samplesPerMs).some((value) => Math.abs(value) > 0.002)
    if (!isLoud) continue
    if (ms - lastMs > 60) {
      if (found.length > 0) found.push(lastMs)
      found.push(ms)
    }
    lastMs = ms
  }
  return [...found, lastMs]
}

const loudest = (samples: Float32Array) => samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0)

describe('recordCall: a telephone call', () => {
  it('aligns both voices with the line to 20 ms, over three interruptions', async () => {
    const { clock, phone, bridge } = createLine()
    const audio = blobSink('audio/wav')
    const recorder = recordCall(bridge, { audio })
    recorder.start()
    phone.call()
    phone.say(mumble(3_000))
    await clock.advance(5_000)
    for (const seed of [5, 6, 7]) {
      expect(phone.waitingMs).toBeGreaterThan(0)
      phone.say(mumble(2_500, seed))
      await clock.advance(5_000)
    }
    expect(phone.clears).toBe(3)
    await clock.advance(4_000)
    const summary = await recorder.stop()

    const wav = readWav(new Uint8Array(await audio.blob().arrayBuffer()))
    expect(wav).toMatchObject({ sampleRate: rate, channelCount: 2 })
    const [user = new Float32Array(), agent = new Float32Array()] = wav.channels
    const sent = toFloat32(decodeMuLaw(phone.sent()))
    const played = toFloat32(decodeMuLaw(phone.played()))
    expect(Math.abs(user.length - sent.length)).toBeLessThanOrEqual(20 * samplesPerMs)
    for (const [recorded, line] of [
      [user, sent],
      [agent, played],
    ] as const) {
      expect(loudest(line)).toBeGreaterThan(0.01)
      const expected = edges(line)
      const actual = edges(recorded)
      expect(actual).toHaveLength(expected.length)
      for (const [index, ms] of expected.entries())
        expect(Math.abs(ms - (actual[index] ?? Number.NaN))).toBeLessThanOrEqual(20)
      for (let at = 0; at < expected.length; at += 2) {
        const [startMs = 0, endMs = 0] = expected.slice(at, at + 2)
        for (let ms = startMs; ms + 200 <= endMs; ms += 400)
          expect(Math.abs(shiftAt(recorded, line, ms))).toBeLessThanOrEqual(20)
      }
    }
    expect(summary?.interruptions).toHaveLength(3)
    expect(edges(agent).length).toBeGreaterThanOrEqual(8)
  })
})
