import { createTranscriptionSession, createTranslationSession, TransportError } from 'realtime-primitives'
import { createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it, vi } from 'vitest'
import { droppable } from '../../support/droppable.js'
import { settle } from '../../support/peer.js'

const translation = { type: 'translation', id: 'sess_1', model: 'gpt-realtime-translate', expires_at: 0, audio: {} }
const transcription = { type: 'transcription', id: 'sess_1', object: 'realtime.transcription_session' }

const kinds = {
  translation: {
    create: createTranslationSession,
    resource: translation,
    last: { type: 'session.output_transcript.delta', delta: 'Fin.' },
    ended: [{ type: 'session.closed' }],
    closing: 'session.close',
  },
  transcription: {
    create: createTranscriptionSession,
    resource: transcription,
    last: {
      type: 'conversation.item.input_audio_transcription.delta',
      item_id: 'a',
      content_index: 0,
      delta: 'End.',
    },
    ended: [
      { type: 'input_audio_buffer.committed', item_id: 'a', previous_item_id: null },
      {
        type: 'conversation.item.input_audio_transcription.completed',
        item_id: 'a',
        content_index: 0,
        transcript: 'End.',
        usage: { type: 'duration', seconds: 1 },
      },
    ],
    closing: 'input_audio_buffer.commit',
  },
}

describe.each(Object.entries(kinds))('finishing a %s session', (_name, kind) => {
  async function open() {
    const server = droppable()
    const clock = createManualClock()
    const session = kind.create({ transport: server.transport, clock })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: kind.resource })
    await connecting
    session.audio.append(new Int16Array(2_400))
    // The two kinds have event maps of their own, and only the fact that something arrives matters here.
    const on = session.on as unknown as (type: string, listener: () => void) => () => void
    const closings = () => server.connections.flat().filter(({ type }) => type === kind.closing)
    return { ...server, clock, session, on, closings }
  }

  it('sends the close request once for concurrent calls, which share one result', async () => {
    const { session, sendEvents, closings, clock } = await open()
    const both = Promise.all([session.finish(), session.finish()])
    await settle()
    sendEvents(...kind.ended)
    await both
    await session.finish()
    expect(closings()).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('rejects further audio', async () => {
    const { session, sendEvents } = await open()
    const finishing = session.finish()
    expect(() => session.audio.append(new Int16Array(480))).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    await settle()
    sendEvents(...kind.ended)
    await finishing
  })

  it('delivers remaining events before it resolves, and continues after an API error', async () => {
    const { session, on, sendEvents } = await open()
    const order: string[] = []
    on('error', () => order.push('error'))
    on(kind.last.type, () => order.push('last'))
    const finishing = session.finish().then(() => order.push('finished'))
    await settle()
    sendEvents({ type: 'error', error: { type: 'server_error', code: 'x', message: 'x', param: null } })
    sendEvents(kind.last)
    await settle()
    expect(order).toEqual(['error', 'last'])
    sendEvents(...kind.ended)
    await finishing
    expect(order).toEqual(['error', 'last', 'finished'])
  })

  it.each([1000, 1001, 1005, 1006, 1008, 1011])(
    'resolves when the server closes with %i after its last event, and rejects when it closes before',
    async (code) => {
      const early = await open()
      const closes = vi.fn()
      early.on('close', closes)
      const words = vi.fn()
      early.on(kind.last.type, words)
      const outcome = expect(early.session.finish()).rejects.toMatchObject({ code: 'CLOSED', data: { code } })
      await settle()
      early.sendEvents(kind.last)
      early.giveUp({ code, reason: '', wasClean: code < 1006 })
      await outcome
      expect(words).toHaveBeenCalledOnce()
      expect(closes).toHaveBeenCalledOnce()
      expect(early.clock.pending).toBe(0)

      const late = await open()
      const finishing = late.session.finish()
      await settle()
      late.sendEvents(...kind.ended)
      late.giveUp({ code, reason: '', wasClean: code < 1006 })
      await finishing
      expect(late.clock.pending).toBe(0)
    },
  )

  it('sends a close request that could not be sent to the next server, after a restore', async () => {
    const { session, sendEvents, closings, transport, drop, restore } = await open()
    const send = vi.spyOn(transport, 'send').mockImplementation(() => {
      throw new TransportError('NOT_OPEN', { state: 'closed' })
    })
    const outcome = session.finish().then(
      () => 'finished',
      ({ code }) => code,
    )
    await settle()
    send.mockRestore()
    drop()
    restore()
    sendEvents({ type: 'session.created', session: kind.resource })
    await settle()
    sendEvents(...kind.ended)
    expect(await outcome).toBe('finished')
    expect(closings()).toHaveLength(1)
    await session.close()
  })

  it('resolves when the connection sends no close frame', async () => {
    const { session, sendEvents, clock, transport } = await open()
    transport.close = () => new Promise(() => {})
    const finishing = session.finish()
    await settle()
    sendEvents(...kind.ended)
    await settle()
    await clock.advance(10_000)
    await finishing
    expect(await session.closed).toMatchObject({ code: 1006, wasClean: false, initiator: 'client' })
    expect(clock.pending).toBe(0)
  })

  it('rejects when aborted, and sends nothing when the signal has aborted before', async () => {
    const { session, closings, clock } = await open()
    await expect(session.finish({ signal: AbortSignal.abort('before') })).rejects.toBe('before')
    expect(closings()).toEqual([])
    const abort = new AbortController()
    const outcome = expect(session.finish({ signal: abort.signal })).rejects.toBe('during')
    await settle()
    abort.abort('during')
    await outcome
    expect(closings()).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('rejects when a lost connection does not return in time, and releases all resources', async () => {
    const { session, drop, clock } = await open()
    const outcome = expect(session.finish()).rejects.toMatchObject({ code: 'TIMEOUT' })
    await settle()
    drop()
    await clock.advance(10_000)
    await outcome
    await session.close()
    expect(clock.pending).toBe(0)
  })

  it('emits no events after it has closed', async () => {
    const { session, on, sendEvents } = await open()
    const late = vi.fn()
    on(kind.last.type, late)
    const finishing = session.finish()
    await settle()
    sendEvents(...kind.ended)
    await finishing
    sendEvents(kind.last)
    expect(late).not.toHaveBeenCalled()
  })
})
