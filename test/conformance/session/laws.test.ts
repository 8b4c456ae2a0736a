import fc from 'fast-check'
import { createSession, type ResponseHandle, selectItems } from 'realtime-primitives'
import { realtimeCodec } from 'realtime-primitives/protocol'
import { createEmulator, createManualClock, reply } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { reduce } from '../../../src/session/state/reduce.js'
import { initialState, type SessionState } from '../../../src/session/state/state.js'
import { createPeer, type Json, settle } from '../../support/peer.js'
import { runs } from '../../support/runs.js'
import { wildEvent } from '../../support/wild-events.js'

const numRuns = runs({ usual: 1_000, certify: 10_000 })
const sequence = fc.array(wildEvent, { minLength: 3, maxLength: 25, size: 'max' })

function step(state: SessionState, json: Json): SessionState {
  const decoded = realtimeCodec.decode(JSON.stringify({ event_id: 'event', ...json }))
  return decoded.kind === 'event' ? reduce(state, decoded.event) : state
}

const ids = (state: SessionState) => selectItems(state).map(({ id }) => id)

/** Checks a law after every event of random sequences. */
function always(law: (before: SessionState, event: Json, after: SessionState) => void): void {
  fc.assert(
    fc.property(sequence, (events) => {
      let before = initialState
      for (const event of events) {
        const after = step(before, event)
        law(before, event, after)
        before = after
      }
    }),
    { numRuns },
  )
}

describe('random server events:', () => {
  it('an item appears once in the conversation', () => {
    always((_before, _event, after) => expect(new Set(ids(after)).size).toBe(ids(after).length))
  })

  it('the order of remaining items does not change', () => {
    always((before, _event, after) => {
      const still = ids(before).filter((id) => ids(after).includes(id))
      expect(ids(after).filter((id) => still.includes(id))).toEqual(still)
    })
  })

  it('a deleted item returns only when it is added again', () => {
    fc.assert(
      fc.property(sequence, (events) => {
        const deleted = new Set<unknown>()
        let state = initialState
        for (const event of events) {
          state = step(state, event)
          if (event.type === 'conversation.item.deleted') deleted.add(event.item_id)
          if (event.type === 'conversation.item.added' || event.type === 'conversation.item.created')
            deleted.delete((event.item as { id?: unknown }).id)
          expect(ids(state).filter((id) => deleted.has(id))).toEqual([])
        }
      }),
      { numRuns },
    )
  })

  it('a truncation never increases truncatedAtMs', () => {
    always((before, _event, after) => {
      for (const item of selectItems(after)) {
        const earlier = selectItems(before).find(({ id }) => id === item.id)?.truncatedAtMs
        if (earlier !== undefined) expect(item.truncatedAtMs).toBeLessThanOrEqual(earlier)
      }
    })
  })

  it('items that an event does not name stay the same objects', () => {
    always((before, event, after) => {
      const named = new Set([event.item_id, (event.item as Json | undefined)?.id])
      const known = new Map(selectItems(before).map((item) => [item.id, item]))
      for (const item of selectItems(after))
        if (!named.has(item.id) && known.has(item.id)) expect(item).toBe(known.get(item.id))
    })
  })

  it('at most one in-band response is active, and it is not done', () => {
    always((_before, _event, { responses: { activeId, byId } }) => {
      if (activeId !== undefined) expect(byId[activeId]).toMatchObject({ isInBand: true, isDone: false })
    })
  })

  it('replaying the events leads to the same state', () => {
    fc.assert(
      fc.property(sequence, (events) => {
        expect(events.reduce(step, initialState)).toEqual(events.reduce(step, initialState))
      }),
      { numRuns },
    )
  })
})

describe('random server events and client calls:', () => {
  const action = fc.oneof(
    { weight: 3, arbitrary: wildEvent.map((event) => ({ kind: 'event' as const, event })) },
    { weight: 1, arbitrary: fc.constant({ kind: 'respond' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'aside' as const }) },
    { weight: 1, arbitrary: fc.nat({ max: 5 }).map((which) => ({ kind: 'cancel' as const, which })) },
    { weight: 1, arbitrary: fc.constant({ kind: 'interrupt' as const }) },
    { weight: 1, arbitrary: fc.nat({ max: 12_000 }).map((ms) => ({ kind: 'wait' as const, ms })) },
  )

  it('every handle settles once, and no event or timer follows close', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 15, size: 'max' }), fc.boolean(), async (actions, drops) => {
        const peer = createPeer()
        await peer.connect()
        const handles: ResponseHandle[] = []
        const settlements: number[] = []
        const late: string[] = []
        let isOver = false
        const follow = (handle: ResponseHandle) => {
          const index = handles.push(handle) - 1
          settlements[index] = 0
          handle.done.then(() => {
            settlements[index] = (settlements[index] ?? 0) + 1
          })
        }
        peer.session.on('response', follow)
        peer.session.on('error', () => isOver && late.push('error'))
        peer.session.subscribe(() => isOver && late.push('change'))
        for (const act of actions) {
          if (act.kind === 'event') await peer.sendEvents(act.event)
          else if (act.kind === 'respond') follow(peer.session.respond())
          else if (act.kind === 'aside') follow(peer.session.respond({ conversation: 'none' }))
          else if (act.kind === 'cancel') handles[act.which]?.cancel()
          else if (act.kind === 'interrupt') peer.session.interrupt()
          else await peer.clock.advance(act.ms)
        }
        if (drops) await peer.hangUp()
        else await peer.session.close()
        isOver = true
        await settle()
        await peer.clock.advance(60_000)
        expect(settlements.every((count) => count === 1)).toBe(true)
        expect(late).toEqual([])
        expect(peer.clock.pending).toBe(0)
      }),
      { numRuns },
    )
  })
})

describe('a session on the emulator', () => {
  const act = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('queue' as const, 'interrupt' as const, 'reject' as const) },
    { weight: 1, arbitrary: fc.constantFrom('cancel' as const, 'cut' as const) },
    { weight: 2, arbitrary: fc.nat({ max: 400 }) },
  )

  it('requests no second in-band response while one runs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 8, size: 'max' }), async (acts) => {
        const clock = createManualClock()
        const emulator = createEmulator({ clock, latencyMs: 50, script: () => reply('One two three.') })
        const inner = emulator.connect({ model: 'gpt-realtime' })
        const refused: string[] = []
        // Below the session, which would hide a conflict that it resolves.
        inner.on('message', (frame) => {
          if (frame.includes('conversation_already_has_active_response')) refused.push(frame)
        })
        const session = createSession({ transport: inner, clock, config: { output_modalities: ['text'] } })
        const connecting = session.connect()
        await clock.advance(1)
        await connecting
        const handles: ResponseHandle[] = []
        for (const what of acts) {
          if (typeof what === 'number') await clock.advance(what)
          else if (what === 'cancel') handles.at(-1)?.cancel()
          else if (what === 'cut') session.interrupt()
          else handles.push(session.respond({}, { whenBusy: what }))
        }
        await clock.advance(60_000)
        for (const handle of handles) await handle.done
        expect(refused).toEqual([])
        await session.close()
        expect(clock.pending).toBe(0)
      }),
      { numRuns: runs({ usual: 300, certify: 10_000 }) },
    )
  })
})
