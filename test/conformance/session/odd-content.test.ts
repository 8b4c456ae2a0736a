import fc from 'fast-check'
import {
  createSession,
  holdBack,
  recording,
  runGuardrails,
  runInputGuardrails,
  runLatency,
  runMcp,
  runTools,
  runTranscript,
  runUsage,
  type SessionSnapshot,
  selectItems,
  snapshot,
  type Transport,
} from 'realtime-primitives'
import { fromBeta } from 'realtime-primitives/migrate'
import { createManualClock } from 'realtime-primitives/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { realtimeCodec } from '../../../src/protocol/codec.js'
import { completeEvent } from '../../../src/session/connection/complete-event.js'
import { historyOf } from '../../../src/session/restore/history.js'
import { stateOf } from '../../../src/session/restore/snapshot.js'
import { connectionLost } from '../../../src/session/state/connection-lost.js'
import { reduce } from '../../../src/session/state/reduce.js'
import { initialState } from '../../../src/session/state/state.js'
import { initialTranscription, reduceTranscription } from '../../../src/session/state/transcription.js'
import { droppable } from '../../support/droppable.js'
import { oddEvent } from '../../support/odd-events.js'
import { type Json, sessionResource, settle } from '../../support/peer.js'
import { runs } from '../../support/runs.js'
import { echo } from '../../unit/features/tools/harness.js'

afterEach(() => vi.unstubAllGlobals())

const audio = {
  input: {
    // Input guardrails respond by themselves.
    turn_detection: { type: 'server_vad', create_response: false },
    transcription: { model: 'gpt-4o-transcribe' },
  },
}
const greeting: Json = { type: 'session.created', session: { ...sessionResource, audio } }

describe('events with unexpected content', () => {
  it('no event throws in the state, in a snapshot, or in the history that is restored', () => {
    fc.assert(
      fc.property(fc.array(oddEvent, { maxLength: 20 }), (events) => {
        let state = initialState
        let transcription = initialTranscription
        for (const event of events) {
          const decoded = realtimeCodec.decode(JSON.stringify({ event_id: 'event_1', ...event }))
          if (decoded.kind !== 'event') continue
          // As a session does with what other servers leave out.
          completeEvent(decoded.event)
          state = reduce(state, decoded.event)
          transcription = reduceTranscription(transcription, decoded.event)
        }
        const lost = connectionLost(state)
        const stored = JSON.parse(JSON.stringify(snapshot({ getState: () => lost }))) as SessionSnapshot
        historyOf(selectItems(lost))
        historyOf(selectItems(stateOf(stored)))
      }),
      { numRuns: runs({ usual: 300, certify: 2_000 }) },
    )
  })

  it('no event throws in a session, a feature or a wrapper, also after a drop', async () => {
    const reported = vi.fn()
    vi.stubGlobal('reportError', reported)
    const wrappers: ((transport: Transport) => Transport)[] = [
      (transport) => transport,
      (transport) => recording(transport, () => {}),
      (transport) => fromBeta(transport),
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.array(oddEvent, { maxLength: 15 }),
        fc.constantFrom(...wrappers),
        fc.boolean(),
        async (events, wrap, isHeld) => {
          const server = droppable()
          const clock = createManualClock()
          const wrapped = wrap(server.transport)
          const held = isHeld ? holdBack() : undefined
          const session = createSession({ transport: wrapped, clock, stages: held ? [held] : [] })
          const connecting = session.connect()
          await settle()
          server.sendEvents(greeting)
          await connecting
          runTools(session, [echo]).ready.catch(() => {})
          runMcp(session)
          const judge = [{ name: 'x', check: () => ({ tripped: false }) as const }]
          runGuardrails(session, judge, held ? { holdBack: held } : {})
          await runInputGuardrails(session, judge)
          runTranscript(session)
          runUsage(session, { prices: {} })
          runLatency(session)
          session.playback.enqueued({ itemId: 'i1' })
          for (const event of events) server.sendEvents(event)
          await settle()
          session.playback.played({ itemId: 'i1' }, 5)
          session.interrupt()
          server.drop()
          server.restore()
          server.sendEvents(greeting, ...events)
          await clock.advance(40_000)
          await session.close()
          expect(reported).not.toHaveBeenCalled()
        },
      ),
      { numRuns: runs({ usual: 60, certify: 1_000 }) },
    )
  })

  it.each([
    ['strings', ['step one', 'step two']],
    ['null', [null]],
    ['parts without a type', [{ text: 'x' }]],
    ['parts whose type is a number', [{ type: 7 }]],
  ])('an item of an unknown type keeps its content as sent: %s', async (_, content) => {
    const item = { id: 'i', type: 'reasoning_step', status: 'in_progress', content }
    const decode = (type: string, status: string) => {
      const decoded = realtimeCodec.decode(
        JSON.stringify({ event_id: 'e', type, previous_item_id: null, item: { ...item, status } }),
      )
      if (decoded.kind !== 'event') throw new Error('not an event')
      return decoded.event
    }
    const added = reduce(initialState, decode('conversation.item.added', 'in_progress'))
    const done = reduce(added, decode('conversation.item.done', 'completed'))
    expect(selectItems(done)[0]).toMatchObject({ status: 'completed', item: { content } })
  })
})
