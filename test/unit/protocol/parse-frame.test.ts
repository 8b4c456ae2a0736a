import fc from 'fast-check'
import { realtimeCodec } from 'realtime-primitives/protocol'
import { describe, expect, it } from 'vitest'
import { parseFrame } from '../../../src/protocol/parse-frame.js'

const place = { event_id: 'e', response_id: 'r', item_id: 'i', output_index: 0, content_index: 0 }
const sound = 'AbC+/9'.repeat(200)
const audio = { type: 'response.output_audio.delta', ...place, delta: sound }

describe('parseFrame: an audio frame', () => {
  it.each([
    ['as the service writes it', JSON.stringify(audio)],
    ['with blanks, as Python writes it', JSON.stringify(audio, undefined, 1)],
    ['with the audio first', JSON.stringify({ delta: sound, type: audio.type, ...place })],
    ['with something behind the audio', JSON.stringify({ ...audio, obfuscation: 'x' })],
    ['of a translation', JSON.stringify({ type: 'session.output_audio.delta', delta: sound })],
    ['with an escape in the audio', JSON.stringify({ ...audio, delta: `${sound}\n` })],
    ['with another delta inside', JSON.stringify({ ...audio, delta: '', more: { delta: sound } })],
    ['with a key that ends as the audio does', JSON.stringify({ ...audio, delta: '', 'a"delta': sound })],
    ['with the key as a text', JSON.stringify({ ...audio, delta: `"delta":"${sound}` })],
    ['with a long text', JSON.stringify({ ...audio, type: 'response.output_text.delta' })],
    ['that is a list', JSON.stringify([sound, 'delta', sound])],
  ])('has the same result as JSON.parse: %s', (_, frame) => {
    expect(parseFrame(frame)).toStrictEqual(JSON.parse(frame))
  })

  it('decodes with all of its audio', () => {
    expect(realtimeCodec.decode(JSON.stringify(audio))).toStrictEqual({ kind: 'event', event: audio })
  })

  it('is invalid JSON when it is cut off', () => {
    const frame = JSON.stringify(audio)
    for (const broken of [frame.slice(0, -1), frame.slice(0, 800), `${frame}}`, frame.replace('"delta":', '"delta":x')])
      expect(parseFrame(broken)).toBeUndefined()
  })

  it('has the same result as JSON.parse for random fields', () => {
    const long = fc.string({ minLength: 0, maxLength: 3 }).map((text) => text + sound + text)
    const value = fc.oneof(fc.string(), fc.integer(), fc.constant(null), long, fc.dictionary(fc.string(), long))
    const keys = fc.constantFrom('delta', 'type', '"delta":', 'a"delta', 'item_id', '\\')
    fc.assert(
      fc.property(fc.array(fc.tuple(keys, value), { maxLength: 5 }), (entries) => {
        const frame = JSON.stringify({ type: 'response.output_audio.delta', ...Object.fromEntries(entries) })
        expect(parseFrame(frame)).toStrictEqual(JSON.parse(frame))
      }),
      { numRuns: 300 },
    )
  })
})
