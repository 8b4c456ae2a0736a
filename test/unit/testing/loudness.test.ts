import { describe, expect, it } from 'vitest'
import { createLoudnessMeter, silenceDb } from '../../../src/testing/emulator/loudness.js'

const rate = 24_000
const frame = 240
const silence = { voiceDb: silenceDb, lowDb: silenceDb, midDb: silenceDb, hissDb: silenceDb }
const tone = Int16Array.from({ length: 10 * frame }, (_, at) =>
  Math.round(8_000 * Math.sin((2 * Math.PI * 300 * at) / rate)),
)

function measure(pcm: Int16Array, chunk: number) {
  const add = createLoudnessMeter(rate)
  const frames = []
  for (let at = 0; at < pcm.length; at += chunk) frames.push(...add(pcm.subarray(at, at + chunk)))
  return frames
}

describe('loudness', () => {
  it('digital silence: is measured in each frame', () => {
    expect(measure(new Int16Array(5 * frame), frame)).toEqual(Array.from({ length: 5 }, () => silence))
  })

  it('audio, long silence, and audio: has the same levels in chunks of any size', () => {
    const pcm = new Int16Array(300 * frame)
    pcm.set(tone, 0)
    // Starts within a frame, after the filters have settled.
    pcm.set(tone, 200 * frame + 100)
    const whole = measure(pcm, pcm.length)
    expect(whole).toHaveLength(300)
    expect(whole[199]).toEqual(silence)
    expect(whole[200]?.voiceDb).toBeGreaterThan(-30)
    for (const chunk of [1, 99, frame, 1_000]) expect(measure(pcm, chunk)).toEqual(whole)
  })
})
