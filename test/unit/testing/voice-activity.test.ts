import { describe, expect, test } from 'vitest'
import { createVoiceActivity, type VoiceActivityOptions } from '../../../src/testing/emulator/voice-activity.js'
import { joined, mixed, noiseSource, rate, room, speechLike } from './speech.js'

/** Where speech begins and ends, in milliseconds. */
function detect(pcm: Int16Array, options: Partial<VoiceActivityOptions> = {}, pieceMs?: number): [string, number][] {
  const activity = createVoiceActivity({ rate, silenceMs: 500, ...options })
  const hz = options.rate ?? rate
  const piece = pieceMs === undefined ? pcm.length : Math.round((pieceMs * hz) / 1000)
  const changes = []
  for (let at = 0; at < pcm.length; at += piece) changes.push(...activity.push(pcm.subarray(at, at + piece)))
  return changes.map(({ type, at }) => [type, Math.round((at * 1000) / hz)])
}

const click = (ms: number) => speechLike(ms, { levelDb: -10 })

describe('voice activity', () => {
  test('finds a sentence between silences', () => {
    const changes = detect(joined(room(1000), speechLike(2000), room(1000)))
    expect(changes.map(([type]) => type)).toEqual(['started', 'stopped'])
    const [[, started], [, stopped]] = changes as [[string, number], [string, number]]
    expect(started).toBeGreaterThanOrEqual(960)
    expect(started).toBeLessThanOrEqual(1020)
    // The last syllable is cut at 1840 + 160 ms of its own; quiet is counted from its end.
    expect(stopped).toBeGreaterThanOrEqual(3000 + 500 - 80)
    expect(stopped).toBeLessThanOrEqual(3000 + 500 + 40)
  })

  test('stops exactly silenceMs after the end of speech', () => {
    for (const silenceMs of [100, 200, 500, 1200]) {
      const [, stopped] = detect(joined(speechLike(180), room(2000)), { silenceMs })
      expect(stopped?.[1]).toBeGreaterThanOrEqual(180 + silenceMs - 40)
      expect(stopped?.[1]).toBeLessThanOrEqual(180 + silenceMs + 20)
    }
  })

  test('returns the same changes for any chunk sizes', () => {
    const pcm = joined(
      room(700, { noiseDb: -60 }),
      speechLike(1500),
      room(900, { noiseDb: -60 }),
      speechLike(800),
      room(900),
    )
    const whole = detect(pcm)
    expect(whole).toHaveLength(4)
    for (const pieceMs of [1 / 24, 3, 10, 20, 333]) expect(detect(pcm, {}, pieceMs)).toEqual(whole)
  })

  test('detects speech from -50 to -3 dBFS', () => {
    for (const levelDb of [-50, -40, -30, -20, -10, -3]) {
      const changes = detect(joined(room(800), speechLike(1200, { levelDb }), room(1000)))
      expect(
        changes.map(([type]) => type),
        `${levelDb} dBFS`,
      ).toEqual(['started', 'stopped'])
      expect(changes[0]?.[1]).toBeLessThanOrEqual(900)
    }
  })

  test('detects only speech 15 dB above steady noise, from the first second', () => {
    for (const leadMs of [0, 300, 1500]) {
      const speech = joined(room(leadMs), speechLike(2000, { levelDb: -25 }), room(2500))
      const changes = detect(mixed(speech, room(leadMs + 4500, { noiseDb: -40 })))
      expect(
        changes.map(([type]) => type),
        `${leadMs} ms of noise first`,
      ).toEqual(['started', 'stopped'])
      expect(changes[0]?.[1]).toBeLessThanOrEqual(leadMs + 150)
      expect(changes[0]?.[1]).toBeGreaterThanOrEqual(leadMs - 500)
      expect(changes[1]?.[1]).toBeLessThanOrEqual(leadMs + 2000 + 700)
    }
  })

  test('adapts to noise that starts later', () => {
    const speech = joined(room(5000), speechLike(1000), room(1500))
    const changes = detect(mixed(speech, joined(room(1000), room(6500, { noiseDb: -45 }))))
    expect(changes.map(([type]) => type)).toEqual(['started', 'stopped'])
    expect(changes[0]?.[1]).toBeGreaterThan(4700)
  })

  test('a stop consonant of 50 ms and a pause shorter than silenceMs do not end a turn', () => {
    const pcm = joined(room(500), speechLike(900), room(350), speechLike(900), room(1000))
    expect(detect(pcm, { silenceMs: 500 })).toHaveLength(2)
    expect(detect(pcm, { silenceMs: 300 })).toHaveLength(4)
  })

  test('clicks and breaths shorter than 60 ms start nothing', () => {
    for (const ms of [2, 10, 30, 50]) {
      expect(detect(joined(room(800), click(ms), room(400), click(ms), room(1500))), `${ms} ms`).toEqual([])
    }
  })

  test('clicks in the silence after speech do not extend the turn', () => {
    const quiet = detect(joined(room(500), speechLike(1000), room(2000)))
    const clicking = detect(joined(room(500), speechLike(1000), room(150), click(10), room(150), click(10), room(1680)))
    expect(clicking).toEqual(quiet)
  })

  test('includes a soft onset in the speech', () => {
    const random = noiseSource(3)
    const fade = speechLike(180, { levelDb: -25 }).map((sample, index) => (sample * index) / 4320 + random())
    const changes = detect(joined(room(1000), Int16Array.from(fade), speechLike(1000, { levelDb: -25 }), room(1000)))
    expect(changes[0]?.[1]).toBeLessThanOrEqual(1180)
  })

  test('detects a steady tone as speech', () => {
    const tone = Int16Array.from(
      { length: 5 * rate },
      (_, index) => 6000 * Math.sin((2 * Math.PI * 440 * index) / rate),
    )
    const changes = detect(joined(room(500), tone, room(1000)))
    expect(changes.map(([type]) => type)).toEqual(['started', 'stopped'])
    expect(changes[1]?.[1]).toBeGreaterThanOrEqual(5980)
  })

  test('ends a turn that noise has started once the noise is steady', () => {
    const rising = room(1000, { noiseDb: -36 }).map((sample, index) => (sample * index) / 24_000)
    const changes = detect(joined(room(2000), rising, room(8000, { noiseDb: -36, seed: 5 })))
    expect(changes.map(([type]) => type)).not.toEqual(['started'])
  })

  test('requires louder speech with a higher threshold', () => {
    const pcm = joined(room(1000), speechLike(1000, { levelDb: -50 }), room(1000))
    expect(detect(pcm, { threshold: 0.5 })).toHaveLength(2)
    expect(detect(pcm, { threshold: 1 })).toHaveLength(0)
  })

  test('detects speech at 8 kHz', () => {
    const hz = { rate: 8_000 }
    const changes = detect(joined(room(800, hz), speechLike(1500, hz), room(900, hz)), hz)
    expect(changes.map(([type]) => type)).toEqual(['started', 'stopped'])
    expect(Math.abs((changes[0]?.[1] ?? 0) - 800)).toBeLessThanOrEqual(40)
  })

  test('finds nothing in silence, hum or steady noise', () => {
    const hum = Int16Array.from({ length: 4 * rate }, (_, index) => 1500 * Math.sin((2 * Math.PI * 50 * index) / rate))
    for (const pcm of [room(4000), hum, room(4000, { noiseDb: -60 }), room(4000, { noiseDb: -40 })]) {
      expect(detect(pcm)).toEqual([])
    }
  })

  test('keeps the noise estimate after an interruption', () => {
    const activity = createVoiceActivity({ rate, silenceMs: 500 })
    activity.push(room(1500, { noiseDb: -45 }))
    activity.push(mixed(speechLike(500), room(500, { noiseDb: -45 })))
    expect(activity.speaking).toBe(true)
    activity.interrupt()
    expect(activity.speaking).toBe(false)
    expect(activity.push(room(3000, { noiseDb: -45, seed: 9 }))).toEqual([])
  })
})
