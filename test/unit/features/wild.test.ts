import fc from 'fast-check'
import {
  createSession,
  holdBack,
  runGuardrails,
  runLatency,
  runMcp,
  runTools,
  runTranscript,
  runUsage,
  selectLines,
} from 'realtime-primitives'
import { createManualClock } from 'realtime-primitives/testing'
import { afterEach, expect, it, vi } from 'vitest'
import { droppable } from '../../support/droppable.js'
import { sessionResource, settle } from '../../support/peer.js'
import { runs, seedOfRuns } from '../../support/runs.js'
import { wildEvent } from '../../support/wild-events.js'
import { echo } from './tools/harness.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

it('features: random events cause no exception and leave no timer', async () => {
  const reported = vi.fn()
  vi.stubGlobal('reportError', reported)
  await fc.assert(
    fc.asyncProperty(
      fc.array(wildEvent, { maxLength: 30 }),
      fc.boolean(),
      fc.nat({ max: 20 }),
      async (events, isHeld, dropAt) => {
        const server = droppable()
        const clock = createManualClock()
        const held = holdBack()
        const session = createSession({ transport: server.transport, clock, stages: isHeld ? [held] : [] })
        const connecting = session.connect()
        await settle()
        server.sendEvents({ type: 'session.created', session: sessionResource })
        await connecting
        runTools(session, [echo]).ready.catch(() => {})
        runMcp(session)
        const judge = [{ name: 'x', check: () => ({ tripped: false }) as const }]
        runGuardrails(session, judge, isHeld ? { holdBack: held } : {})
        const transcript = runTranscript(session)
        const usage = runUsage(session, { prices: {} })
        runLatency(session)
        for (const [index, event] of events.entries()) {
          if (index === dropAt) {
            server.drop()
            await settle()
            server.restore()
            server.sendEvents({ type: 'session.created', session: sessionResource })
          }
          server.sendEvents(event as never)
          await settle()
        }
        selectLines(transcript.getState())
        expect(usage.getState().total.input.total).toBeGreaterThanOrEqual(0)
        await clock.advance(40_000)
        await session.close()
        expect(clock.pending).toBe(0)
        expect(reported).not.toHaveBeenCalled()
      },
    ),
    { numRuns: runs({ usual: 60, certify: 2_000 }), seed: seedOfRuns() },
  )
})
