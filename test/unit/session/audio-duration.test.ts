import { describe, expect, it } from 'vitest'
import { audioMs, base64ByteLength, bytesPerMs } from '../../../src/session/audio-duration.js'

describe('audio duration', () => {
  it.each([
    ['no format', undefined, 48],
    ['null', null, 48],
    ['PCM16', { type: 'audio/pcm', rate: 24_000 }, 48],
    ['PCM16 at 16 kHz', { type: 'audio/pcm', rate: 16_000 }, 32],
    ['mu-law', { type: 'audio/pcmu' }, 8],
    ['A-law', { type: 'audio/pcma' }, 8],
    ['an unknown format', { type: 'audio/future' }, 48],
  ])('of %s', (_name, format, expected) => {
    expect(bytesPerMs(format)).toBe(expected)
    expect(audioMs(expected * 20, format)).toBe(20)
  })

  it.each([0, 1, 2, 3, 4, 5, 960])('base64ByteLength: counts %i encoded bytes', (length) => {
    expect(base64ByteLength(Buffer.alloc(length).toString('base64'))).toBe(length)
  })
})
