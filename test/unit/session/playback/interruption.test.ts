import { createSession, type Interruption, type SessionOptions, selectItems } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { createPeer, type Json, type Peer, sessionResource, settle } from '../../../support/peer.js'

const place = (item_id: string) => ({ response_id: 'resp_1', item_id, output_index: 0, content_index: 0 })
/** Returns a delta with 24 kHz PCM16 of a duration in milliseconds. */
const audioDelta = (item_id: string, ms: number): Json => ({
  type: 'response.output_audio.delta',
  ...place(item_id),
  delta: Buffer.alloc(ms * 48).toString('base64'),
})
const audioDone = (item_id: string): Json => ({ type: 'response.output_audio.done', ...place(item_id) })
const created: Json = {
  type: 'response.created',
  response: { id: 'resp_1', object: 'realtime.response', status: 'in_progress', output: [], conversation_id: 'conv_1' },
}
const done: Json = {
  type: 'response.done',
  response: { id: 'resp_1', object: 'realtime.response', status: 'completed', output: [], conversation_id: 'conv_1' },
}
const added = (id: string): Json => ({
  type: 'conversation.item.added',
  previous_item_id: null,
  item: { id, type: 'message', role: 'assistant', status: 'in_progress', content: [] },
})
const speechStarted: Json = { type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'item_user' }

async function answering(options: Partial<SessionOptions> = {}) {
  const peer = createPeer(options)
  await peer.connect()
  const interruptions: Interruption[] = []
  peer.session.on('interrupted', (interruption) => interruptions.push(interruption))
  await peer.sendEvents(created, added('a'), audioDelta('a', 500))
  return { ...peer, interruptions }
}

const sent = (peer: Peer) =>
  peer.sentEvents.map(({ type, item_id, audio_end_ms, response_id }) => [type, item_id ?? response_id, audio_end_ms])

describe('interrupt', () => {
  it('cancels the response and truncates the played item at whole milliseconds', async () => {
    const peer = await answering()
    peer.session.playback.enqueued({ itemId: 'a' })
    peer.session.playback.played({ itemId: 'a' }, 120.7)
    expect(peer.session.interrupt()).toEqual({
      by: 'client',
      played: { itemId: 'a', contentIndex: 0, playedMs: 120, receivedMs: 500, text: '' },
      unplayedItemIds: [],
    })
    await settle()
    expect(sent(peer)).toEqual([
      ['response.cancel', 'resp_1', undefined],
      ['conversation.item.truncate', 'a', 120],
    ])
    expect(peer.interruptions).toHaveLength(1)
  })

  it('reports the played text, and keeps it in the state', async () => {
    const peer = await answering()
    await peer.sendEvents({
      type: 'response.output_audio_transcript.delta',
      response_id: 'resp_1',
      item_id: 'a',
      output_index: 0,
      content_index: 0,
      delta: 'One two three four five',
    })
    peer.session.playback.enqueued({ itemId: 'a' })
    peer.session.playback.played({ itemId: 'a' }, 300)
    expect(peer.session.interrupt()?.played?.text).toBe('One two three')
    expect(peer.interruptions[0]?.played?.text).toBe('One two three')
    expect(selectItems(peer.session.getState())[0]?.playedText).toBe('One two three')
  })

  it('truncates no later than the received audio', async () => {
    const peer = await answering()
    peer.session.playback.played({ itemId: 'a' }, 900)
    expect(peer.session.interrupt()?.played).toMatchObject({ playedMs: 500, receivedMs: 500 })
  })

  it('deletes unplayed items, and truncates only the played one', async () => {
    const peer = await answering()
    await peer.sendEvents(audioDone('a'), added('b'), audioDelta('b', 300))
    peer.session.playback.enqueued({ itemId: 'a' })
    peer.session.playback.played({ itemId: 'a' }, 200)
    expect(peer.session.interrupt()).toMatchObject({ played: { itemId: 'a' }, unplayedItemIds: ['b'] })
    await settle()
    expect(sent(peer).slice(1)).toEqual([
      ['conversation.item.truncate', 'a', 200],
      ['conversation.item.delete', 'b', undefined],
    ])
  })

  it('truncates every item that was played in part, and restores only what was played of each', async () => {
    const peer = await answering()
    const words = (item_id: string): Json => ({
      type: 'response.output_audio_transcript.delta',
      ...place(item_id),
      delta: 'one two three four five',
    })
    await peer.sendEvents(words('a'), audioDone('a'), added('b'), audioDelta('b', 500), words('b'), audioDone('b'))
    await peer.sendEvents(added('c'), audioDelta('c', 500))
    peer.session.playback.played({ itemId: 'a' }, 400)
    peer.session.playback.played({ itemId: 'b' }, 200)
    peer.session.playback.enqueued({ itemId: 'c' })
    expect(peer.session.interrupt()).toMatchObject({ played: { itemId: 'a', playedMs: 400 }, unplayedItemIds: ['c'] })
    await settle()
    expect(sent(peer).slice(1)).toEqual([
      ['conversation.item.truncate', 'a', 400],
      ['conversation.item.truncate', 'b', 200],
      ['conversation.item.delete', 'c', undefined],
    ])
    const [a, b] = selectItems(peer.session.getState())
    expect([a?.playedText, b?.playedText]).toEqual(['one two three four', 'one two'])
  })

  it('does not truncate after an earlier truncation, which the server refuses', async () => {
    const peer = await answering()
    await peer.sendEvents({ type: 'conversation.item.truncated', item_id: 'a', content_index: 0, audio_end_ms: 100 })
    peer.session.playback.played({ itemId: 'a' }, 300)
    expect(peer.session.interrupt()).toMatchObject({ played: { itemId: 'a' } })
    await settle()
    expect(sent(peer)).toEqual([['response.cancel', 'resp_1', undefined]])
  })

  it('deletes an item of which no audio was played', async () => {
    const peer = await answering()
    peer.session.playback.enqueued({ itemId: 'a' })
    expect(peer.session.interrupt()).toEqual({ by: 'client', played: undefined, unplayedItemIds: ['a'] })
    await settle()
    expect(sent(peer).at(-1)).toEqual(['conversation.item.delete', 'a', undefined])
  })

  it('truncates after response.done without a cancel', async () => {
    const peer = await answering()
    await peer.sendEvents(audioDone('a'), done)
    peer.session.playback.played({ itemId: 'a' }, 100)
    peer.session.interrupt()
    await settle()
    expect(sent(peer)).toEqual([['conversation.item.truncate', 'a', 100]])
  })

  it('returns undefined when all audio was played', async () => {
    const peer = await answering()
    await peer.sendEvents(audioDone('a'), done)
    peer.session.playback.played({ itemId: 'a' }, 500)
    expect(peer.session.playback.isPlaying).toBe(false)
    expect(peer.session.interrupt()).toBeUndefined()
    expect(peer.sentEvents).toEqual([])
    expect(peer.interruptions).toEqual([])
  })

  it('cancels the response before its first audio, created or not', async () => {
    const peer = createPeer()
    await peer.connect()
    const handle = peer.session.respond()
    expect(peer.session.interrupt()).toEqual({ by: 'client', played: undefined, unplayedItemIds: [] })
    await settle()
    const asked = peer.sentEvents[0]?.response as object
    await peer.sendEvents({ ...created, response: { ...(created.response as object), ...asked } })
    expect(sent(peer).at(-1)).toEqual(['response.cancel', 'resp_1', undefined])
    await peer.sendEvents({ ...done, response: { ...(done.response as object), status: 'cancelled' } })
    expect((await handle.done).status).toBe('cancelled')
  })

  it('makes enqueued() return false for late audio', async () => {
    const peer = await answering()
    const { playback } = peer.session
    expect(playback.enqueued({ itemId: 'a' })).toBe(true)
    playback.played({ itemId: 'a' }, 50)
    peer.session.interrupt()
    await peer.sendEvents(audioDelta('a', 200))
    expect(playback.enqueued({ itemId: 'a' })).toBe(false)
    playback.played({ itemId: 'a' }, 50)
    expect(playback.progress('a')).toEqual([{ itemId: 'a', contentIndex: 0, playedMs: 50, receivedMs: 500 }])
    expect(peer.session.interrupt()?.played).toBeUndefined()
  })

  it('sends no truncation for out-of-band responses', async () => {
    const peer = createPeer()
    await peer.connect()
    await peer.sendEvents(audioDelta('aside', 400))
    peer.session.playback.played({ itemId: 'aside' }, 100)
    peer.session.interrupt()
    await settle()
    expect(peer.sentEvents).toEqual([])
  })

  it.each([
    ['a player plays', true, 1],
    ['no player has queued', false, 0],
  ])('reports the interruption of out-of-band audio that %s', async (_, isQueued, count) => {
    const peer = createPeer()
    await peer.connect()
    const interruptions: Interruption[] = []
    peer.session.on('interrupted', (interruption) => interruptions.push(interruption))
    await peer.sendEvents(audioDelta('aside', 400))
    if (isQueued) peer.session.playback.enqueued({ itemId: 'aside' })
    await peer.sendEvents(speechStarted)
    expect(interruptions).toHaveLength(count)
    expect(peer.session.playback.isPlaying).toBe(false)
    expect(peer.sentEvents).toEqual([])
  })

  it('reports the caller when the app interrupts on their behalf', async () => {
    const { session, interruptions } = await answering()
    session.playback.played({ itemId: 'a' }, 100)
    expect(session.interrupt({ by: 'caller' })).toMatchObject({ by: 'caller' })
    expect(interruptions).toMatchObject([{ by: 'caller' }])
  })
})

describe('interrupt with a responseId', () => {
  const next = (type: string, status: string): Json => ({
    type,
    response: { id: 'resp_2', object: 'realtime.response', status, output: [], conversation_id: 'conv_1' },
  })
  const nextDelta = { ...audioDelta('b', 300), response_id: 'resp_2' }

  async function playingBeforeNext() {
    const peer = await answering()
    await peer.sendEvents(audioDone('a'), done)
    peer.session.playback.enqueued({ itemId: 'a' })
    peer.session.playback.played({ itemId: 'a' }, 200)
    await peer.sendEvents(next('response.created', 'in_progress'))
    return peer
  }

  it('does not interrupt an earlier response that is being played', async () => {
    const peer = await playingBeforeNext()
    expect(peer.session.interrupt({ responseId: 'resp_2' })).toEqual({
      by: 'client',
      played: undefined,
      unplayedItemIds: [],
    })
    await settle()
    expect(sent(peer)).toEqual([['response.cancel', 'resp_2', undefined]])
    expect(peer.interruptions).toEqual([])
    expect(peer.session.playback.enqueued({ itemId: 'a' })).toBe(true)
  })

  it('deletes items of the response that no player has queued', async () => {
    const peer = await playingBeforeNext()
    await peer.sendEvents(added('b'), nextDelta)
    expect(peer.session.interrupt({ responseId: 'resp_2' })).toMatchObject({ unplayedItemIds: ['b'] })
    await settle()
    expect(sent(peer)).toEqual([
      ['response.cancel', 'resp_2', undefined],
      ['conversation.item.delete', 'b', undefined],
    ])
    expect(peer.session.playback.enqueued({ itemId: 'b' })).toBe(false)
  })

  it('interrupts both when a player has queued audio of both', async () => {
    const peer = await playingBeforeNext()
    await peer.sendEvents(added('b'), nextDelta)
    peer.session.playback.enqueued({ itemId: 'b' })
    expect(peer.session.interrupt({ responseId: 'resp_2' })).toMatchObject({
      played: { itemId: 'a' },
      unplayedItemIds: ['b'],
    })
    expect(peer.interruptions).toHaveLength(1)
  })

  it('does not cancel another response, requested or running', async () => {
    const peer = await answering()
    peer.session.playback.enqueued({ itemId: 'a' })
    expect(peer.session.interrupt({ responseId: 'resp_0' })).toBeUndefined()
    expect(peer.interruptions).toEqual([])
    await peer.sendEvents(audioDone('a'), done)
    peer.session.playback.played({ itemId: 'a' }, 500)
    const handle = peer.session.respond()
    expect(peer.session.interrupt({ responseId: 'resp_1' })).toBeUndefined()
    await settle()
    expect(handle.id).toBeUndefined()
    expect(sent(peer).map(([type]) => type)).toEqual(['response.create'])
  })
})

describe('speech of the user', () => {
  it('truncates the played item, and leaves the cancel to the server', async () => {
    const peer = await answering()
    peer.session.playback.played({ itemId: 'a' }, 80)
    await peer.sendEvents(speechStarted)
    expect(sent(peer)).toEqual([['conversation.item.truncate', 'a', 80]])
    expect(peer.interruptions).toMatchObject([{ by: 'caller', played: { playedMs: 80 } }])
  })

  it('changes nothing when no player reports to the tracker', async () => {
    const peer = await answering()
    await peer.sendEvents(speechStarted)
    expect(peer.sentEvents).toEqual([])
    expect(peer.interruptions).toEqual([])
  })

  it('changes nothing when interrupt_response is false', async () => {
    const peer = await answering()
    await peer.sendEvents({
      type: 'session.updated',
      session: {
        ...sessionResource,
        audio: { input: { turn_detection: { type: 'server_vad', interrupt_response: false } } },
      },
    })
    peer.session.playback.played({ itemId: 'a' }, 80)
    await peer.sendEvents(speechStarted)
    expect(peer.sentEvents).toEqual([])
    expect(peer.session.playback.isPlaying).toBe(true)
  })

  it('truncates in the output format of the session', async () => {
    const peer = await answering()
    await peer.sendEvents({
      type: 'session.updated',
      session: { ...sessionResource, audio: { output: { format: { type: 'audio/pcmu' } } } },
    })
    await peer.sendEvents(added('b'), { ...audioDelta('b', 0), delta: Buffer.alloc(8000).toString('base64') })
    expect(peer.session.playback.progress('b')).toMatchObject([{ receivedMs: 1000 }])
  })
})

describe('the playback tracker', () => {
  it('drops old finished parts', async () => {
    const peer = await answering()
    for (let index = 0; index < 100; index++) {
      await peer.sendEvents(audioDelta(`i${index}`, 10), audioDone(`i${index}`))
      peer.session.playback.played({ itemId: `i${index}` }, 10)
    }
    expect(peer.session.playback.progress('i0')).toEqual([])
    expect(peer.session.playback.progress('i99')).toMatchObject([{ playedMs: 10 }])
  })

  it('calls onAudible once for each part', async () => {
    const peer = await answering()
    const audible: unknown[] = []
    const undo = peer.session.playback.onAudible((event) => audible.push(event))
    peer.session.playback.played({ itemId: 'a' }, 0)
    peer.session.playback.played({ itemId: 'a' }, 20)
    peer.session.playback.played({ itemId: 'a' }, 20)
    undo()
    peer.session.playback.played({ itemId: 'b' }, 20)
    expect(audible).toEqual([{ part: { itemId: 'a' }, agoMs: 20 }])
  })

  const ends: [string, Json][] = [
    [
      'response.content_part.done',
      { ...place('a'), part: { type: 'audio', transcript: '' }, type: 'response.content_part.done' },
    ],
    [
      'response.output_item.done',
      {
        type: 'response.output_item.done',
        response_id: 'resp_1',
        output_index: 0,
        item: { id: 'a', type: 'message', role: 'assistant', status: 'completed', content: [] },
      },
    ],
    ['response.done', done],
  ]
  it.each(ends)('finishes a played part at %s when the server omits output_audio.done', async (_, end) => {
    const peer = await answering()
    peer.session.playback.played({ itemId: 'a' }, 500)
    expect(peer.session.playback.isPlaying).toBe(true)
    await peer.sendEvents(end)
    expect(peer.session.playback.isPlaying).toBe(false)
    await peer.sendEvents(done, added('b'), { ...audioDelta('b', 400), response_id: 'resp_2' })
    peer.session.playback.played({ itemId: 'b' }, 100)
    expect(peer.session.interrupt()).toMatchObject({ played: { itemId: 'b', playedMs: 100 } })
  })

  it('is not playing when no player has queued audio', async () => {
    const peer = await answering()
    peer.session.playback.enqueued({ itemId: 'a' })
    peer.session.playback.played({ itemId: 'a' }, 500)
    await peer.sendEvents({ type: 'response.output_audio.done', ...place('a') })
    await peer.sendEvents(audioDelta('aside', 100), { type: 'response.output_audio.done', ...place('aside') })
    expect(peer.session.playback.isPlaying).toBe(false)
  })
})

describe('with audio on media tracks', () => {
  const buffer = (what: string, response_id = 'resp_1'): Json => ({ type: `output_audio_buffer.${what}`, response_id })

  async function calling() {
    const { transport, sendEvents, connections } = droppable('media')
    const clock = createManualClock()
    const session = createSession({ transport, clock })
    const interruptions: Interruption[] = []
    session.on('interrupted', (interruption) => interruptions.push(interruption))
    const connecting = session.connect()
    await settle()
    sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    const { item } = added('a')
    sendEvents(
      created,
      { type: 'response.output_item.added', response_id: 'resp_1', output_index: 0, item },
      added('a'),
    )
    return { session, clock, sendEvents, interruptions, sent: () => (connections[0] ?? []).map(({ type }) => type) }
  }

  it('measures the played audio from its start to its stop', async () => {
    const { session, clock, sendEvents } = await calling()
    sendEvents(buffer('started'))
    await clock.advance(1200)
    sendEvents(done, buffer('stopped'))
    expect(session.playback.progress('a')).toEqual([{ itemId: 'a', contentIndex: 0, playedMs: 1200, receivedMs: 1200 }])
  })

  it('emits interrupted when the server stops the audio because of speech', async () => {
    const { clock, sendEvents, interruptions, sent } = await calling()
    sendEvents(buffer('started'))
    await clock.advance(300)
    sendEvents(speechStarted, buffer('cleared'))
    expect(sent()).toEqual([])
    expect(interruptions).toMatchObject([{ by: 'caller', played: { itemId: 'a', playedMs: 300 } }])
  })

  it('interrupt before the audio starts is reported at once', async () => {
    const { session, sendEvents, interruptions, sent } = await calling()
    expect(session.interrupt()).toEqual({ by: 'client', played: undefined, unplayedItemIds: [] })
    expect(interruptions).toEqual([{ by: 'client', played: undefined, unplayedItemIds: [] }])
    expect(sent()).toEqual(['response.cancel'])
    sendEvents(done)
    expect(session.interrupt()).toBeUndefined()
    expect(interruptions).toHaveLength(1)
  })

  it('interrupt before the response is created is reported at once', async () => {
    const { session, sendEvents, interruptions } = await calling()
    sendEvents(done)
    session.respond()
    session.interrupt()
    expect(interruptions).toHaveLength(1)
  })

  it('interrupt just before the audio starts clears it, and is reported once', async () => {
    const { session, sendEvents, interruptions, sent } = await calling()
    session.interrupt()
    sendEvents(buffer('started'))
    expect(sent()).toEqual(['response.cancel', 'output_audio_buffer.clear'])
    sendEvents(done, buffer('cleared'))
    expect(interruptions).toHaveLength(1)
    sendEvents(buffer('started', 'resp_2'), speechStarted, buffer('cleared', 'resp_2'))
    expect(interruptions).toMatchObject([{ by: 'client' }, { by: 'caller' }])
  })

  it('interrupt of a response leaves an earlier one that is audible alone', async () => {
    const { session, sendEvents, interruptions, sent } = await calling()
    sendEvents(buffer('started'), done)
    const { response } = created as unknown as { response: object }
    sendEvents({ type: 'response.created', response: { ...response, id: 'resp_2' } })
    expect(session.interrupt({ responseId: 'resp_2' })).toMatchObject({ by: 'client' })
    expect(session.interrupt({ responseId: 'resp_3' })).toBeUndefined()
    expect(sent()).toEqual(['response.cancel'])
    expect(interruptions).toEqual([])
    session.interrupt({ responseId: 'resp_1' })
    expect(sent()).toEqual(['response.cancel', 'output_audio_buffer.clear'])
  })

  it('interrupt cancels, then clears, and works in the tail after response.done', async () => {
    const { session, clock, sendEvents, interruptions, sent } = await calling()
    sendEvents(buffer('started'))
    await clock.advance(300)
    expect(session.interrupt()).toMatchObject({ by: 'client' })
    expect(sent()).toEqual(['response.cancel', 'output_audio_buffer.clear'])
    sendEvents(done, buffer('cleared'))
    expect(interruptions).toMatchObject([{ by: 'client', played: { playedMs: 300 } }])
    expect(session.interrupt()).toBeUndefined()
    sendEvents(buffer('started', 'resp_2'))
    session.interrupt()
    expect(sent().slice(2)).toEqual(['output_audio_buffer.clear'])
  })
})
