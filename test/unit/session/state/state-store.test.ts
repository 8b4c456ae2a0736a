import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addListener } from '../../../../src/internal/emitter.js'
import { realtimeCodec } from '../../../../src/protocol/codec.js'
import type { ServerEvent } from '../../../../src/protocol/server-events.js'
import { changesState, reduce } from '../../../../src/session/state/reduce.js'
import { selectItems } from '../../../../src/session/state/select.js'
import { initialState } from '../../../../src/session/state/state.js'
import { applyEvent, createStateStore, readState } from '../../../../src/session/state/state-store.js'
import { wildEvent } from '../../../support/wild-events.js'

let count = 0
function decode(frame: object): ServerEvent | undefined {
  const decoded = realtimeCodec.decode(JSON.stringify({ event_id: `e${++count}`, ...frame }))
  return decoded.kind === 'event' ? decoded.event : undefined
}

const place = { response_id: 'r1', item_id: 'i1', output_index: 0, content_index: 0 }
const item = { id: 'i1', type: 'message', role: 'assistant', status: 'in_progress', content: [] }
const text = (delta: string) => ({ type: 'response.output_audio_transcript.delta', ...place, delta })
const audio = { type: 'response.output_audio.delta', ...place, delta: 'AAAA' }

function storeAfter(...frames: object[]) {
  const store = createStateStore(initialState)
  const apply = (frame: object) => {
    const event = decode(frame)
    if (!event) throw new Error('not a valid event')
    applyEvent(store, event, (state) => state)
  }
  for (const frame of frames) apply(frame)
  return { store, apply }
}

describe('createStateStore', () => {
  it('does not compute the state for text and audio deltas until it is read', () => {
    const { store, apply } = storeAfter({ type: 'conversation.item.added', previous_item_id: null, item })
    const computed = store.state
    for (const frame of [text('Hel'), audio, text('lo'), audio, audio]) apply(frame)
    expect(store.state).toBe(computed)
    expect(selectItems(readState(store))[0]?.item).toMatchObject({ content: [{ transcript: 'Hello' }] })
  })

  it('notifies subscribers once per text delta and not for audio deltas', () => {
    const { store, apply } = storeAfter({ type: 'conversation.item.added', previous_item_id: null, item })
    let changes = 0
    addListener(store.listeners, 'change', () => {
      changes += 1
    })
    for (const frame of [text('a'), audio, text('b'), audio]) apply(frame)
    expect(changes).toBe(2)
  })

  it('applies text deltas before the next event that changes the state', () => {
    const { store } = storeAfter({ type: 'conversation.item.added', previous_item_id: null, item }, text('a'), {
      type: 'conversation.item.truncated',
      item_id: 'i1',
      content_index: 0,
      audio_end_ms: 10,
    })
    expect(selectItems(store.state)[0]).toMatchObject({ truncatedAtMs: 10, item: { content: [{ transcript: 'a' }] } })
  })

  it('leads to the same state as reducing each event at once', () => {
    fc.assert(
      fc.property(fc.array(wildEvent, { maxLength: 60 }), (frames) => {
        const store = createStateStore(initialState)
        let eager = initialState
        for (const frame of frames) {
          const event = decode(frame)
          if (!event) continue
          eager = reduce(eager, event)
          applyEvent(store, event, (state) => state)
        }
        expect(readState(store)).toEqual(eager)
      }),
      { numRuns: 300 },
    )
  })
})

describe('changesState', () => {
  it.each(['response.output_audio.delta', 'response.output_audio.done', 'error', 'output_audio_buffer.started'])(
    'returns false for %s',
    (type) => {
      expect(changesState({ type } as ServerEvent)).toBe(false)
    },
  )

  it('returns true for each event after which the state differs', () => {
    fc.assert(
      fc.property(fc.array(wildEvent, { minLength: 1, maxLength: 20 }), (frames) => {
        let state = initialState
        for (const frame of frames) {
          const event = decode(frame)
          if (!event) continue
          const next = reduce(state, event)
          if (next !== state) expect(changesState(event)).toBe(true)
          state = next
        }
      }),
      { numRuns: 300 },
    )
  })
})
