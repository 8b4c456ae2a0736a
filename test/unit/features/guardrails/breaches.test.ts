import {
  createSession,
  type Guardrail,
  holdBack,
  type OutputTripped,
  runGuardrails,
  runInputGuardrails,
} from 'realtime-primitives'
import { createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { TransportError } from '../../../../src/transports/error.js'
import { droppable } from '../../../support/droppable.js'
import { createPeer, type Json, sessionResource, settle } from '../../../support/peer.js'

const blocksBad: Guardrail = { name: 'bad', check: ({ text }) => ({ tripped: text.includes('bad') }) }

const response = (id: string, status: string) => ({ id, object: 'realtime.response', status, output: [] })
const created = (id: string, fields: object = {}): Json => ({
  type: 'response.created',
  response: { ...response(id, 'in_progress'), ...fields },
})
const done = (id: string): Json => ({ type: 'response.done', response: response(id, 'completed') })
const place = (id: string) => ({ response_id: id, item_id: `item_${id}`, output_index: 0, content_index: 0 })
const said = (id: string, delta: string): Json => ({
  type: 'response.output_audio_transcript.delta',
  ...place(id),
  delta,
})
const saidAll = (id: string, transcript: string): Json => ({
  type: 'response.output_audio_transcript.done',
  ...place(id),
  transcript,
})
const sound = (id: string): Json => ({
  type: 'response.output_audio.delta',
  ...place(id),
  delta: 'AAAA',
})

describe('guardrails', () => {
  it('report a response once, also when text arrives after it is done', async () => {
    const peer = createPeer()
    await peer.connect()
    const tripped: OutputTripped[] = []
    runGuardrails(peer.session, [blocksBad], { onTripped: (event) => tripped.push(event) })
    await peer.sendEvents(created('r1'), saidAll('r1', 'bad'))
    await settle()
    await peer.sendEvents(done('r1'))
    await peer.sendEvents(said('r1', 'bad. '), saidAll('r1', 'bad. bad'))
    await settle()
    expect(tripped).toHaveLength(1)
  })

  it('block held audio when the interruption cannot be sent', async () => {
    const server = droppable()
    const clock = createManualClock()
    let isBroken = false
    const send = (frame: string) => {
      if (isBroken) throw new TransportError('NOT_OPEN', { state: 'closed' })
      server.transport.send(frame)
    }
    const inner = Object.create(server.transport, { send: { value: send } })
    const hold = holdBack()
    const session = createSession({ transport: inner, clock, stages: [hold] })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    const tripped: OutputTripped[] = []
    let sounds = 0
    session.on('response.output_audio.delta', () => {
      sounds += 1
    })
    runGuardrails(session, [blocksBad], { holdBack: hold, onTripped: (event) => tripped.push(event) })
    server.sendEvents(created('r1', { conversation_id: null }), said('r1', 'bad'), sound('r1'))
    isBroken = true
    server.sendEvents(saidAll('r1', 'bad'), done('r1'))
    await settle()
    await clock.advance(10_000)
    expect(tripped).toHaveLength(1)
    expect(sounds).toBe(0)
  })

  it('treat an invalid verdict as an exception', async () => {
    const peer = createPeer()
    await peer.connect()
    const tripped: OutputTripped[] = []
    const check = () => ({
      get tripped(): false {
        throw new Error('no')
      },
    })
    runGuardrails(peer.session, [{ name: 'odd', check }], {
      onTripped: (event) => tripped.push(event),
    })
    await peer.sendEvents(created('r1'), saidAll('r1', 'hello'), done('r1'))
    await settle()
    expect(tripped).toMatchObject([{ reason: 'threw' }])
  })
})

describe('held audio', () => {
  it('that was played stays in the conversation when audio arrives too late', async () => {
    const server = droppable()
    const clock = createManualClock()
    const hold = holdBack()
    const session = createSession({ transport: server.transport, clock, stages: [hold] })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    runGuardrails(session, [blocksBad], { holdBack: hold })
    let sounds = 0
    session.on('response.output_audio.delta', () => {
      sounds += 1
    })
    server.sendEvents(created('r1'), said('r1', 'Hello.'), sound('r1'), saidAll('r1', 'Hello.'), done('r1'))
    await settle()
    expect(sounds).toBe(1)
    server.sendEvents(sound('r1'), saidAll('r1', 'Hello.'))
    await settle()
    expect(sounds).toBe(1)
    expect(server.connections.flat().map(({ type }) => type)).not.toContain('conversation.item.delete')
  })
})

describe('input guardrails', () => {
  it('do not respond to a turn whose transcript was lost with the connection', async () => {
    const server = droppable()
    const clock = createManualClock()
    const session = createSession({ transport: server.transport, clock })
    const connecting = session.connect()
    await settle()
    const audio = {
      input: { transcription: { model: 'x' }, turn_detection: { type: 'server_vad', create_response: false } },
    }
    const resource = { ...sessionResource, audio }
    server.sendEvents({ type: 'session.created', session: resource })
    await connecting
    const tripped: unknown[] = []
    await runInputGuardrails(session, [blocksBad], { onTripped: (event) => tripped.push(event) })
    server.sendEvents({ type: 'input_audio_buffer.committed', item_id: 'u1', previous_item_id: null })
    server.drop()
    await settle()
    server.restore()
    server.sendEvents({ type: 'session.created', session: resource })
    await settle()
    await clock.advance(20_000)
    expect(tripped).toEqual([])
    expect(clock.pending).toBe(0)
  })
})
