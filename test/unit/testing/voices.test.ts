import { describe, expect, test } from 'vitest'
import { obfuscationFor, splitArguments, splitText } from '../../../src/testing/emulator/text-deltas.js'
import { createVoice } from '../../../src/testing/emulator/voices.js'

const spoken = { audio: { pcm: Int16Array.of(1, 2, 3), rate: 8_000 } }
const written = { audio: undefined }

describe('a voice', () => {
  test('echo is the sound of the caller itself, and a babble when there was none', () => {
    const echo = createVoice('echo')
    expect(echo('Hello.', spoken)).toBe(spoken.audio)
    expect(echo('Hello.', written)).toEqual(createVoice('tone')('Hello.', written))
  })

  test('tone is the same for the same text, longer for longer text, and neither silent nor clipped', () => {
    const tone = createVoice('tone')
    const short = tone('Hello there.', spoken)
    expect(short).toEqual(tone('Hello there.', written))
    expect(short.rate).toBe(24_000)
    expect(tone('Hello there, how are you today?', written).pcm.length).toBeGreaterThan(short.pcm.length)
    const peak = Math.max(...short.pcm.map(Math.abs))
    expect(peak).toBeGreaterThan(4_000)
    expect(peak).toBeLessThan(20_000)
    expect(tone('', written).pcm).toHaveLength(0)
  })

  test('can be a function of the text', () => {
    const voice = createVoice((text: string) => [text.length, -1])
    expect(voice('four', written)).toEqual({ pcm: Int16Array.of(4, -1), rate: 24_000 })
  })
})

describe('pieces of a stream', () => {
  test.each([
    '',
    ' ',
    'Hello there, friend!',
    'Grüße — 漢字 👍🏽 “ok”\n\tdone ',
    'a'.repeat(40),
    '\ud800x',
    '12:30–13:45',
  ])('joined, are the text: %j', (text) => {
    expect(splitText(text).join('')).toBe(text)
    expect(splitArguments(text).join('')).toBe(text)
  })

  test('of text are words with their space, and punctuation', () => {
    expect(splitText("It's foggy, and 12 degrees.")).toEqual(["It's", ' foggy', ',', ' and', ' 12', ' degrees', '.'])
  })

  test('come with noise that hides their length', () => {
    expect(obfuscationFor('Hi')).toMatch(/^\w{14}$/)
    expect(obfuscationFor('sixteen letters!')).toMatch(/^\w{16}$/)
  })
})
