import {
  createApprovals,
  createSession,
  createTranscriptionSession,
  createTranslationSession,
  memoryPair,
  runAgents,
  runGuardrails,
  runInputGuardrails,
  runLatency,
  runMcp,
  runTools,
  runTranscript,
  tool,
} from 'realtime-primitives'
import { call, createEmulator, reply, socketPair } from 'realtime-primitives/testing'
import { bridgeTwilio } from 'realtime-primitives/twilio'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createManualClock } from '../../../src/testing/clock.js'
import { createPeer } from '../../support/peer.js'

afterEach(() => vi.restoreAllMocks())

const never = () => new Promise<never>(() => {})

describe('the clock of a session', () => {
  it.each([
    ['realtime', createSession],
    ['transcription', createTranscriptionSession],
    ['translation', createTranslationSession],
  ] as const)('is exposed by a %s session', (_, create) => {
    const clock = createManualClock()
    expect(create({ transport: memoryPair()[0], clock }).clock).toBe(clock)
    expect(create({ transport: memoryPair()[0] }).clock.now()).toBeTypeOf('number')
  })

  it('measures the deadline of a tool', async () => {
    const clock = createManualClock()
    const emulator = createEmulator({ clock, script: [call('slow', {}), reply('Sorry.')] })
    const session = createSession({ transport: emulator.connect(), clock })
    const codes: string[] = []
    const slow = tool({ name: 'slow', timeoutMs: 5_000, execute: never })
    runTools(session, [slow]).on('error', ({ code }) => codes.push(code))
    const connecting = session.connect()
    await clock.advance(10)
    await connecting
    session.respond()
    await clock.advance(60_000)
    expect(codes).toEqual(['TIMEOUT'])
    await session.close()
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['the queue that runTools makes', undefined],
    ['a queue that the app made', createApprovals({ timeoutMs: 60_000 })],
  ])('measures the deadline of an approval in %s', async (_, approvals) => {
    const clock = createManualClock()
    const emulator = createEmulator({ clock, script: [call('pay', {}), reply('Sorry.')] })
    const session = createSession({ transport: emulator.connect(), clock })
    const pay = tool({ name: 'pay', needsApproval: true, execute: () => 'paid' })
    const run = runTools(session, [pay], approvals ? { approvals } : {})
    const decisions: string[] = []
    run.approvals.on('settled', ({ decision }) => decisions.push(decision.by))
    const connecting = session.connect()
    await clock.advance(10)
    await connecting
    session.respond()
    await clock.advance(61_000)
    expect(decisions).toEqual(['deadline'])
    await session.close()
  })

  it('measures the deadline of an MCP approval', async () => {
    const peer = createPeer()
    await peer.connect()
    const { approvals } = runMcp(peer.session)
    const item = { type: 'mcp_approval_request', id: 'mcpr_1', server_label: 's', name: 'n', arguments: '{}' }
    await peer.sendEvents({ type: 'conversation.item.added', item }, { type: 'conversation.item.done', item })
    expect(approvals.pending).toHaveLength(1)
    await peer.clock.advance(60_000)
    expect(approvals.pending).toHaveLength(0)
  })

  it('starts no timer of the system under any feature', async () => {
    const peer = createPeer()
    await peer.connect()
    const systemTimer = vi.spyOn(globalThis, 'setTimeout')
    const { session, clock } = peer
    const features = [
      runTools(session, []),
      runMcp(session),
      runGuardrails(session, [{ name: 'slow', check: never }], { debounceMs: 10 }),
      runTranscript(session),
      runLatency(session),
      bridgeTwilio(socketPair()[0], session),
      runAgents(session, { start: 'a', agents: [{ name: 'a', instructions: never }] }),
    ]
    runInputGuardrails(session, []).catch(() => {})
    await peer.sendEvents(
      { type: 'input_audio_buffer.speech_started', item_id: 'u', audio_start_ms: 0 },
      { type: 'input_audio_buffer.speech_stopped', item_id: 'u', audio_end_ms: 500 },
      { type: 'input_audio_buffer.committed', item_id: 'u', previous_item_id: null },
    )
    await clock.advance(60_000)
    expect(systemTimer).not.toHaveBeenCalled()
    for (const running of features) typeof running === 'function' ? running() : running.stop()
  })
})
