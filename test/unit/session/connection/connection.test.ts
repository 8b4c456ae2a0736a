import { describe, expect, it, vi } from 'vitest'
import { createPeer, settle } from '../../../support/peer.js'

describe('send', () => {
  it('returns the event_id, and generates a missing one', async () => {
    const peer = createPeer()
    await peer.connect()
    expect(peer.session.send({ type: 'input_audio_buffer.clear', event_id: 'mine' })).toBe('mine')
    const id = peer.session.send({ type: 'input_audio_buffer.clear' })
    await settle()
    expect(peer.sentEvents.map(({ event_id }) => event_id)).toEqual(['mine', id])
    expect(id).toMatch(/^event_[0-9A-Za-z]{18}$/)
  })

  it('throws for an invalid event before anything is sent', async () => {
    const peer = createPeer()
    await peer.connect()
    expect(() => peer.session.send({ type: 'input_audio_buffer.append', audio: 7 as unknown as string })).toThrow(
      'input_audio_buffer.append',
    )
    await settle()
    expect(peer.sentEvents).toEqual([])
  })

  it('throws before the session is connected and after it is closed', async () => {
    const peer = createPeer()
    expect(() => peer.session.send({ type: 'input_audio_buffer.clear' })).toThrow(
      `The session is idle. Await session.connect() first.`,
    )
    await peer.connect()
    await peer.session.close()
    expect(() => peer.session.send({ type: 'input_audio_buffer.clear' })).toThrow(
      `The session is closed (1000). Create a new session to continue.`,
    )
  })
})

describe('request', () => {
  it('resolves with the acknowledgement of the same item', async () => {
    const peer = createPeer()
    await peer.connect()
    const first = peer.session.items.delete('item_1')
    const second = peer.session.items.delete('item_2')
    await settle()
    await peer.sendEvents({ type: 'conversation.item.deleted', item_id: 'item_2' })
    await peer.sendEvents({ type: 'conversation.item.deleted', item_id: 'item_1' })
    expect((await first).item_id).toBe('item_1')
    expect((await second).item_id).toBe('item_2')
  })

  it('rejects with the error that names its event, and listeners receive the error too', async () => {
    const peer = createPeer()
    await peer.connect()
    const errors: unknown[] = []
    peer.session.on('error', ({ error }) => errors.push(error.code))
    const refused = peer.session.items.delete('item_1').catch((error) => error)
    const accepted = peer.session.items.delete('item_2')
    await settle()
    const event_id = peer.sentEvents[0]?.event_id
    await peer.sendEvents(
      {
        type: 'error',
        error: { type: 'invalid_request_error', code: 'item_not_found', message: 'no', param: null, event_id },
      },
      { type: 'conversation.item.deleted', item_id: 'item_2' },
    )
    expect(await refused).toMatchObject({ code: 'SERVER_ERROR', data: { eventType: 'conversation.item.delete' } })
    await accepted
    expect(errors).toEqual(['item_not_found'])
  })

  it('acknowledges several updates in the order they were sent', async () => {
    const peer = createPeer()
    await peer.connect()
    const first = peer.session.update({ instructions: 'a' })
    const second = peer.session.update({ instructions: 'b' })
    await settle()
    for (const instructions of ['a', 'b'])
      await peer.sendEvents({
        type: 'session.updated',
        session: { type: 'realtime', id: 's', object: 'realtime.session', instructions },
      })
    expect(await first).toMatchObject({ instructions: 'a' })
    expect(await second).toMatchObject({ instructions: 'b' })
  })

  it('generates the id of a created item, and accepts conversation.item.created', async () => {
    const peer = createPeer()
    await peer.connect()
    const created = peer.session.items.create(
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      { previousItemId: 'root' },
    )
    const sent = await peer.expectSent('conversation.item.create')
    const item = sent.item as { id: string }
    expect(sent.previous_item_id).toBe('root')
    expect(item.id).toMatch(/^item_/)
    expect(item.id.length).toBeLessThanOrEqual(32)
    await peer.sendEvents({ type: 'conversation.item.created', previous_item_id: null, item: { ...item } })
    expect(await created).toMatchObject({ id: item.id })
  })

  it('rejects at its deadline and releases its resources', async () => {
    const peer = createPeer({ requestTimeoutMs: 300 })
    await peer.connect()
    const outcome = expect(peer.session.audio.commit()).rejects.toThrow(
      `Timed out after 300 ms while waiting for input_audio_buffer.committed. Check the connection, or raise the timeout.`,
    )
    await peer.clock.advance(300)
    await outcome
    expect(peer.clock.pending).toBe(0)
  })

  it('rejects when the session ends', async () => {
    const peer = createPeer()
    await peer.connect()
    const outcome = expect(peer.session.audio.clear()).rejects.toMatchObject({ code: 'CLOSED', data: { code: 1006 } })
    await peer.hangUp()
    await outcome
    expect(peer.clock.pending).toBe(0)
  })
})

describe('on', () => {
  it('delivers an event of an unknown type as unknown, under no other name', async () => {
    const peer = createPeer()
    await peer.connect()
    const unknown: string[] = []
    const close = vi.fn()
    const response = vi.fn()
    peer.session.on('unknown', ({ type }) => unknown.push(type))
    peer.session.on('close', close)
    peer.session.on('response', response)
    const names = ['future.event', 'close', 'response', 'invalid', 'unknown', '__proto__', 'constructor']
    for (const type of names) await peer.sendFrame(`{"type":${JSON.stringify(type)}}`)
    expect(unknown).toEqual(names)
    expect(close).not.toHaveBeenCalled()
    expect(response).not.toHaveBeenCalled()
    expect(peer.session.getState().status).toBe('open')
  })

  it('delivers a broken frame as invalid, and continues', async () => {
    const peer = createPeer()
    await peer.connect()
    const invalid: unknown[] = []
    const cleared = vi.fn()
    peer.session.on('invalid', ({ error, type }) => invalid.push([error.code, type]))
    peer.session.on('input_audio_buffer.cleared', cleared)
    await peer.sendFrame('{"type":')
    await peer.sendFrame('null')
    await peer.sendEvents({ type: 'response.done', response: 'nothing' })
    await peer.sendEvents({ type: 'input_audio_buffer.cleared' })
    expect(invalid).toEqual([
      ['INVALID_JSON', undefined],
      ['INVALID_EVENT', undefined],
      ['INVALID_EVENT', 'response.done'],
    ])
    expect(cleared).toHaveBeenCalledOnce()
  })

  it('survives a server error without listeners', async () => {
    const peer = createPeer()
    await peer.connect()
    await peer.sendEvents({
      type: 'error',
      error: { type: 'server_error', code: null, message: 'oops', param: null, event_id: null },
    })
    expect(peer.session.getState().status).toBe('open')
  })

  it('calls the other listeners when one throws', async () => {
    const reported: unknown[] = []
    vi.stubGlobal('reportError', (error: Error) => reported.push(error.message))
    const peer = createPeer()
    await peer.connect()
    const second = vi.fn()
    peer.session.on('input_audio_buffer.cleared', () => {
      throw new Error('mine')
    })
    peer.session.on('input_audio_buffer.cleared', second)
    await peer.sendEvents({ type: 'input_audio_buffer.cleared' })
    vi.unstubAllGlobals()
    expect(second).toHaveBeenCalledOnce()
    expect(reported).toEqual(['mine'])
  })

  it('runs listeners after the state has changed', async () => {
    const peer = createPeer()
    await peer.connect()
    const seen: boolean[] = []
    peer.session.on('input_audio_buffer.speech_started', () => seen.push(peer.session.getState().inputAudio.isSpeaking))
    await peer.sendEvents({ type: 'input_audio_buffer.speech_started', audio_start_ms: 10, item_id: 'item_1' })
    expect(seen).toEqual([true])
  })
})

describe('events', () => {
  it('yields known and unknown events in order and ends with the session', async () => {
    const peer = createPeer()
    await peer.connect()
    const types: string[] = []
    const reading = (async () => {
      for await (const event of peer.session.events()) types.push(event.type)
    })()
    await peer.sendEvents({ type: 'input_audio_buffer.cleared' }, { type: 'future.event' })
    await peer.session.close()
    await reading
    expect(types).toEqual(['input_audio_buffer.cleared', 'future.event'])
  })

  it('fails only the iterator that falls too far behind', async () => {
    const peer = createPeer()
    await peer.connect()
    const slow = peer.session.events({ limit: 2 })
    const patient = peer.session.events()
    for (let index = 0; index < 4; index++) await peer.sendEvents({ type: 'input_audio_buffer.cleared' })
    await slow.next()
    await slow.next()
    await expect(slow.next()).rejects.toThrow(
      `The iterator is more than 2 events behind. Read it faster, or raise its limit.`,
    )
    expect((await patient.next()).done).toBe(false)
  })

  it('ends when its signal aborts, at once if it has aborted, and other iterators continue', async () => {
    const peer = createPeer()
    await peer.connect()
    const abort = new AbortController()
    const reader = peer.session.events({ signal: abort.signal })
    const next = reader.next()
    abort.abort()
    expect((await next).done).toBe(true)
    expect((await peer.session.events({ signal: abort.signal }).next()).done).toBe(true)
  })
})

describe('waitFor', () => {
  it('resolves with the first event that matches', async () => {
    const peer = createPeer()
    await peer.connect()
    const waited = peer.session.waitFor('conversation.item.deleted', { where: ({ item_id }) => item_id === 'b' })
    await peer.sendEvents(
      { type: 'conversation.item.deleted', item_id: 'a' },
      { type: 'conversation.item.deleted', item_id: 'b' },
    )
    expect((await waited).item_id).toBe('b')
  })

  it('rejects at its deadline, by its signal, and when the session ends', async () => {
    const peer = createPeer()
    await peer.connect()
    const abort = new AbortController()
    const late = expect(peer.session.waitFor('response.done', { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      data: { waitingFor: 'response.done', timeoutMs: 50 },
    })
    await peer.clock.advance(50)
    await late
    const aborted = expect(peer.session.waitFor('response.done', { signal: abort.signal })).rejects.toThrow('enough')
    abort.abort(new Error('enough'))
    await aborted
    const ended = expect(peer.session.waitFor('response.done')).rejects.toMatchObject({ code: 'CLOSED' })
    await peer.session.close()
    await ended
    await expect(peer.session.waitFor('response.done')).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('close', () => {
  it('emits close once, with the initiator', async () => {
    const peer = createPeer()
    await peer.connect()
    const closes: unknown[] = []
    peer.session.on('close', (close) => closes.push(close))
    await Promise.all([peer.session.close(3000, 'bye'), peer.session.close()])
    expect(closes).toEqual([{ code: 3000, reason: 'bye', wasClean: true, initiator: 'client' }])
    expect(await peer.session.closed).toEqual(closes[0])
  })

  it('reports EXPIRED at the time limit of the server', async () => {
    const peer = createPeer()
    await peer.connect()
    await peer.sendEvents({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        code: 'session_expired',
        message: '60 minutes',
        param: null,
        event_id: null,
      },
    })
    await peer.hangUp(1001, '')
    expect(await peer.session.closed).toMatchObject({ code: 1001, initiator: 'server', error: { code: 'EXPIRED' } })
  })

  it('is followed by no event', async () => {
    const peer = createPeer()
    await peer.connect()
    const listener = vi.fn()
    peer.session.on('input_audio_buffer.cleared', listener)
    peer.session.subscribe(listener)
    await peer.session.close()
    listener.mockClear()
    await peer.sendEvents({ type: 'input_audio_buffer.cleared' }).catch(() => {})
    peer.session.on('input_audio_buffer.cleared', listener)
    expect(listener).not.toHaveBeenCalled()
    expect(peer.clock.pending).toBe(0)
  })
})
