import { describe, expect, it } from 'vitest'
import { encodeBase64 } from '../../../src/audio/base64.js'
import { int16ToBytes } from '../../../src/audio/int16.js'
import { isRefusal } from '../../../src/testing/emulator/refusals.js'
import { createTranslationInput, type Stretch } from '../../../src/testing/emulator/translation-input.js'
import { findSound } from '../../support/speech.js'
import { joined, room, speechLike } from './speech.js'

/** What is found in a sound that arrives in pieces of so many bytes. */
function listen(pcm: Int16Array, pieceBytes = 9_600): Stretch[] {
  const input = createTranslationInput()
  const bytes = int16ToBytes(pcm)
  const found: Stretch[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const more = input.append(encodeBase64(bytes.slice(at, at + pieceBytes)))
    if (isRefusal(more)) throw new Error(more.message)
    found.push(...more)
  }
  return [...found, ...input.end()]
}

const placeOf = ({ startMs, endMs, audio }: Stretch) => [startMs, endMs, audio.pcm.length]

describe('the input of a translation', () => {
  it('returns speech at each pause, with its position', () => {
    const first = speechLike(900)
    const second = speechLike(700, { seed: 2 })
    const found = listen(joined(room(500), first, room(600), second, room(600)))
    expect(found).toHaveLength(2)
    expect(findSound(found[0]?.audio.pcm ?? first, first)).toBeGreaterThanOrEqual(0)
    expect(findSound(found[1]?.audio.pcm ?? second, second)).toBeGreaterThanOrEqual(0)
    const [a, b] = found
    expect(a?.startMs).toBeGreaterThanOrEqual(100)
    expect(a?.startMs).toBeLessThanOrEqual(500)
    expect(a?.endMs).toBeGreaterThanOrEqual(1_400)
    expect(b?.startMs).toBeGreaterThanOrEqual(a?.endMs ?? Number.POSITIVE_INFINITY)
    expect(b?.endMs).toBeLessThanOrEqual(3_300)
  })

  it('does not wait for the end of a long speech, and neither loses nor repeats a sample of it', () => {
    const speech = speechLike(10_700)
    const found = listen(joined(room(400), speech, room(500)))
    expect(found.map(({ startMs, endMs }) => endMs - startMs).slice(0, 2)).toEqual([4_000, 4_000])
    expect(findSound(joined(...found.map(({ audio }) => audio.pcm)), speech)).toBeGreaterThanOrEqual(0)
    for (const [index, { startMs }] of found.entries()) if (index > 0) expect(startMs).toBe(found[index - 1]?.endMs)
  })

  it.each([1, 959, 1_000_000])('finds the same when it arrives in pieces of %i bytes', (pieceBytes) => {
    // One byte at a time only for a little.
    const long = pieceBytes < 10 ? 600 : 9_000
    const sound = joined(room(300), speechLike(long), room(500), speechLike(400, { seed: 3 }))
    expect(listen(sound, pieceBytes).map(placeOf)).toEqual(listen(sound).map(placeOf))
  })

  it('takes the quiet after a long speech for no speech, wherever the speech ends', () => {
    for (let ms = 3_660; ms <= 3_740; ms += 20) {
      for (const tail of [0, 50, 400]) {
        const found = listen(joined(room(400), speechLike(ms), room(tail)))
        for (const { audio } of found) expect(Math.max(...audio.pcm.map(Math.abs))).toBeGreaterThan(1_000)
        expect(found.reduce((sum, { audio }) => sum + audio.pcm.length / 24, 0)).toBeGreaterThanOrEqual(ms)
      }
    }
  })

  it('has the speech that goes on when the input ends', () => {
    const speech = speechLike(700)
    const found = listen(joined(room(300), speech))
    expect(found).toHaveLength(1)
    expect(findSound(found[0]?.audio.pcm ?? new Int16Array(1), speech)).toBeGreaterThanOrEqual(0)
    expect(found[0]?.endMs).toBe(1_000)
  })

  it('finds no speech in silence or without input', () => {
    expect(listen(room(5_000, { noiseDb: -60 }))).toEqual([])
    expect(listen(new Int16Array(0))).toEqual([])
  })

  it('rejects invalid base64', () => {
    expect(createTranslationInput().append('!!')).toMatchObject({ code: 'invalid_value', param: 'audio' })
  })
})
