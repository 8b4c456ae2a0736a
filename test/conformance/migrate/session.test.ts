import { createSession, selectItems, type Transport } from 'realtime-primitives'
import { beta, fromBeta } from 'realtime-primitives/migrate'
import { realtimeCodec, type UserMessageItemInput } from 'realtime-primitives/protocol'
import { call, createEmulator, reply } from 'realtime-primitives/testing'
import { afterEach, describe, expect, it } from 'vitest'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A server that speaks the beta: the emulator, behind a translator that the session knows nothing of. */
function betaServer(script: Parameters<typeof createEmulator>[0]): Transport {
  const emulator = createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 0, ...script })
  closers.push(() => emulator.close())
  return beta(emulator.connect({ model: 'gpt-realtime-2.1' }))
}

/** What passes between a session and a server. */
function tapped(transport: Transport, heard: string[], said: string[]): Transport {
  return {
    ...transport,
    get state() {
      return transport.state
    },
    send(frame) {
      said.push(frame)
      transport.send(frame)
    },
    on(type, listener) {
      if (type !== 'message') return transport.on(type, listener)
      return transport.on('message', (frame) => {
        heard.push(frame)
        ;(listener as (frame: string) => void)(frame)
      })
    },
  }
}

const hello: UserMessageItemInput = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }

describe('a session on a beta server', () => {
  it('completes a spoken turn with beta events', async () => {
    const heard: string[] = []
    const said: string[] = []
    const server = tapped(betaServer({ script: [reply('Good day.')] }), heard, said)
    const session = createSession({
      transport: fromBeta(server),
      config: { instructions: 'Be brief.', audio: { output: { voice: 'marin' }, input: { turn_detection: null } } },
    })
    closers.push(() => session.close())
    await session.connect()
    await session.items.create(hello)
    const response = session.respond({ max_output_tokens: 100 })
    let text = ''
    for await (const piece of response.transcript()) text += piece
    expect(text).toBe('Good day.')
    expect((await response.done).status).toBe('completed')

    const items = selectItems(session.getState())
    expect(items.map(({ item }) => item)).toMatchObject([
      { type: 'message', role: 'user', content: [{ text: 'Hello' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_audio', transcript: 'Good day.' }] },
    ])
    expect(session.getState().session).toMatchObject({ type: 'realtime', audio: { output: { voice: 'marin' } } })

    const types = heard.map((frame) => JSON.parse(frame).type as string)
    expect(types).toContain('response.audio_transcript.delta')
    expect(types).toContain('conversation.item.created')
    for (const type of types)
      expect(type).not.toMatch(/^response\.output_(audio|text)|^conversation\.item\.(added|done)$/)
    const update = said.map((frame) => JSON.parse(frame)).find(({ type }) => type === 'session.update')
    expect(update.session).toEqual({ instructions: 'Be brief.', voice: 'marin', turn_detection: null })
  })

  it('receives a done event for every added item', async () => {
    const session = createSession({
      transport: fromBeta(betaServer({ script: [[reply('Let me look.'), call('weather', { city: 'Oslo' })]] })),
      config: { output_modalities: ['text'] },
    })
    closers.push(() => session.close())
    const added: string[] = []
    const done: string[] = []
    session.on('conversation.item.added', ({ item }) => added.push(String(item.id)))
    session.on('conversation.item.done', ({ item }) => done.push(String(item.id)))
    const invalid: unknown[] = []
    session.on('invalid', (event) => invalid.push(event))
    await session.connect()
    await session.items.create(hello)
    await session.respond().done
    expect(added.length).toBe(3)
    expect(done).toEqual(added)
    expect(invalid).toEqual([])
  })

  it('reports unsupported settings to the listener, and sends the rest', async () => {
    const losses: string[] = []
    const session = createSession({
      transport: fromBeta(betaServer({}), {
        onLoss: ({ direction, dropped }) => losses.push(...dropped.map(({ path }) => `${direction} ${path}`)),
      }),
      config: { instructions: 'Be brief.', truncation: 'disabled' },
    })
    closers.push(() => session.close())
    await session.connect()
    expect(losses).toEqual(['client session.truncation'])
    expect(session.getState().session).toMatchObject({ instructions: 'Be brief.' })
  })
})

describe('beta code on a GA server', () => {
  it('configures the session and receives events with beta names', async () => {
    const emulator = createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 0, script: [reply('Good day.')] })
    closers.push(() => emulator.close())
    const transport = beta(emulator.connect({ model: 'gpt-realtime-2.1' }))
    closers.push(() => transport.close())
    const events: { type: string; [field: string]: unknown }[] = []
    const isDone = new Promise<void>((resolve) => {
      transport.on('message', (frame) => {
        const event = JSON.parse(frame)
        events.push(event)
        if (event.type === 'response.done') resolve()
      })
    })
    await transport.open()
    const send = (event: object) => transport.send(JSON.stringify(event))
    send({
      type: 'session.update',
      session: {
        modalities: ['text', 'audio'],
        voice: 'alloy',
        input_audio_format: 'pcm16',
        output_audio_format: 'g711_ulaw',
        input_audio_transcription: { model: 'whisper-1' },
        turn_detection: null,
        temperature: 0.8,
        max_response_output_tokens: 'inf',
      },
    })
    send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
    })
    send({ type: 'response.create', response: { modalities: ['audio', 'text'], temperature: 0.8 } })
    await isDone

    expect(events.filter(({ type }) => type === 'error')).toEqual([])
    expect(events.find(({ type }) => type === 'session.updated')?.session).toMatchObject({
      modalities: ['audio', 'text'],
      voice: 'alloy',
      output_audio_format: 'g711_ulaw',
      input_audio_transcription: { model: 'whisper-1' },
      turn_detection: null,
    })
    const types = new Set(events.map(({ type }) => type))
    for (const type of ['conversation.item.created', 'response.audio.delta', 'response.audio_transcript.done'])
      expect(types).toContain(type)
    const words = events.filter(({ type }) => type === 'response.audio_transcript.delta').map(({ delta }) => delta)
    expect(words.join('')).toBe('Good day.')
    expect(events.find(({ type }) => type === 'response.done')?.response).toMatchObject({
      output: [{ content: [{ type: 'audio', transcript: 'Good day.' }] }],
      modalities: ['audio', 'text'],
      voice: 'alloy',
    })
  })

  it('receives an error for an event without a GA equivalent', async () => {
    const emulator = createEmulator()
    closers.push(() => emulator.close())
    const losses: unknown[] = []
    const transport = beta(emulator.connect({ model: 'gpt-realtime-2.1' }), { onLoss: (loss) => losses.push(loss) })
    closers.push(() => transport.close())
    const refusal = new Promise((resolve) => {
      transport.on('message', (frame) => {
        const event = JSON.parse(frame)
        if (event.type === 'error') resolve(event.error.event_id)
      })
    })
    await transport.open()
    transport.send(JSON.stringify({ type: 'conversation.item.create', event_id: 'mine' }))
    expect(await refusal).toBe('mine')
    expect(losses).toMatchObject([
      { direction: 'client', type: 'conversation.item.create', error: { code: 'NO_EQUIVALENT' } },
    ])
  })
})

it('the codec decodes emulator events after a round trip through beta', async () => {
  const emulator = createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 0, script: [reply('Good day.')] })
  closers.push(() => emulator.close())
  const transport = fromBeta(beta(emulator.connect({ model: 'gpt-realtime-2.1' })))
  closers.push(() => transport.close())
  const kinds = new Set<string>()
  const isDone = new Promise<void>((resolve) => {
    transport.on('message', (frame) => {
      const { kind, event } = realtimeCodec.decode(frame)
      kinds.add(kind)
      if (event.type === 'response.done') resolve()
    })
  })
  await transport.open()
  transport.send(JSON.stringify({ type: 'response.create' }))
  await isDone
  expect([...kinds]).toEqual(['event'])
})
