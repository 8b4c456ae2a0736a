import { createSession, readRecording, recording, type Transport } from 'realtime-primitives'
import { createEmulator, createManualClock, reply } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { TransportError } from '../../../src/transports/error.js'
import { droppable } from '../../support/droppable.js'
import { fakeTransport } from '../../support/fake-transport.js'
import { settle } from '../../support/peer.js'
import { jsonLines, withShared } from '../../support/shared.js'
import { logTransport } from '../../support/transport-log.js'

const clientSecret = `ek_${'a1b2'.repeat(8)}`
const standardKey = 'sk-proj-A1b2C3d4E5f6'

/** A recorded transport that is open, and what was written so far. */
async function recorded(options: Parameters<typeof recording>[2] = {}) {
  const clock = createManualClock()
  const inner = fakeTransport()
  const written: string[] = []
  const transport = recording(inner, (line) => written.push(line), { clock, ...options })
  const log = logTransport(transport)
  const opening = transport.open()
  inner.accept()
  await opening
  const lines = () => readRecording(written.join('')).lines
  /** The last event, as it was written after the far end said it. */
  const receiveEvent = (event: object) => {
    inner.sendFrame(JSON.stringify(event))
    return lines().at(-1)?.event
  }
  return { clock, inner, transport, log, lines, receiveEvent, written: () => written.join('') }
}

describe('recording', () => {
  it('writes JSON Lines with time, direction, and event, in order', async () => {
    const { clock, inner, transport, written, lines } = await recorded()
    await clock.advance(1.5)
    transport.send('{"type":"response.create"}')
    await clock.advance(10)
    inner.sendFrame('{"type":"response.created","response":{"id":"resp_1"}}')
    inner.drop(1001, 'bye')
    expect(written().endsWith('}\n')).toBe(true)
    expect(written().trimEnd().split('\n')).toHaveLength(5)
    expect(lines()).toEqual([
      { ms: 0, direction: 'local', event: { type: 'recording', startedAt: expect.stringMatching(/^\d{4}-.*Z$/) } },
      { ms: 0, direction: 'local', event: { type: 'open' } },
      { ms: 1.5, direction: 'sent', event: { type: 'response.create' } },
      { ms: 11.5, direction: 'received', event: { type: 'response.created', response: { id: 'resp_1' } } },
      { ms: 11.5, direction: 'local', event: { type: 'close', code: 1001, reason: 'bye', wasClean: true } },
    ])
  })

  it('writes a received event before frames that its listeners send', async () => {
    const { inner, transport, lines } = await recorded()
    transport.on('message', () => transport.send('{"type":"answer"}'))
    inner.sendFrame('{"type":"question"}')
    expect(lines().slice(-2)).toMatchObject([{ event: { type: 'question' } }, { event: { type: 'answer' } }])
  })

  it('does not write a frame that could not be sent', async () => {
    const { inner, transport, lines } = await recorded()
    inner.drop(1006)
    const before = lines().length
    expect(() => transport.send('{}')).toThrow(expect.objectContaining({ code: 'NOT_OPEN' }))
    expect(lines()).toHaveLength(before)
  })

  it('writes reconnects and failed opens without error messages', async () => {
    const written: string[] = []
    const inner = fakeTransport()
    const transport = recording(inner, (line) => written.push(line), { clock: createManualClock() })
    const opening = transport.open()
    const cause = new TransportError('CONNECT_FAILED', { url: 'wss://example.com', reason: `no ${standardKey}` })
    inner.refuse(cause)
    await expect(opening).rejects.toBe(cause)
    expect(
      readRecording(written.join(''))
        .lines.map(({ event }) => event)
        .slice(1),
    ).toEqual([{ type: 'open_failed', error: { name: 'TransportError', code: 'CONNECT_FAILED' } }])
    expect(written.join('')).not.toContain(standardKey)
    expect(inner.listeners).toBe(0)
  })
})

describe('recording: text in fields for names', () => {
  it.each([
    [{ item: { type: 'mcp_approval_response', reason: 'Mrs Smith is over her limit' } }, 'Smith'],
    [{ type: 'error', error: { code: 'The caller said: call me John' } }, 'John'],
    [{ item: { type: 'function_call', name: 'say hello to John', call_id: 'from John' } }, 'John'],
  ])('is not written: %j', async (event, word) => {
    const { receiveEvent, written } = await recorded()
    receiveEvent({ type: 'x', ...event })
    expect(written()).not.toContain(word)
  })

  it('keeps the reason of a close', async () => {
    const { inner, lines } = await recorded()
    inner.drop(1011, 'keepalive ping timeout')
    expect(lines().at(-1)?.event).toMatchObject({ type: 'close', reason: 'keepalive ping timeout' })
  })
})

describe('recording: the wrapped transport', () => {
  it('forwards all events of the inner transport', async () => {
    const written: string[] = []
    const server = droppable()
    const transport = recording(server.transport, (line) => written.push(line), { clock: createManualClock() })
    const [inside, outside] = [logTransport(server.transport), logTransport(transport)]
    await transport.open()
    server.sendEvents({ type: 'x' })
    server.drop()
    server.restore()
    server.giveUp({ code: 4000, reason: 'why', wasClean: true })
    expect(outside.map(({ type }) => type)).toEqual(['open', 'message', 'reconnecting', 'open', 'close'])
    expect(outside).toEqual(inside)
    expect(
      readRecording(written.join(''))
        .lines.slice(1)
        .map(({ event }) => event),
    ).toMatchObject([
      { type: 'open' },
      { type: 'x' },
      { type: 'reconnecting', attempt: 1, cause: { type: 'close', code: 1006 } },
      { type: 'open' },
      { type: 'close', code: 4000, reason: 'why', wasClean: true },
    ])
  })

  it('keeps all other members of the inner transport', async () => {
    class Grown {
      #state: Transport['state'] = 'idle'
      readonly audio = 'media'
      readonly session = 'joined'
      get state() {
        return this.#state
      }
      get bufferedAmount() {
        return 42
      }
      async open() {
        this.#state = 'open'
      }
      send() {}
      async close() {
        this.#state = 'closed'
      }
      on() {
        return () => {}
      }
      negotiate() {
        return this.#state
      }
    }
    const transport = recording(new Grown() as Transport, () => {}) as Transport & Grown
    expect(transport.state).toBe('idle')
    await transport.open()
    expect(transport.state).toBe('open')
    expect(transport.negotiate()).toBe('open')
    expect([transport.audio, transport.session, transport.bufferedAmount]).toEqual(['media', 'joined', 42])
    await transport.close()
    expect({ ...transport }).toMatchObject({ state: 'closed', session: 'joined' })
    expect('session' in recording(fakeTransport(), () => {})).toBe(false)
  })

  it('removes its listeners from the inner transport when it is closed and has no listeners itself', async () => {
    const inner = fakeTransport()
    const transport = recording(inner, () => {}, { clock: createManualClock() })
    for (const end of [() => inner.drop(1006), () => transport.close(1000)]) {
      const opening = transport.open()
      inner.accept()
      await opening
      expect(inner.listeners).toBeGreaterThan(0)
      await end()
      expect(inner.listeners).toBe(0)
    }
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('disk full')
      },
    ],
    ['rejects', () => Promise.reject(new Error('disk full'))],
  ])('continues after a write that %s', async (_how, fail) => {
    const errors: unknown[] = []
    const inner = fakeTransport()
    const onError = (error: unknown) => {
      errors.push(error)
      throw error
    }
    const transport = recording(inner, fail, { clock: createManualClock(), onError })
    const log = logTransport(transport)
    const opening = transport.open()
    inner.accept()
    await opening
    transport.send('{}')
    inner.sendFrame('{}')
    await settle()
    expect(inner.sent).toEqual(['{}'])
    expect(log.map(({ type }) => type)).toEqual(['open', 'message'])
    expect(errors).toHaveLength(4)
  })

  it('accepts frames that are not events', async () => {
    const { inner, lines, log } = await recorded()
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    for (const frame of ['', 'no json', 'null', '42', '"text"', '[]', '{"__proto__":{"x":1}}', deep])
      inner.sendFrame(frame)
    expect(log).toHaveLength(9)
    expect(
      lines()
        .slice(2, 9)
        .map(({ event }) => event),
    ).toEqual(['', '[7 chars]', null, 42, '[4 chars]', [], JSON.parse('{"__proto__":{"x":1}}')])
  })
})

describe('recording: credentials', () => {
  it.each(['length', 'keep'] as const)('are never written (text: %s)', async (text) => {
    const { inner, transport, written } = await recorded({ text })
    transport.send(
      JSON.stringify({
        type: 'session.update',
        session: {
          type: 'realtime',
          instructions: `Use ${standardKey}, or my_${clientSecret}.`,
          client_secret: { value: clientSecret },
          tools: [
            {
              type: 'mcp',
              server_label: 'files',
              server_url: 'https://user:hidden-word@example.com/mcp?token=hidden-word',
              authorization: 'hidden-word',
              headers: { 'X-Custom': 'hidden-word', Cookie: 'hidden-word' },
            },
          ],
          [standardKey]: 'hidden-word'.replace('hidden-word', standardKey),
        },
        apiKey: 'hidden-word',
        accessToken: 'hidden-word',
        token: 'hidden-word',
        webhook_secret: 'hidden-word',
        note: 'Authorization: Bearer hidden-word',
      }),
    )
    inner.sendFrame(
      JSON.stringify({
        type: 'error',
        error: { message: `Incorrect API key provided: ${standardKey}.`, code: 'invalid_api_key', param: clientSecret },
      }),
    )
    inner.drop(3000, `bad key ${standardKey}`)
    for (const secret of [clientSecret, standardKey, 'hidden-word', 'A1b2C3d4', 'a1b2a1b2'])
      expect(written()).not.toContain(secret)
    expect(written()).toContain('[credential]')
  })

  it('keeps token counts', async () => {
    const { receiveEvent } = await recorded()
    const usage = { total_tokens: 3, input_tokens: 1, input_token_details: { cached_tokens: 1 } }
    expect(receiveEvent({ type: 'response.done', response: { usage } })).toMatchObject({ response: { usage } })
  })
})

describe('recording: audio', () => {
  const pcm = Buffer.alloc(9600).toString('base64')

  it.each(['length', 'keep'] as const)('is replaced by its number of bytes (text: %s)', async (text) => {
    const { transport, receiveEvent, lines, written } = await recorded({ text })
    transport.send(JSON.stringify({ type: 'input_audio_buffer.append', audio: pcm }))
    expect(lines().at(-1)?.event).toEqual({ type: 'input_audio_buffer.append', audio: '[9600 bytes of audio]' })
    for (const type of ['response.output_audio.delta', 'response.audio.delta', 'session.output_audio.delta'])
      expect(receiveEvent({ type, delta: 'AAAA' })).toEqual({ type, delta: '[3 bytes of audio]' })
    expect(receiveEvent({ type: 'x', item: { content: [{ type: 'input_audio', audio: pcm }] } })).toEqual({
      type: 'x',
      item: { content: [{ type: 'input_audio', audio: '[9600 bytes of audio]' }] },
    })
    expect(receiveEvent({ type: 'x', image_url: `data:image/png;base64,${pcm}` })).toMatchObject({
      image_url: '[9600 bytes of data]',
    })
    expect(receiveEvent({ type: 'new', payload: pcm })).toMatchObject({ payload: '[9600 bytes]' })
    expect(written()).not.toContain('AAAA')
  })
})

describe('recording: text', () => {
  const events = [
    { type: 'response.output_audio_transcript.delta', item_id: 'item_1', delta: 'private' },
    {
      type: 'conversation.item.input_audio_transcription.completed',
      transcript: 'private',
      logprobs: [{ token: 'private', bytes: [112] }],
    },
    {
      type: 'response.function_call_arguments.done',
      name: 'weather',
      call_id: 'call_1',
      arguments: '{"city":"private"}',
    },
    { type: 'error', error: { type: 'invalid_request_error', code: 'invalid_value', message: 'private' } },
    { type: 'input_audio_buffer.dtmf_event_received', event: '7' },
    { type: 'from_the_future', remark: 'private', nested: [{ anything: ['private'] }] },
    { type: 'response.created', response: { metadata: { user_id: 'private', client_event_id: 'event_1' } } },
  ]

  it('is replaced by its length, except for names and ids', async () => {
    const { receiveEvent, written } = await recorded()
    expect(events.map(receiveEvent)).toEqual([
      { type: 'response.output_audio_transcript.delta', item_id: 'item_1', delta: '[7 chars]' },
      {
        type: 'conversation.item.input_audio_transcription.completed',
        transcript: '[7 chars]',
        logprobs: '[1 logprobs]',
      },
      {
        type: 'response.function_call_arguments.done',
        name: 'weather',
        call_id: 'call_1',
        arguments: '[18 chars]',
      },
      { type: 'error', error: { type: 'invalid_request_error', code: 'invalid_value', message: '[7 chars]' } },
      { type: 'input_audio_buffer.dtmf_event_received', event: '[1 chars]' },
      { type: 'from_the_future', remark: '[7 chars]', nested: [{ anything: ['[7 chars]'] }] },
      { type: 'response.created', response: { metadata: { user_id: '[7 chars]', client_event_id: 'event_1' } } },
    ])
    expect(written()).not.toContain('private')
  })

  it('is kept with text: keep', async () => {
    const { receiveEvent } = await recorded({ text: 'keep' })
    expect(events.map(receiveEvent)).toEqual(events)
  })
})

withShared('recordings/ga-azure.jsonl', (file) => {
  it('contains no text or audio of recorded sessions', async () => {
    const { receiveEvent } = await recorded()
    const events = jsonLines<{ event: object }>(file).map(({ event }) => event)
    let checked = 0
    for (const event of events) {
      const line = JSON.stringify(receiveEvent(event))
      for (const text of wordsIn(event)) {
        checked++
        expect(line).not.toContain(JSON.stringify(text).slice(1, -1))
      }
    }
    expect(checked).toBeGreaterThan(100)
  })
})

/** Every text with a blank in it: sentences, not names. */
function wordsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.trim().includes(' ') ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(wordsIn) : []
}

describe('recording: a session', () => {
  it('contains the whole call in order, without text', async () => {
    const written: string[] = []
    const emulator = createEmulator({
      pace: Number.POSITIVE_INFINITY,
      latencyMs: 0,
      script: [reply('Nobody reads this.')],
    })
    const session = createSession({ transport: recording(emulator.connect(), (line) => written.push(line)) })
    await session.connect()
    await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Nor that.' }] })
    await session.respond().done
    await session.close()
    const { lines, unreadable } = readRecording(written.join(''))
    expect(unreadable).toEqual([])
    const types = lines.map(({ direction, event }) => `${direction} ${(event as { type: string }).type}`)
    expect(types.slice(0, 5)).toEqual([
      'local recording',
      'local open',
      'received session.created',
      'sent conversation.item.create',
      'received conversation.item.added',
    ])
    expect(types.slice(-3)).toEqual(['received response.done', 'received rate_limits.updated', 'local close'])
    expect(written.join('')).toContain('bytes of audio]')
    expect(written.join('')).not.toMatch(/nobody|nor that/i)
  })
})

describe('readRecording', () => {
  it('skips empty lines and returns the numbers of unreadable ones', () => {
    const line = '{"ms":1,"direction":"sent","event":{"type":"x"}}'
    expect(readRecording(`${line}\n\n{"ms":2}\nnull\r\n${line}\r\n{"ms":3,"direc`)).toEqual({
      lines: [JSON.parse(line), JSON.parse(line)],
      unreadable: [3, 4, 6],
    })
  })
})
