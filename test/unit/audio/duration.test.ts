import {
  type AudioFormatLike,
  type AudioFormatName,
  audioLayout,
  bytesToMs,
  msToBytes,
  msToSamples,
  samplesToMs,
} from 'realtime-primitives/audio'
import { describe, expect, it } from 'vitest'
import { audioErrorOf } from './signal.js'

describe('durations', () => {
  it.each<[AudioFormatLike, number]>([
    ['audio/pcm', 960],
    ['audio/pcmu', 160],
    ['audio/pcma', 160],
    [{ type: 'audio/pcm', rate: 24_000 }, 960],
    [{ type: 'audio/pcm', rate: 16_000 }, 640],
    [{ type: 'audio/pcmu' }, 160],
  ])('of 20 ms in %o take %i bytes', (format, bytes) => {
    expect(msToBytes(20, format)).toBe(bytes)
    expect(bytesToMs(bytes, format)).toBe(20)
  })

  it('are rounded to whole samples', () => {
    expect(msToBytes(0.03, 'audio/pcm')).toBe(2)
    expect(msToBytes(10.01, 'audio/pcm') % 2).toBe(0)
    expect(msToSamples(1_000 / 3, 24_000)).toBe(8_000)
  })

  it('are returned without rounding', () => {
    expect(bytesToMs(2, 'audio/pcm')).toBeCloseTo(0.0416667, 6)
    expect(samplesToMs(441, 44_100)).toBe(10)
    expect(samplesToMs(1, 3_000)).toBeCloseTo(1 / 3, 12)
  })

  it('follow from the layout of a format', () => {
    expect(audioLayout('audio/pcm')).toEqual({ sampleRate: 24_000, bytesPerSample: 2 })
    expect(audioLayout('audio/pcma')).toEqual({ sampleRate: 8_000, bytesPerSample: 1 })
  })

  it('throw for unknown formats and invalid durations or rates', () => {
    expect(audioErrorOf(() => msToBytes(20, 'audio/opus' as AudioFormatName)).shortMessage).toBe(
      'The format audio/opus is not supported. Convert the audio to audio/pcm, audio/pcmu, or audio/pcma.',
    )
    expect(audioErrorOf(() => msToSamples(Number.NaN, 8_000)).data).toMatchObject({ option: 'ms' })
    expect(audioErrorOf(() => msToSamples(Number.POSITIVE_INFINITY, 8_000)).data).toMatchObject({ option: 'ms' })
    expect(audioErrorOf(() => samplesToMs(1, 0)).shortMessage).toBe(
      'The option "sampleRate" must be a number of hertz above 0, not 0.',
    )
  })
})
