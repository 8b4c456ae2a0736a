import {
  createTranscriptionSession,
  createTranslationSession,
  memoryPair,
  type TranscriptionSession,
} from 'realtime-primitives'
import { createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { createPeer, type Json, sessionResource, settle } from '../../support/peer.js'

const unknownEvent = { type: 'response.smell.delta', response_id: 'resp_1' }

describe("on('*')", () => {
  it('receives every server event with the state that includes it, before the listeners of its type', async () => {
    const peer = createPeer()
    const received: string[] = []
    peer.session.on('*', ({ type }) => received.push(`* ${type} ${peer.session.getState().session?.id}`))
    peer.session.on('session.created', () => received.push('session.created'))
    await peer.connect()
    await peer.sendEvents(unknownEvent)
    expect(received).toEqual(['* session.created sess_1', 'session.created', '* response.smell.delta sess_1'])
  })

  it('receives errors that the session handles by itself, as events() does', async () => {
    const peer = createPeer()
    await peer.connect()
    const received: string[] = []
    const iterated: string[] = []
    peer.session.on('*', ({ type }) => received.push(type))
    const events = peer.session.events()
    peer.session.on('error', () => received.push('listener of error'))
    peer.session.respond()
    const { event_id } = await peer.expectSent('response.create')
    await peer.sendEvents({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        code: 'conversation_already_has_active_response',
        message: 'busy',
        event_id,
      },
    })
    await peer.session.close()
    for await (const { type } of events) iterated.push(type)
    expect(received).toEqual(['error'])
    expect(iterated).toEqual(received)
  })

  it('receives no frame that is not a valid event, and nothing after it is unsubscribed', async () => {
    const peer = createPeer()
    await peer.connect()
    const received: string[] = []
    const unsubscribe = peer.session.on('*', ({ type }) => received.push(type))
    await peer.sendFrame('{')
    unsubscribe()
    await peer.sendEvents(unknownEvent)
    expect(received).toEqual([])
  })

  it.each(['transcription', 'translation'] as const)('receives the events of a %s session', async (kind) => {
    const [near, far] = memoryPair()
    const create = kind === 'transcription' ? createTranscriptionSession : createTranslationSession
    const session = create({ transport: near, clock: createManualClock() })
    const received: string[] = []
    const on = session.on as TranscriptionSession['on']
    on('*', ({ type }) => received.push(type))
    far.open().catch(() => {})
    const connecting = session.connect()
    await settle()
    const events: Json[] = [{ type: 'session.created', session: { ...sessionResource, type: kind } }, unknownEvent]
    for (const event of events) far.send(JSON.stringify({ event_id: 'event_1', ...event }))
    await connecting
    await settle()
    expect(received).toEqual(['session.created', 'response.smell.delta'])
    await session.close()
  })
})
