import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { realtimeCodec } from '../../../../src/protocol/codec.js'
import type { ServerEvent } from '../../../../src/protocol/server-events.js'
import { addDelta, createDeltaBuffer, takeDeltas } from '../../../../src/session/state/delta-buffer.js'
import { reduce } from '../../../../src/session/state/reduce.js'
import { initialState } from '../../../../src/session/state/state.js'
import { wildEvent } from '../../../support/wild-events.js'

const place = { event_id: 'e', response_id: 'r1', item_id: 'i1', output_index: 0, content_index: 0 }
const textDelta = (delta: string, fields: object = {}) =>
  ({ ...place, type: 'response.output_text.delta', delta, ...fields }) as ServerEvent

describe('createDeltaBuffer', () => {
  it('joins deltas of one text and keeps different texts apart', () => {
    const buffer = createDeltaBuffer()
    for (const event of [
      textDelta('a'),
      textDelta('x', { content_index: 1 }),
      textDelta('b'),
      textDelta('y', { response_id: 'r2' }),
      textDelta('c'),
    ])
      expect(addDelta(buffer, event)).toBe(true)
    expect(takeDeltas(buffer).map((event) => ('delta' in event ? event.delta : undefined))).toEqual(['abc', 'x', 'y'])
    expect(takeDeltas(buffer)).toEqual([])
  })

  it('does not take events of other kinds', () => {
    const buffer = createDeltaBuffer()
    expect(addDelta(buffer, { ...place, type: 'response.output_text.done', text: 'abc' } as ServerEvent)).toBe(false)
    expect(takeDeltas(buffer)).toEqual([])
  })

  it('takes no new text when it is full, and still takes deltas of known texts', () => {
    const buffer = createDeltaBuffer()
    let taken = 0
    while (taken < 1000 && addDelta(buffer, textDelta('a', { item_id: `i${taken}` }))) taken += 1
    expect(taken).toBe(32)
    expect(addDelta(buffer, textDelta('b', { item_id: 'i3' }))).toBe(true)
  })

  it('leads to the same state as reducing each event at once', () => {
    fc.assert(
      fc.property(
        fc.array(wildEvent, { maxLength: 60 }),
        fc.array(fc.boolean(), { maxLength: 60 }),
        (frames, reads) => {
          const buffer = createDeltaBuffer()
          let eager = initialState
          let lazy = initialState
          const settle = () => {
            lazy = takeDeltas(buffer).reduce(reduce, lazy)
          }
          for (const [index, frame] of frames.entries()) {
            const decoded = realtimeCodec.decode(JSON.stringify({ event_id: `e${index}`, ...frame }))
            if (decoded.kind !== 'event') continue
            eager = reduce(eager, decoded.event)
            if (!addDelta(buffer, decoded.event)) {
              settle()
              lazy = reduce(lazy, decoded.event)
            }
            if (reads[index]) settle()
          }
          settle()
          expect(lazy).toEqual(eager)
        },
      ),
      { numRuns: 500 },
    )
  })
})
