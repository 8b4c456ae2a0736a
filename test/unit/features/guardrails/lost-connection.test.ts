import {
  createSession,
  type Guardrail,
  type InputGuardrailOptions,
  runGuardrails,
  runInputGuardrails,
  type Verdict,
} from 'realtime-primitives'
import { createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { createDeferred } from '../../../../src/internal/deferred.js'
import { droppable } from '../../../support/droppable.js'
import { type Json, sessionResource, settle } from '../../../support/peer.js'

const blocksBad: Guardrail = { name: 'bad', check: ({ text }) => ({ tripped: text.includes('bad') }) }
const resource = { ...sessionResource, audio: { input: { transcription: { model: 'x' }, turn_detection: null } } }

const userItem = (id: string): Json => ({
  type: 'conversation.item.added',
  previous_item_id: null,
  item: {
    id,
    type: 'message',
    role: 'user',
    status: 'completed',
    content: [{ type: 'input_audio', transcript: null }],
  },
})
const committed = (item_id: string): Json => ({ type: 'input_audio_buffer.committed', item_id, previous_item_id: null })
const transcribed = (item_id: string, transcript: string): Json => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id,
  content_index: 0,
  transcript,
})
const created = (id: string): Json => ({
  type: 'response.created',
  response: { id, object: 'realtime.response', status: 'in_progress', output: [], conversation_id: 'conv_1' },
})
const done = (id: string): Json => ({
  type: 'response.done',
  response: { id, object: 'realtime.response', status: 'completed', output: [], conversation_id: 'conv_1' },
})

async function connected(kind: 'own' | 'joined' = 'own') {
  const server = droppable('events', kind)
  const clock = createManualClock()
  const session = createSession({ transport: server.transport, clock })
  const sendEvents = async (...events: Json[]) => {
    server.sendEvents(...events)
    await settle()
  }
  const greet = () => sendEvents({ type: kind === 'own' ? 'session.created' : 'session.updated', session: resource })
  const answered = new Set<Json>()
  /** Acknowledges the items that the client created, such as the restored history. */
  const acknowledge = async () => {
    for (let turn = 0; turn < 3; turn++) {
      for (const event of server.connections.at(-1) ?? []) {
        if (answered.has(event)) continue
        answered.add(event)
        if (event.type === 'conversation.item.create')
          await sendEvents({ type: 'conversation.item.added', previous_item_id: null, item: event.item })
        if (event.type === 'session.update') await sendEvents({ type: 'session.updated', session: resource })
      }
      await settle()
    }
  }
  const connecting = session.connect()
  await settle()
  await greet()
  await connecting
  return {
    session,
    clock,
    sendEvents,
    async drop() {
      server.drop()
      await settle()
    },
    async restore() {
      server.restore()
      await greet()
      await acknowledge()
    },
    /** What the client sent on the current connection, of one type. */
    sent: (type: string) => (server.connections.at(-1) ?? []).filter((event) => event.type === type),
  }
}

async function guarded(options: InputGuardrailOptions = {}, guardrail = blocksBad, kind: 'own' | 'joined' = 'own') {
  const peer = await connected(kind)
  const { stop } = await runInputGuardrails(peer.session, [guardrail], options)
  return { ...peer, stop }
}

describe('runInputGuardrails, when the connection is lost', () => {
  it.each(['own', 'joined'] as const)('after its response.create, requests the response again (%s)', async (kind) => {
    const { sendEvents, sent, drop, restore } = await guarded({}, blocksBad, kind)
    await sendEvents(committed('u1'), userItem('u1'), transcribed('u1', 'hello'))
    expect(sent('response.create')).toHaveLength(1)
    await drop()
    await restore()
    expect(sent('response.create')).toHaveLength(1)
  })

  it('again and again, requests the response each time', async () => {
    const { sendEvents, sent, drop, restore } = await guarded()
    await sendEvents(committed('u1'), userItem('u1'), transcribed('u1', 'hello'))
    for (let outage = 0; outage < 3; outage++) {
      await drop()
      await restore()
      expect(sent('response.create')).toHaveLength(1)
    }
    await sendEvents(created('r1'), done('r1'))
    await drop()
    await restore()
    expect(sent('response.create')).toHaveLength(0)
  })

  it('while the response runs, requests it again from another server', async () => {
    const { sendEvents, sent, drop, restore } = await guarded()
    await sendEvents(committed('u1'), userItem('u1'), transcribed('u1', 'hello'))
    await sendEvents(created('r1'))
    await drop()
    await restore()
    expect(sent('response.create')).toHaveLength(1)
  })

  it('while the response runs, leaves it to a server that outlives the connection', async () => {
    const { sendEvents, sent, drop, restore } = await guarded({}, blocksBad, 'joined')
    await sendEvents(committed('u1'), userItem('u1'), transcribed('u1', 'hello'))
    await sendEvents(created('r1'))
    await drop()
    await restore()
    expect(sent('response.create')).toHaveLength(0)
  })

  it('after a half-open time, requests the response again', async () => {
    const { clock, sendEvents, sent, drop, restore } = await guarded()
    await sendEvents(committed('u1'), userItem('u1'), transcribed('u1', 'hello'))
    await clock.advance(60_000)
    await drop()
    await restore()
    expect(sent('response.create')).toHaveLength(1)
  })

  it('after the request for an explanation, requests it again and deletes the words again', async () => {
    const { clock, sendEvents, sent, drop, restore } = await guarded({ action: { explain: 'Ask for other words.' } })
    await sendEvents(committed('u1'), userItem('u1'), transcribed('u1', 'bad'))
    await clock.advance(25_000)
    await drop()
    await restore()
    expect(sent('conversation.item.delete')).toMatchObject([{ item_id: 'u1' }])
    expect(sent('response.create')).toMatchObject([{ response: { instructions: 'Ask for other words.' } }])
  })

  it('during a check, responds to the turn when it passes', async () => {
    const verdict = createDeferred<Verdict<undefined>>()
    const slow: Guardrail = { name: 'slow', check: () => verdict.promise }
    const { sendEvents, sent, drop, restore } = await guarded({}, slow)
    await sendEvents(committed('u1'), userItem('u1'), transcribed('u1', 'hello'))
    await drop()
    await restore()
    verdict.resolve({ tripped: false })
    await settle()
    expect(sent('response.create')).toHaveLength(1)
  })

  it('requests nothing after it was stopped', async () => {
    const { sendEvents, sent, drop, restore, stop } = await guarded()
    await sendEvents(committed('u1'), userItem('u1'), transcribed('u1', 'hello'))
    await stop()
    await drop()
    await restore()
    expect(sent('response.create')).toHaveLength(0)
  })
})

describe('runGuardrails, when the connection is lost', () => {
  it('after the request for an explanation, requests it again', async () => {
    const { session, sendEvents, sent, drop, restore } = await connected()
    runGuardrails(session, [blocksBad], { action: { explain: 'Say sorry.' } })
    const place = { response_id: 'r1', item_id: 'i1', output_index: 0, content_index: 0 }
    await sendEvents(created('r1'), { type: 'response.output_text.done', ...place, text: 'bad' }, done('r1'))
    expect(sent('response.create')).toHaveLength(1)
    await drop()
    await restore()
    expect(sent('response.create')).toMatchObject([{ response: { instructions: 'Say sorry.' } }])
  })
})
