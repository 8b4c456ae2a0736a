import fc from 'fast-check'
import { createSession, type ResponseHandle, type RestoredEvent, reconnecting, selectItems } from 'realtime-primitives'
import { createEmulator, createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { flaky } from '../../support/flaky.js'
import { runs } from '../../support/runs.js'

const fault = fc.oneof(
  fc.constantFrom(1006, 1011, 1012, 1013).map((code) => ({ kind: 'cut' as const, code })),
  fc.record({
    kind: fc.constant('refuse' as const),
    attempts: fc.integer({ min: 1, max: 3 }),
    status: fc.constantFrom(429, 500, 503),
  }),
  fc.constant({ kind: 'stall' as const }),
  fc.constant({ kind: 'release' as const }),
  fc.constantFrom('', '{', 'null', '{"type":7}', '{"type":"response.done"}', '{"type":"future"}').map((frame) => ({
    kind: 'garble' as const,
    frame,
  })),
)
const step = fc.oneof(
  { weight: 3, arbitrary: fault },
  { weight: 3, arbitrary: fc.constant({ kind: 'say' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'respond' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'append' as const }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 3_000 }).map((ms) => ({ kind: 'wait' as const, ms })) },
)

describe('a session with random connection faults', () => {
  it('keeps every acknowledged item once, and settles every promise', async () => {
    let faults = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14, size: 'max' }), async (steps) => {
        const clock = createManualClock()
        const emulator = createEmulator({ clock, pace: 100, latencyMs: 20 })
        const line = flaky(emulator.connect({ model: 'gpt-realtime-2.1' }))
        const session = createSession({
          transport: reconnecting(line.transport, { clock, random: () => 0.5 }),
          clock,
          config: {
            instructions: 'Be brief.',
            output_modalities: ['text'],
            audio: { input: { turn_detection: null } },
          },
        })
        const reports: RestoredEvent[] = []
        session.on('restored', (report) => reports.push(report))
        const connecting = session.connect()
        await clock.advance(10)
        await connecting

        const acknowledged: string[] = []
        const handles: ResponseHandle[] = []
        const unsettled = new Set<Promise<unknown>>()
        for (const [index, act] of steps.entries()) {
          if (act.kind === 'say') {
            const id = `item_${index}`
            const created = session.items
              .create(
                { type: 'message', role: 'user', id, content: [{ type: 'input_text', text: id }] },
                { timeoutMs: 300_000 },
              )
              .then(() => acknowledged.push(id))
            unsettled.add(created)
            created.finally(() => unsettled.delete(created))
          } else if (act.kind === 'respond') handles.push(session.respond())
          else if (act.kind === 'append') session.audio.append(new Int16Array(480))
          else if (act.kind === 'wait') await clock.advance(act.ms)
          else {
            faults += 1
            if (act.kind === 'cut') line.cut(act.code)
            else if (act.kind === 'refuse') line.refuse(act.attempts, act.status)
            else if (act.kind === 'stall') line.stall()
            else if (act.kind === 'release') line.release()
            else line.garble(act.frame)
          }
        }
        line.release()
        await clock.advance(200_000)

        expect(session.getState().status).toBe('open')
        expect(unsettled.size).toBe(0)
        const said = steps.flatMap(({ kind }, index) => (kind === 'say' ? [`item_${index}`] : []))
        expect(acknowledged.toSorted()).toEqual(said.toSorted())
        const ids = selectItems(session.getState()).map(({ id }) => id)
        expect(ids.filter((id) => said.includes(id))).toEqual(said)
        expect(new Set(ids).size).toBe(ids.length)
        for (const id of said) {
          const retrieved = session.items.retrieve(id)
          await clock.advance(10)
          expect(await retrieved).toMatchObject({ content: [{ text: id }] })
        }
        for (const report of reports) expect(report.lost).toEqual([])
        await session.close()
        for (const handle of handles) await handle.done
        expect(clock.pending).toBe(0)
      }),
      { numRuns: runs({ usual: 150, certify: 2_000 }) },
    )
    expect(faults).toBeGreaterThan(250)
  })
})
