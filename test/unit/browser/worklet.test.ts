import { describe, expect, it } from 'vitest'
import { createCapture } from '../../../src/browser/worklet/capture.js'
import type { PlaybackReport } from '../../../src/browser/worklet/messages.js'
import { createPlayback } from '../../../src/browser/worklet/playback.js'

const options = { startMs: 20, maxStartMs: 100, fadeMs: 5 }
const sampleRate = 48_000

/** Renders quanta, as the audio thread does. */
function render(playback: ReturnType<typeof createPlayback>, ms: number) {
  const reports: PlaybackReport[] = []
  const quanta = Math.round((ms * sampleRate) / 1000 / 128)
  for (let quantum = 0; quantum < quanta; quantum++) {
    const report = playback.render(new Float32Array(128))
    if (report) reports.push(report)
  }
  return reports
}

const samplesOf = (reports: readonly PlaybackReport[], key: number) =>
  reports.flatMap(({ played: heard }) => heard).reduce((sum, [of, samples]) => sum + (of === key ? samples : 0), 0)

describe('the capture worklet', () => {
  it.each([8_000, 44_100, 48_000, 192_000])('posts blocks of about 10 ms at %i Hz, without losing samples', (rate) => {
    const capture = createCapture(rate)
    const heard: number[] = []
    for (let quantum = 0; quantum < 1_000; quantum++) {
      const samples = Float32Array.from({ length: 128 }, (_, index) => quantum * 128 + index)
      const block = capture.process(samples)
      samples.fill(-1) // the audio thread uses its memory again
      if (!block) continue
      expect(block.length / rate).toBeGreaterThanOrEqual(0.01)
      expect((block.length - 128) / rate).toBeLessThan(0.01)
      heard.push(...block)
    }
    expect(heard).toEqual(heard.map((_, index) => index))
    expect(heard.length).toBeGreaterThan(127_000 - rate / 100)
  })
})

describe('the playback worklet', () => {
  it('reports about every 10 ms while audio plays, and stops when idle', () => {
    const playback = createPlayback(sampleRate, options)
    expect(render(playback, 100)).toEqual([])
    playback.receive({ type: 'push', key: 7, samples: new Float32Array(sampleRate / 10).fill(0.5) })
    playback.receive({ type: 'end', key: 7 })
    const reports = render(playback, 200)
    expect(reports.length).toBeGreaterThanOrEqual(9)
    expect(reports.length).toBeLessThanOrEqual(11)
    expect(samplesOf(reports, 7)).toBe(sampleRate / 10)
    expect(reports.at(-1)).toMatchObject({ isIdle: true, pushes: 1, underruns: 0 })
    expect(reports[0]).toMatchObject({ peak: 0.5, power: expect.closeTo(0.25, 5) })
    expect(render(playback, 100)).toEqual([])
  })

  it('reports audio as played after the output latency, also while more audio follows', () => {
    const playback = createPlayback(sampleRate, options)
    playback.receive({ type: 'latency', seconds: 0.1 })
    playback.receive({ type: 'push', key: 1, samples: new Float32Array(sampleRate / 5).fill(0.5) })
    playback.receive({ type: 'end', key: 1 })
    expect(samplesOf(render(playback, 96), 1)).toBe(0)
    const soFar = samplesOf(render(playback, 80), 1)
    expect(soFar / sampleRate).toBeGreaterThan(0.06)
    expect(soFar / sampleRate).toBeLessThanOrEqual(0.076)
    const rest = render(playback, 200)
    expect(soFar + samplesOf(rest, 1)).toBe(sampleRate / 5)
    expect(rest.at(-1)?.isIdle).toBe(true)
  })

  it('stops on the command `stop`', () => {
    const playback = createPlayback(sampleRate, options)
    expect(playback.isAlive).toBe(true)
    playback.receive({ type: 'stop' })
    expect(playback.isAlive).toBe(false)
  })
})
