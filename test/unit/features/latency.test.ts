import {
  createApprovals,
  createSession,
  type LatencyOptions,
  type LatencyTurn,
  runLatency,
  runUsage,
  type ToolEvents,
} from 'realtime-primitives'
import { call, createEmulator, createManualClock, reply } from 'realtime-primitives/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSamples } from '../../../src/features/latency/percentiles.js'
import { createEmitter } from '../../../src/internal/emitter.js'
import { droppable } from '../../support/droppable.js'
import { createPeer, type Json, sessionResource, settle } from '../../support/peer.js'
import { joined, silentSamples, vowel } from '../../support/speech.js'

const created = (id: string, conversation_id: string | null = 'conv_1'): Json => ({
  type: 'response.created',
  response: { id, object: 'realtime.response', status: 'in_progress', output: [], conversation_id },
})
const done = (id: string, status = 'completed', conversation_id: string | null = 'conv_1'): Json => ({
  type: 'response.done',
  response: { id, object: 'realtime.response', status, output: [], conversation_id },
})
const sound = (response_id: string, item_id: string, ms: number): Json => ({
  type: 'response.output_audio.delta',
  response_id,
  item_id,
  output_index: 0,
  content_index: 0,
  delta: Buffer.alloc(ms * 48).toString('base64'),
})
const answer: Json = {
  type: 'conversation.item.added',
  previous_item_id: null,
  item: { id: 'a', type: 'message', role: 'assistant', status: 'in_progress', content: [] },
}
const words = (response_id: string): Json => ({
  type: 'response.output_text.delta',
  response_id,
  item_id: 'a',
  output_index: 0,
  content_index: 0,
  delta: 'Hi',
})
const calls = (response_id: string, call_id: string, name: string): Json => ({
  type: 'response.output_item.done',
  response_id,
  output_index: 0,
  item: { id: `item_${call_id}`, type: 'function_call', status: 'completed', call_id, name, arguments: '{}' },
})
const output = (call_id: string): Json => ({
  type: 'conversation.item.added',
  previous_item_id: null,
  item: { id: `out_${call_id}`, type: 'function_call_output', call_id, output: '{}' },
})
const speechStopped: Json = { type: 'input_audio_buffer.speech_stopped', audio_end_ms: 900, item_id: 'u1' }
const committed: Json = { type: 'input_audio_buffer.committed', previous_item_id: null, item_id: 'u1' }

async function measured(optionsOf: (session: ReturnType<typeof createPeer>['session']) => LatencyOptions = () => ({})) {
  const peer = createPeer({ responseTimeoutMs: Number.POSITIVE_INFINITY })
  await peer.connect()
  const turns: LatencyTurn[] = []
  const latency = runLatency(peer.session, { ...optionsOf(peer.session), onTurn: (turn) => void turns.push(turn) })
  /** Lets time pass, then the server speaks. */
  const later = async (ms: number, ...events: Json[]) => {
    await peer.clock.advance(ms)
    await peer.sendEvents(...events)
  }
  return { ...peer, latency, turns, later }
}

afterEach(() => vi.unstubAllGlobals())

describe('runLatency: a turn', () => {
  it('has the timestamps from the end of speech to the end of the response', async () => {
    const { later, turns, session, clock } = await measured()
    // The first sound is sentEvents at 340 ms; the player reports it at 430.
    await later(5000, speechStopped)
    await later(10, committed)
    await later(40, created('r1'))
    await later(250, sound('r1', 'a', 400))
    session.playback.enqueued({ itemId: 'a' })
    await clock.advance(130)
    session.playback.played({ itemId: 'a' }, 90)
    await later(20, sound('r1', 'a', 400), done('r1'))
    expect(turns).toEqual([
      {
        trigger: 'speech',
        startedAt: expect.any(Number),
        marks: { committed: 10, created: 50, firstDelta: 300, firstAudible: 340, done: 450, tools: undefined },
        responses: [{ id: 'r1', createdMs: 50, firstDeltaMs: 300, doneMs: 450, status: 'completed' }],
        tools: [],
        outcome: 'completed',
        silence: {
          startMs: 0,
          endMs: 340,
          parts: { turnDetection: 0, queue: 0, server: 300, tool: 0, approval: 0, reconnect: 0, player: 40 },
        },
        usage: undefined,
      },
    ])
    expect(clock.pending).toBe(0)
  })

  it('stays open after response.done until a player has started', async () => {
    const { later, turns, session, clock } = await measured()
    await later(0, speechStopped, committed, created('r1'), sound('r1', 'a', 400))
    session.playback.enqueued({ itemId: 'a' })
    await later(100, done('r1'))
    expect(turns).toEqual([])
    await clock.advance(100)
    session.playback.played({ itemId: 'a' }, 20)
    await clock.advance(20)
    expect(turns[0]?.marks).toMatchObject({ done: 100, firstAudible: 180 })
  })

  it('closes on response.done without a player', async () => {
    const { later, turns, clock } = await measured()
    await later(0, speechStopped, committed, created('r1'), sound('r1', 'a', 400))
    await later(50, done('r1'))
    expect(turns[0]?.marks).toMatchObject({ firstDelta: 0, firstAudible: undefined, done: 50 })
    expect(clock.pending).toBe(0)
  })

  it('times out when playback stalls', async () => {
    const { later, turns, session, clock } = await measured()
    await later(0, speechStopped, created('r1'), sound('r1', 'a', 400))
    session.playback.enqueued({ itemId: 'a' })
    await later(50, done('r1'))
    await clock.advance(30_000)
    expect(turns[0]?.marks.firstAudible).toBeUndefined()
    expect(clock.pending).toBe(0)
  })

  it('includes function calls and the response after them', async () => {
    const { later, turns } = await measured()
    await later(0, speechStopped, committed)
    await later(100, created('r1'))
    await later(100, calls('r1', 'c1', 'weather'), calls('r1', 'c2', 'time'), done('r1'))
    await later(300, output('c2'))
    await later(200, output('c1'))
    await later(50, created('r2'))
    await later(150, words('r2'))
    await later(100, done('r2'))
    expect(turns).toMatchObject([
      {
        marks: { created: 100, firstDelta: 900, done: 1000, tools: 500 },
        responses: [
          { id: 'r1', createdMs: 100, firstDeltaMs: undefined, doneMs: 200 },
          { id: 'r2', createdMs: 750, firstDeltaMs: 900, doneMs: 1000 },
        ],
        tools: [
          { callId: 'c1', name: 'weather', startMs: 200, endMs: 700 },
          { callId: 'c2', name: 'time', startMs: 200, endMs: 500 },
        ],
      },
    ])
  })

  it('adds up the time of consecutive tools', async () => {
    const { later, turns } = await measured()
    await later(0, created('r1'), calls('r1', 'c1', 'a'), done('r1'))
    await later(100, output('c1'), created('r2'))
    await later(1000, calls('r2', 'c2', 'b'), done('r2'))
    await later(200, output('c2'), created('r3'), done('r3'))
    expect(turns).toMatchObject([{ marks: { tools: 300 } }])
  })

  it('closes when the next turn starts before its calls are answered', async () => {
    const { later, turns } = await measured()
    await later(0, speechStopped, created('r1'), calls('r1', 'c1', 'hang_up'), done('r1'))
    expect(turns).toEqual([])
    await later(500, speechStopped)
    expect(turns).toMatchObject([
      { tools: [{ name: 'hang_up', endMs: undefined }], marks: { done: 0, tools: undefined } },
    ])
  })

  it('completes with its running response when that calls a tool after the next turn has started', async () => {
    const { turns, later } = await measured()
    await later(0, created('r1'))
    await later(100, speechStopped)
    await later(200, calls('r1', 'c1', 'weather'), done('r1'))
    expect(turns.map(({ responses }) => responses.map(({ id }) => id))).toEqual([['r1']])
    await later(100, output('c1'), created('r2'), done('r2'))
    expect(turns.map(({ responses }) => responses.map(({ id }) => id))).toEqual([['r1'], ['r2']])
  })

  it('starts at the earliest known event', async () => {
    const { later, turns, latency } = await measured()
    await later(0, committed)
    await later(100, created('r1'), done('r1'))
    latency.requested()
    await later(200, created('r2'), done('r2'))
    await later(300, created('r3'), done('r3'))
    expect(turns.map(({ trigger, marks: { created, committed } }) => [trigger, created, committed])).toEqual([
      ['commit', 100, 0],
      ['request', 200, undefined],
      ['response', 0, undefined],
    ])
  })

  it('starts at the last end of speech before the response', async () => {
    const { later, turns } = await measured()
    await later(0, speechStopped, committed)
    await later(700, speechStopped, committed)
    await later(100, created('r1'), done('r1'))
    expect(turns).toMatchObject([{ marks: { created: 100 } }])
  })

  it('is cancelled by an interruption, including what was just played', async () => {
    const { later, turns, session, clock } = await measured()
    await later(0, speechStopped, created('r1'), answer, sound('r1', 'a', 1000))
    session.playback.enqueued({ itemId: 'a' })
    await clock.advance(45)
    session.playback.played({ itemId: 'a' }, 5)
    await later(0, { type: 'input_audio_buffer.speech_started', audio_start_ms: 2000, item_id: 'u2' })
    await later(10, done('r1', 'cancelled'))
    await later(500, speechStopped)
    expect(turns).toMatchObject([{ outcome: 'cancelled', marks: { firstAudible: 40, done: 55 } }])
    expect(clock.pending).toBe(0)
  })

  it('ignores out-of-band responses', async () => {
    const { later, turns } = await measured()
    await later(0, speechStopped, created('o1', null), words('o1'), done('o1', 'completed', null))
    expect(turns).toEqual([])
    await later(80, created('r1'), created('o2', null), words('r1'), done('r1'))
    expect(turns).toMatchObject([{ trigger: 'speech', responses: [{ id: 'r1' }] }])
  })

  it('has the tokens and the cost of its responses with a usage meter', async () => {
    const prices = { 'gpt-realtime': { input: { text: 4 }, output: { text: 16 } } }
    const { later, turns } = await measured((session) => ({ usage: runUsage(session, { prices }) }))
    const usage = (input: number, output: number) => ({
      total_tokens: input + output,
      input_tokens: input,
      output_tokens: output,
      input_token_details: { text_tokens: input, audio_tokens: 0, cached_tokens: 0 },
      output_token_details: { text_tokens: output, audio_tokens: 0 },
    })
    const doneWith = (id: string, spent: object): Json => ({
      ...done(id),
      response: { ...(done(id).response as Json), usage: spent },
    })
    await later(0, created('r1'), calls('r1', 'c1', 'weather'), doneWith('r1', usage(100, 10)))
    await later(100, output('c1'), created('r2'), words('r2'), doneWith('r2', usage(200, 5)))
    await later(0, created('r3'), words('r3'), done('r3'))
    expect(turns).toMatchObject([
      { usage: { tokens: { input: { total: 300 }, output: { total: 15 } }, cost: { exact: '0.00144' } } },
      { usage: undefined },
    ])
  })

  it('continues with the next response when the connection is lost before it brought anything', async () => {
    const server = droppable('events')
    const clock = createManualClock()
    const session = createSession({ transport: server.transport, clock })
    const turns: LatencyTurn[] = []
    runLatency(session, { onTurn: (turn) => void turns.push(turn) })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    server.sendEvents(speechStopped, committed)
    await clock.advance(100)
    server.sendEvents(created('r1'))
    server.drop()
    await clock.advance(300)
    server.restore()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await clock.advance(200)
    expect(turns).toEqual([])
    server.sendEvents(created('r2'), words('r2'), done('r2'))
    expect(turns).toMatchObject([
      {
        outcome: 'completed',
        responses: [
          { id: 'r1', status: 'lost', createdMs: 100, lostMs: 100, doneMs: undefined },
          { id: 'r2', lostMs: undefined },
        ],
        silence: { startMs: 0, endMs: 600, parts: { server: 300, reconnect: 300 } },
      },
    ])
  })

  it('does not wait for a background call, nor for a call of an earlier turn', async () => {
    const approvals = createApprovals()
    const activity = createEmitter<Pick<ToolEvents, 'started' | 'settled'>>()
    const { later, turns } = await measured(() => ({ tools: { approvals, on: activity.on } }))
    const callOf = (callId: string) => {
      const arguments_ = { tool: 'report', arguments: '{}', itemId: `item_${callId}`, responseId: 'r1' }
      return { call: { callId, ...arguments_ } }
    }
    await later(0, speechStopped, created('r1'), calls('r1', 'c1', 'report'), calls('r1', 'c2', 'pay'))
    activity.emit('started', callOf('c1'))
    const { signal } = new AbortController()
    void approvals.request({ id: 'c2', kind: 'function', tool: 'pay', arguments: {} }, signal)
    // The placeholders of both calls.
    await later(100, done('r1'), output('c1'), output('c2'), created('r2'))
    await later(300, words('r2'), done('r2'))
    await later(500, speechStopped, created('r3'), calls('r3', 'c3', 'report'))
    activity.emit('started', callOf('c3'))
    await later(100, speechStopped, created('r4'))
    await later(400, words('r4'), done('r4'), done('r3'))
    expect(turns.map(({ silence }) => silence?.parts)).toMatchObject([
      { approval: 100, tool: 0, server: 300 },
      { approval: 0, tool: 0, server: 400 },
      undefined,
    ])
  })

  it('is reported as lost when the connection is lost', async () => {
    const { later, turns, session, clock } = await measured()
    await later(0, speechStopped, created('r1'), sound('r1', 'a', 100))
    await session.close()
    expect(turns).toMatchObject([{ outcome: 'lost', marks: { created: 0, done: undefined } }])
    expect(clock.pending).toBe(0)
  })

  it('is audible on output_audio_buffer.started on a media transport', async () => {
    const server = droppable('media')
    const clock = createManualClock()
    const session = createSession({ transport: server.transport, clock })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    const turns: LatencyTurn[] = []
    runLatency(session, { onTurn: (turn) => void turns.push(turn) })
    server.sendEvents(speechStopped, committed, created('r1'))
    await clock.advance(320)
    server.sendEvents({ type: 'output_audio_buffer.started', response_id: 'r1' }, done('r1'))
    expect(turns).toMatchObject([{ marks: { firstAudible: 320 } }])
  })

  it('accepts events in an invalid order', async () => {
    const { later, turns } = await measured()
    await later(
      0,
      done('r0'),
      words('r0'),
      output('c9'),
      created('r1'),
      created('r1'),
      done('r1'),
      done('r1'),
      words('r1'),
    )
    expect(turns).toMatchObject([{ responses: [{ id: 'r1' }] }])
  })
})

describe('runLatency', () => {
  it('continues when a listener throws, also in a timer', async () => {
    const errors: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => errors.push(error))
    const peer = createPeer({ responseTimeoutMs: Number.POSITIVE_INFINITY })
    await peer.connect()
    const latency = runLatency(peer.session, {
      onTurn() {
        throw new Error('no tracer')
      },
    })
    await peer.sendEvents(created('r1'), sound('r1', 'a', 100))
    peer.session.playback.enqueued({ itemId: 'a' })
    await peer.sendEvents(done('r1'))
    peer.session.playback.played({ itemId: 'a' }, 10)
    await peer.clock.advance(100)
    expect(errors).toHaveLength(1)
    expect(latency.summary().done?.count).toBe(1)
  })

  it('stop: releases the timer and keeps the state', async () => {
    const { later, turns, latency, clock } = await measured()
    await later(0, created('r1'), done('r1'), created('r2'), sound('r2', 'a', 100))
    expect(clock.pending).toBe(1)
    latency.stop()
    latency.stop()
    latency.requested()
    expect(clock.pending).toBe(0)
    await later(10, done('r2'), created('r3'), done('r3'))
    expect(turns).toHaveLength(1)
    expect(latency.summary().done).toMatchObject({ count: 1 })
  })

  it('contains no percentiles for missing timestamps', async () => {
    const { latency, later } = await measured()
    expect(latency.summary()).toEqual({
      committed: undefined,
      created: undefined,
      firstDelta: undefined,
      firstAudible: undefined,
      done: undefined,
      tools: undefined,
      silence: {},
    })
    await later(0, created('r1'), done('r1'))
    expect(latency.summary()).toMatchObject({ created: { count: 1, p50: 0, max: 0 }, tools: undefined })
  })

  it('contains percentiles that are values of turns', async () => {
    const { latency, later } = await measured()
    for (let index = 1; index <= 20; index++) {
      latency.requested()
      await later(index * 10, created(`r${index}`), done(`r${index}`))
    }
    expect(latency.summary().created).toEqual({ count: 20, p50: 100, p90: 180, p95: 190, p99: 200, max: 200 })
  })

  it('keeps the latest values up to its limit', () => {
    const samples = createSamples(10)
    for (let value = 1; value <= 1000; value++) samples.add(value)
    expect(samples.percentiles()).toEqual({ count: 10, p50: 995, p90: 999, p95: 1000, p99: 1000, max: 1000 })
  })
})

describe('runLatency: a spoken turn with the emulator', () => {
  it('takes as long as the emulator and the tool do', async () => {
    const clock = createManualClock()
    const emulator = createEmulator({ clock, latencyMs: 300, script: [call('weather'), reply('Rain.')] })
    const session = createSession({ transport: emulator.connect(), clock })
    const connecting = session.connect()
    await clock.advance(0)
    await connecting
    const turns: LatencyTurn[] = []
    runLatency(session, { onTurn: (turn) => void turns.push(turn) })
    session.on('response.output_item.done', ({ item }) => {
      if (item.type !== 'function_call') return
      clock.after(800, () => {
        session.send({
          type: 'conversation.item.create',
          item: { type: 'function_call_output', call_id: String(item.call_id), output: 'rain' },
        })
        session.respond()
      })
    })
    session.audio.append(joined(silentSamples(400), vowel(800), silentSamples(1200)))
    await clock.advance(10_000)
    const [turn] = turns
    expect(turn).toMatchObject({ trigger: 'speech', outcome: 'completed', tools: [{ name: 'weather' }] })
    expect(turn?.marks.tools).toBe(800)
    expect(turn?.responses).toHaveLength(2)
    const [first, second] = turn?.responses ?? []
    expect((second?.firstDeltaMs ?? 0) - (second?.createdMs ?? 0)).toBe(300)
    expect(turn?.marks.firstDelta).toBe(second?.firstDeltaMs)
    expect(first?.doneMs).toBeLessThanOrEqual(second?.createdMs ?? 0)
    await session.close()
    expect(clock.pending).toBe(0)
  })
})
