import {
  createSession,
  runTranscript,
  selectLines,
  type TranscriptLine,
  type TranscriptOptions,
} from 'realtime-primitives'
import { createEmulator, reply } from 'realtime-primitives/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { droppable } from '../../support/droppable.js'
import { createPeer, type Json, sessionResource, settle } from '../../support/peer.js'
import { joined, silentSamples, vowel } from '../../support/speech.js'

const place = (item_id: string, response_id = 'resp_1') => ({ response_id, item_id, output_index: 0, content_index: 0 })
const user = (id: string, previous_item_id: string | null = null): Json => ({
  type: 'conversation.item.added',
  previous_item_id,
  item: {
    id,
    type: 'message',
    role: 'user',
    status: 'completed',
    content: [{ type: 'input_audio', transcript: null }],
  },
})
const typed = (id: string, text: string, previous_item_id: string | null = null): Json => ({
  type: 'conversation.item.added',
  previous_item_id,
  item: { id, type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_text', text }] },
})
const assistant = (id: string, previous_item_id: string | null = null): Json => ({
  type: 'conversation.item.added',
  previous_item_id,
  item: { id, type: 'message', role: 'assistant', status: 'in_progress', content: [] },
})
const words = (item_id: string, delta: string, response_id?: string): Json => ({
  type: 'response.output_audio_transcript.delta',
  ...place(item_id, response_id),
  delta,
})
const sound = (item_id: string, ms: number, response_id?: string): Json => ({
  type: 'response.output_audio.delta',
  ...place(item_id, response_id),
  delta: Buffer.alloc(ms * 48).toString('base64'),
})
const soundDone = (item_id: string): Json => ({ type: 'response.output_audio.done', ...place(item_id) })
const itemDone = (id: string, status = 'completed', transcript: string | null = null): Json => ({
  type: 'conversation.item.done',
  previous_item_id: null,
  item: { id, type: 'message', role: 'assistant', status, content: [{ type: 'output_audio', transcript }] },
})
const created = (id = 'resp_1', conversation_id: string | null = 'conv_1'): Json => ({
  type: 'response.created',
  response: { id, object: 'realtime.response', status: 'in_progress', output: [], conversation_id },
})
const ended = (id = 'resp_1', status = 'completed'): Json => ({
  type: 'response.done',
  response: { id, object: 'realtime.response', status, output: [], conversation_id: 'conv_1' },
})
const hears = (item_id: string, delta: string): Json => ({
  type: 'conversation.item.input_audio_transcription.delta',
  item_id,
  content_index: 0,
  delta,
})
const heardAll = (item_id: string, transcript: string): Json => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id,
  content_index: 0,
  transcript,
})
const speechStarted = (item_id: string, audio_start_ms = 0): Json => ({
  type: 'input_audio_buffer.speech_started',
  audio_start_ms,
  item_id,
})
const speechStopped = (item_id: string, audio_end_ms: number): Json => ({
  type: 'input_audio_buffer.speech_stopped',
  audio_end_ms,
  item_id,
})

async function transcribed(options: TranscriptOptions = {}) {
  const peer = createPeer({ responseTimeoutMs: Number.POSITIVE_INFINITY })
  await peer.connect()
  const transcript = runTranscript(peer.session, options)
  const lines = () => selectLines(transcript.getState())
  const shown = () => lines().map(({ speaker, text, status }) => [speaker, text, status])
  const speaking = () => transcript.getState().speaking
  return { ...peer, transcript, lines, shown, speaking }
}

afterEach(() => vi.unstubAllGlobals())

describe('runTranscript', () => {
  it('contains both speakers in conversation order while text streams', async () => {
    const { sendEvents, shown } = await transcribed()
    await sendEvents(typed('u1', 'Hello.'), created(), assistant('a1', 'u1'), words('a1', 'Good '))
    expect(shown()).toEqual([
      ['user', 'Hello.', 'final'],
      ['assistant', 'Good ', 'partial'],
    ])
    await sendEvents(words('a1', 'day.'), itemDone('a1'))
    expect(shown()[1]).toEqual(['assistant', 'Good day.', 'final'])
  })

  it('inserts a late input transcript at its position', async () => {
    const { sendEvents, shown } = await transcribed()
    await sendEvents(
      user('u1'),
      created(),
      assistant('a1', 'u1'),
      words('a1', 'Sure.'),
      itemDone('a1'),
      user('u2', 'a1'),
    )
    expect(shown()).toEqual([
      ['user', '', 'pending'],
      ['assistant', 'Sure.', 'final'],
      ['user', '', 'pending'],
    ])
    await sendEvents(
      hears('u2', 'Thank'),
      heardAll('u1', 'A tea, please.'),
      hears('u2', ' you.'),
      heardAll('u2', 'Thank you.'),
    )
    expect(shown()).toEqual([
      ['user', 'A tea, please.', 'final'],
      ['assistant', 'Sure.', 'final'],
      ['user', 'Thank you.', 'final'],
    ])
  })

  it('appends text of an unknown item, and moves it when the item arrives', async () => {
    const { sendEvents, shown, lines } = await transcribed()
    await sendEvents(hears('u1', 'A tea'), typed('u0', 'Hello.'))
    expect(shown()).toEqual([
      ['user', 'Hello.', 'final'],
      ['user', 'A tea', 'partial'],
    ])
    const early = lines()[1]
    await sendEvents(assistant('a1', 'u0'), user('u1', 'u0'))
    expect(lines().map(({ id }) => id)).toEqual(['u0', 'u1', 'a1'])
    expect(lines()[1]).toBe(early)
  })

  it('marks a line whose transcription failed, also without error.param', async () => {
    const { sendEvents, shown } = await transcribed()
    await sendEvents(user('u1'), {
      type: 'conversation.item.input_audio_transcription.failed',
      item_id: 'u1',
      content_index: 0,
      error: { type: 'server_error', code: null, message: 'no', param: null },
    })
    expect(shown()).toEqual([['user', '', 'failed']])
  })

  it('contains no out-of-band responses, system messages, or function calls', async () => {
    const { sendEvents, shown, speaking } = await transcribed()
    await sendEvents(typed('u1', 'Hello.'), created('resp_o', null))
    await sendEvents(
      {
        type: 'response.output_item.added',
        response_id: 'resp_o',
        output_index: 0,
        item: { id: 'o1', type: 'message', role: 'assistant', status: 'in_progress', content: [] },
      },
      words('o1', 'Nobody hears this.', 'resp_o'),
      sound('o1', 500, 'resp_o'),
      {
        type: 'conversation.item.added',
        previous_item_id: 'u1',
        item: { id: 's1', type: 'message', role: 'system', content: [{ type: 'input_text', text: 'Be brief.' }] },
      },
      {
        type: 'conversation.item.added',
        previous_item_id: 's1',
        item: { id: 'f1', type: 'function_call', call_id: 'c', name: 'weather', arguments: '{}' },
      },
    )
    expect(shown()).toEqual([['user', 'Hello.', 'final']])
    expect(speaking().assistant).toBe(false)
  })

  it('marks an interrupted line with its full text and its played text', async () => {
    const { sendEvents, session, lines } = await transcribed()
    await sendEvents(created(), assistant('a1'), words('a1', 'one two three four'), sound('a1', 1000))
    session.playback.enqueued({ itemId: 'a1' })
    session.playback.played({ itemId: 'a1' }, 500)
    await sendEvents(speechStarted('u1'))
    expect(lines()[0]).toMatchObject({ text: 'one two three four', cut: { played: 'one two', atMs: undefined } })
    await sendEvents(
      { type: 'conversation.item.truncated', item_id: 'a1', content_index: 0, audio_end_ms: 500 },
      itemDone('a1', 'incomplete'),
      words('a1', ' five'),
    )
    expect(lines()[0]).toMatchObject({ status: 'incomplete', cut: { played: 'one two', atMs: 500 } })
  })

  it('keeps the transcript that the server removes on truncation', async () => {
    const { sendEvents, session, lines } = await transcribed()
    await sendEvents(
      created(),
      assistant('a1'),
      words('a1', 'one two three four'),
      sound('a1', 1000),
      soundDone('a1'),
      ended(),
    )
    session.playback.played({ itemId: 'a1' }, 500)
    session.interrupt()
    await sendEvents(
      { type: 'conversation.item.truncated', item_id: 'a1', content_index: 0, audio_end_ms: 500 },
      itemDone('a1', 'completed', null),
    )
    expect(lines()[0]).toMatchObject({
      text: 'one two three four',
      status: 'final',
      cut: { played: 'one two', atMs: 500 },
    })
  })

  it('removes unplayed lines that were deleted', async () => {
    const { sendEvents, lines } = await transcribed()
    await sendEvents(
      assistant('a1'),
      words('a1', 'Never.'),
      { type: 'conversation.item.deleted', item_id: 'a1' },
      hears('a1', 'x'),
    )
    expect(lines()).toEqual([])
  })

  it('contains the played part of a line', async () => {
    const { sendEvents, session, transcript } = await transcribed()
    await sendEvents(
      typed('u1', 'Hi.'),
      created(),
      assistant('a1', 'u1'),
      words('a1', 'one two three four'),
      sound('a1', 1000),
    )
    expect(transcript.played('a1')).toBe('')
    session.playback.played({ itemId: 'a1' }, 500)
    expect(transcript.played('a1')).toBe('one two')
    await sendEvents(soundDone('a1'))
    session.playback.played({ itemId: 'a1' }, 500)
    expect(transcript.played('a1')).toBe('one two three four')
    expect(transcript.played('u1')).toBeUndefined()
    expect(transcript.played('nobody')).toBeUndefined()
  })

  it('starts with the existing items', async () => {
    const { sendEvents, session } = await transcribed()
    await sendEvents(typed('u1', 'Hello.'))
    expect(selectLines(runTranscript(session).getState())).toMatchObject([{ id: 'u1', text: 'Hello.' }])
  })

  it('emits each line that is new or changed, and no other', async () => {
    const told: TranscriptLine[] = []
    const { sendEvents } = await transcribed({ onLine: (line) => void told.push(line) })
    await sendEvents(typed('u1', 'Hello.'), created(), assistant('a1', 'u1'), words('a1', 'Good '), words('a1', 'day.'))
    await sendEvents(itemDone('a1'), itemDone('a1'), ended(), { type: 'rate_limits.updated', rate_limits: [] })
    expect(told.map(({ id, text, status }) => [id, text, status])).toEqual([
      ['u1', 'Hello.', 'final'],
      ['a1', '', 'partial'],
      ['a1', 'Good ', 'partial'],
      ['a1', 'Good day.', 'partial'],
      ['a1', 'Good day.', 'final'],
    ])
  })

  it('continues when a listener throws', async () => {
    const errors: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => errors.push(error))
    const failure = new Error('no screen')
    const { sendEvents, shown } = await transcribed({
      onLine() {
        throw failure
      },
    })
    await sendEvents(typed('u1', 'Hello.'), typed('u2', 'Anyone?', 'u1'))
    expect(shown()).toHaveLength(2)
    expect(errors).toEqual([failure, failure])
  })

  it('stop: keeps the state', async () => {
    const { sendEvents, transcript, shown, clock } = await transcribed()
    await sendEvents(typed('u1', 'Hello.'), created(), assistant('a1', 'u1'), sound('a1', 500))
    expect(clock.pending).toBe(1)
    transcript.stop()
    transcript.stop()
    const before = transcript.getState()
    await sendEvents(words('a1', 'Unheard.'))
    expect(transcript.getState()).toBe(before)
    expect(shown()).toHaveLength(2)
    expect(clock.pending).toBe(0)
  })

  it('keeps its lines after a lost connection, and resets the speaker', async () => {
    const server = droppable()
    const session = createSession({ transport: server.transport })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    const transcript = runTranscript(session)
    server.sendEvents(created(), assistant('a1'), words('a1', 'I was about'), sound('a1', 5000))
    expect(transcript.getState().speaking.assistant).toBe(true)
    server.drop()
    server.restore()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await settle()
    expect(selectLines(transcript.getState())).toMatchObject([{ text: 'I was about', status: 'incomplete' }])
    expect(transcript.getState().speaking.assistant).toBe(false)
    transcript.stop()
    await session.close()
  })
})

describe('the state of a transcript', () => {
  it('keeps objects that an event does not change', async () => {
    const { sendEvents, transcript, lines } = await transcribed()
    await sendEvents(typed('u1', 'Hello.'), created(), assistant('a1', 'u1'))
    const [before, [first]] = [transcript.getState(), lines()]
    await sendEvents({ type: 'rate_limits.updated', rate_limits: [] }, ended())
    expect(transcript.getState()).toBe(before)
    await sendEvents(words('a1', 'Good'))
    expect(transcript.getState()).not.toBe(before)
    expect(transcript.getState().speaking).toBe(before.speaking)
    expect(lines()[0]).toBe(first)
    expect(lines()).toBe(lines())
  })

  it('changes one line and one part per delta', async () => {
    const { sendEvents, transcript } = await transcribed()
    let previous: string | null = null
    for (let index = 0; index < 500; index++) {
      await sendEvents(typed(`u${index}`, `Line ${index}.`, previous))
      previous = `u${index}`
    }
    await sendEvents(created(), assistant('a1', previous))
    const before = transcript.getState().lines
    await sendEvents(words('a1', 'Good'))
    const after = transcript.getState().lines
    expect(after.flat()).toHaveLength(501)
    expect(after.filter((piece, index) => piece !== before[index])).toHaveLength(1)
    const known = new Set(before.flat())
    expect(after.flat().filter((line) => !known.has(line))).toHaveLength(1)
  })

  it('reads the state of the session only when it is read', async () => {
    const peer = createPeer()
    await peer.connect()
    const { session, sendEvents } = peer
    const getState = vi.fn(session.getState)
    const subscribe = vi.fn(session.subscribe)
    const transcript = runTranscript({ ...session, getState, subscribe })
    await sendEvents(speechStarted('u1'), speechStopped('u1', 900), created(), assistant('a1'), words('a1', 'Good '))
    getState.mockClear()
    await sendEvents(words('a1', 'day'), sound('a1', 100), words('a1', '.'), sound('a1', 100), soundDone('a1'))
    expect([getState.mock.calls.length, subscribe.mock.calls.length]).toEqual([0, 0])
    expect(selectLines(transcript.getState())).toMatchObject([{ text: 'Good day.', startMs: 0, endMs: 200 }])
  })

  it('subscribes to the session while it has subscribers', async () => {
    const { sendEvents, transcript, shown } = await transcribed()
    const seen: unknown[] = []
    const first = transcript.subscribe(() => seen.push('first'))
    const second = transcript.subscribe(() => seen.push('second'))
    await sendEvents(typed('u1', 'Hello.'))
    expect(seen).toEqual(['first', 'second'])
    first()
    first()
    await sendEvents(typed('u2', 'Hello?', 'u1'))
    expect(seen).toEqual(['first', 'second', 'second'])
    second()
    await sendEvents(typed('u3', 'Anyone?', 'u2'))
    expect(seen).toHaveLength(3)
    expect(shown()).toHaveLength(3)
  })

  it('notifies subscribers of a change that an earlier listener has read', async () => {
    const { sendEvents, transcript, session } = await transcribed()
    session.subscribe(() => transcript.getState())
    let changes = 0
    transcript.subscribe(() => changes++)
    session.on('conversation.item.added', () => transcript.getState())
    await sendEvents(typed('u1', 'Hello.'))
    expect(changes).toBe(1)
  })

  it('notifies subscribers only of changes', async () => {
    const { sendEvents, transcript } = await transcribed()
    let changes = 0
    transcript.subscribe(() => changes++)
    await sendEvents(typed('u1', 'Hello.'))
    const seen = changes
    expect(seen).toBeGreaterThan(0)
    await sendEvents({ type: 'rate_limits.updated', rate_limits: [] })
    expect(changes).toBe(seen)
  })
})

describe('the speaker of a transcript', () => {
  it('is the caller from speech_started to speech_stopped', async () => {
    const { sendEvents, speaking } = await transcribed()
    await sendEvents(speechStarted('u1'))
    expect(speaking()).toEqual({ user: true, assistant: false })
    await sendEvents(speechStopped('u1', 900))
    expect(speaking()).toEqual({ user: false, assistant: false })
  })

  it('is the assistant for the duration of its audio, beyond response.done', async () => {
    const { sendEvents, speaking, clock } = await transcribed()
    await sendEvents(created(), assistant('a1'), sound('a1', 400), sound('a1', 600), soundDone('a1'), ended())
    await clock.advance(999)
    expect(speaking().assistant).toBe(true)
    await clock.advance(1)
    expect(speaking().assistant).toBe(false)
    expect(clock.pending).toBe(0)
  })

  it('is the assistant until the player has reported all audio as played', async () => {
    const { sendEvents, speaking, clock, session } = await transcribed()
    await sendEvents(created(), assistant('a1'), sound('a1', 1000), soundDone('a1'), ended())
    session.playback.enqueued({ itemId: 'a1' })
    await clock.advance(1500)
    session.playback.played({ itemId: 'a1' }, 600)
    expect(speaking().assistant).toBe(true)
    session.playback.played({ itemId: 'a1' }, 400)
    await clock.advance(1000)
    expect(speaking().assistant).toBe(false)
    expect(clock.pending).toBe(0)
  })

  it('is reset by an interruption, also when late events follow', async () => {
    const { sendEvents, speaking, session } = await transcribed()
    await sendEvents(created(), assistant('a1'), sound('a1', 1000))
    session.playback.enqueued({ itemId: 'a1' })
    session.playback.played({ itemId: 'a1' }, 100)
    await sendEvents(speechStarted('u1'), sound('a1', 500), ended('resp_1', 'cancelled'))
    expect(speaking()).toEqual({ user: true, assistant: false })
  })

  it('is reset by a cancelled response without a player', async () => {
    const { sendEvents, speaking, clock } = await transcribed()
    await sendEvents(created(), assistant('a1'), sound('a1', 1000), ended('resp_1', 'cancelled'))
    expect(speaking().assistant).toBe(false)
    expect(clock.pending).toBe(0)
  })

  it('releases its timer with the session', async () => {
    const { sendEvents, session, clock } = await transcribed()
    await sendEvents(created(), assistant('a1'), sound('a1', 1000))
    expect(clock.pending).toBe(1)
    await session.close()
    expect(clock.pending).toBe(0)
  })
})

describe('timestamps of a transcript', () => {
  it('come from the clock, and durations from the audio', async () => {
    const { sendEvents, clock, lines } = await transcribed()
    await clock.advance(1000)
    await sendEvents(speechStarted('u1', 5300), hears('u1', 'Wait'))
    expect(lines()).toMatchObject([{ startMs: 1000, endMs: undefined }])
    await clock.advance(700)
    await sendEvents(speechStopped('u1', 5900), user('u1'))
    await clock.advance(100)
    await sendEvents(
      created(),
      assistant('a1', 'u1'),
      words('a1', 'Hi.'),
      sound('a1', 200),
      sound('a1', 300),
      soundDone('a1'),
    )
    await sendEvents(assistant('a2', 'a1'), sound('a2', 100), soundDone('a2'), ended())
    expect(lines().map(({ id, startMs, endMs }) => [id, startMs, endMs])).toEqual([
      ['u1', 1100, 1700],
      ['a1', 1800, 2300],
      ['a2', 2300, 2400],
    ])
  })

  it('end at the interruption', async () => {
    const { sendEvents, clock, session, lines } = await transcribed()
    await sendEvents(created(), assistant('a1'), sound('a1', 2000), soundDone('a1'))
    session.playback.enqueued({ itemId: 'a1' })
    await clock.advance(700)
    session.playback.played({ itemId: 'a1' }, 700)
    await sendEvents(speechStarted('u1'))
    expect(lines()[0]).toMatchObject({ startMs: 0, endMs: 700 })
  })

  it('are undefined for text and for committed audio', async () => {
    const { sendEvents, lines } = await transcribed()
    await sendEvents(typed('u1', 'Hello.'), user('u2', 'u1'))
    expect(lines()).toMatchObject([
      { startMs: undefined, endMs: undefined },
      { startMs: undefined, endMs: undefined },
    ])
  })

  it('come from the server on a media transport', async () => {
    const server = droppable('media')
    const { clock } = createPeer({ responseTimeoutMs: Number.POSITIVE_INFINITY })
    const session = createSession({ transport: server.transport, clock })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    const transcript = runTranscript(session)
    server.sendEvents(created(), {
      type: 'response.output_item.added',
      response_id: 'resp_1',
      output_index: 0,
      item: { id: 'a1', type: 'message', role: 'assistant', status: 'in_progress', content: [] },
    })
    server.sendEvents(assistant('a1'), words('a1', 'Good day.'))
    await clock.advance(250)
    server.sendEvents({ type: 'output_audio_buffer.started', response_id: 'resp_1' }, ended())
    expect(transcript.getState().speaking.assistant).toBe(true)
    await clock.advance(900)
    server.sendEvents({ type: 'output_audio_buffer.stopped', response_id: 'resp_1' })
    expect(transcript.getState().speaking.assistant).toBe(false)
    expect(selectLines(transcript.getState())).toMatchObject([{ startMs: 250, endMs: 1150 }])
  })
})

describe('runTranscript: a spoken conversation with the emulator', () => {
  it('has the late input transcript before the response', async () => {
    const emulator = createEmulator({
      pace: Number.POSITIVE_INFINITY,
      latencyMs: 0,
      hear: () => 'Is it raining?',
      script: [reply('It is dry.')],
    })
    const session = createSession({
      transport: emulator.connect(),
      config: { audio: { input: { transcription: { model: 'gpt-realtime-whisper' } } } },
    })
    await session.connect()
    const order: string[] = []
    const transcript = runTranscript(session, {
      onLine: ({ speaker, status }) => void (status === 'final' && order.push(speaker)),
    })
    const written = session.waitFor('conversation.item.input_audio_transcription.completed')
    session.audio.append(joined(silentSamples(400), vowel(800), silentSamples(1200)))
    await written
    const lines = selectLines(transcript.getState())
    expect(lines.map(({ speaker, text, status }) => [speaker, text, status])).toEqual([
      ['user', 'Is it raining?', 'final'],
      ['assistant', 'It is dry.', 'final'],
    ])
    expect(order).toEqual(['assistant', 'user'])
    expect(lines[0]?.endMs).toBeGreaterThan(lines[0]?.startMs ?? 0)
    await session.close()
  })
})

describe('a transcript after a reconnect', () => {
  it('has the same line objects when the history was restored', async () => {
    const server = droppable()
    const session = createSession({ transport: server.transport })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    const changed: TranscriptLine[] = []
    const transcript = runTranscript(session, { onLine: (line) => changed.push(line) })
    server.sendEvents(
      user('u'),
      heardAll('u', 'Count.'),
      created(),
      assistant('a', 'u'),
      words('a', 'One two three four'),
    )
    server.sendEvents(sound('a', 1000))
    session.playback.played({ itemId: 'a' }, 450)
    session.interrupt()
    server.sendEvents(
      ended('resp_1', 'cancelled'),
      created('resp_2'),
      assistant('b', 'a'),
      words('b', 'Well', 'resp_2'),
    )
    server.drop()
    const before = selectLines(transcript.getState())
    expect(before.map(({ text, status, cut }) => [text, status, cut?.played])).toEqual([
      ['Count.', 'final', undefined],
      ['One two three four', 'incomplete', 'One two'],
      ['Well', 'incomplete', undefined],
    ])
    changed.length = 0
    server.restore()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await settle()
    let previous_item_id: string | null = null
    for (const { type, item } of server.connections.at(-1) ?? []) {
      if (type !== 'conversation.item.create') continue
      const completed = { ...(item as Json), status: 'completed' }
      server.sendEvents({ type: 'conversation.item.added', previous_item_id, item: completed })
      server.sendEvents({ type: 'conversation.item.done', previous_item_id: null, item: completed })
      previous_item_id = String((item as { id?: string }).id)
    }
    await settle()
    expect(session.getState().status).toBe('open')
    expect(selectLines(transcript.getState())).toEqual(before)
    expect(changed).toEqual([])
    await session.close()
  })

  it('has no line of a partial transcript whose audio is sent again', async () => {
    const server = droppable()
    const session = createSession({ transport: server.transport })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    const transcript = runTranscript(session)
    server.sendEvents(hears('turn', 'Hel'))
    expect(selectLines(transcript.getState())).toHaveLength(1)
    server.drop()
    server.restore()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    expect(selectLines(transcript.getState())).toEqual([])
    await session.close()
  })
})
