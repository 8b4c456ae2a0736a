import { describe, expect, test } from 'vitest'
import { decodeBase64 } from '../../../src/audio/base64.js'
import { call, fail, reply, silence } from '../../../src/testing/index.js'
import { connectTo, inputConfig, said, type TestClient } from './client.js'
import { joined, room, speechLike } from './speech.js'

const noDetection = inputConfig({ turn_detection: null })
const asText = { type: 'response.create', response: { output_modalities: ['text'] } }

/** Event types, with runs of the same one told once. */
function outline(types: readonly string[]): string[] {
  return types.filter((type, index) => type !== types[index - 1])
}

function soundOf(client: TestClient): Int16Array {
  const deltas = client.all('response.output_audio.delta').map(({ delta }) => decodeBase64(delta))
  return joined(...deltas.map(({ buffer }) => new Int16Array(buffer)))
}

describe('a response', () => {
  test('in text has its events in the order of real traffic', async () => {
    const client = await connectTo({ script: [reply('Hello there, friend.')] })
    await client.send(said('hi', 'hi'))
    client.fresh()
    await client.send(asText)
    await client.clock.advance(2000)
    expect(outline(client.fresh())).toEqual([
      'response.created',
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
      'rate_limits.updated',
    ])
    expect(client.all('response.output_text.delta').map(({ delta }) => delta)).toEqual([
      'Hello',
      ' there',
      ',',
      ' friend',
      '.',
    ])
    expect(client.last('response.content_part.added').part).toEqual({ type: 'text', text: '' })
    expect(client.last('response.content_part.done').part).toEqual({ type: 'text', text: 'Hello there, friend.' })
    expect(client.last('conversation.item.added').previous_item_id).toBe('hi')
    expect(client.last('response.done').response).toMatchObject({
      status: 'completed',
      status_details: null,
      output: [
        { role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'Hello there, friend.' }] },
      ],
      output_modalities: ['text'],
      max_output_tokens: 'inf',
      metadata: null,
    })
  })

  test('in audio has its events in the order of real traffic, transcript before audio', async () => {
    const client = await connectTo({ script: [reply('Hello there, friend.')] })
    client.fresh()
    await client.send({ type: 'response.create' })
    await client.clock.advance(5000)
    const types = client.fresh()
    expect(outline(types).slice(0, 6)).toEqual([
      'response.created',
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      'response.output_audio_transcript.delta',
      'response.output_audio.delta',
    ])
    expect(types.slice(types.indexOf('response.output_audio.done'))).toEqual([
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
      'rate_limits.updated',
    ])
    expect(client.last('response.content_part.done').part).toEqual({
      type: 'audio',
      transcript: 'Hello there, friend.',
    })
    expect(client.last('response.done').response.output).toMatchObject([
      { content: [{ type: 'output_audio', transcript: 'Hello there, friend.' }] },
    ])
  })

  test('calls functions with arguments that come in pieces', async () => {
    const script = [[reply('Let me look.'), call('weather', { city: 'Oslo' }), call('time')]]
    const client = await connectTo({ script }, { model: 'gpt-realtime' })
    client.fresh()
    await client.send(asText)
    await client.clock.advance(2000)
    expect(outline(client.fresh()).slice(9, 15)).toEqual([
      'response.output_item.added',
      'conversation.item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'conversation.item.done',
      'response.output_item.done',
    ])
    const { output } = client.last('response.done').response
    expect(output.map((item) => item.type)).toEqual(['message', 'function_call', 'function_call'])
    expect(output[1]).toMatchObject({ name: 'weather', arguments: '{"city":"Oslo"}', status: 'completed' })
    const done = client.all('response.function_call_arguments.done')
    expect(done.map(({ name, output_index }) => [name, output_index])).toEqual([
      ['weather', 1],
      ['time', 2],
    ])
    expect(done[0]?.call_id.length).toBeLessThanOrEqual(32)
    const pieces = client.all('response.function_call_arguments.delta').filter(({ output_index }) => output_index === 1)
    expect(pieces.map(({ delta }) => delta).join('')).toBe('{"city":"Oslo"}')
    expect(pieces.length).toBeGreaterThan(1)
  })

  test('marks what goes before a call as commentary, with a model that does', async () => {
    const client = await connectTo({ script: [[reply('Let me look.'), call('weather')], reply('Sunny.')] })
    await client.send(asText)
    await client.clock.advance(1000)
    expect(client.last('response.done').response.output).toMatchObject([{ phase: 'commentary' }, {}])
    await client.send(asText)
    await client.clock.advance(1000)
    expect(client.last('response.done').response.output).toMatchObject([{ phase: 'final_answer' }])
  })

  test('without a script repeats the user', async () => {
    const client = await connectTo()
    await client.send(said('Is anybody there?'))
    await client.send(asText)
    await client.clock.advance(1000)
    expect(client.last('response.output_text.done').text).toBe('Is anybody there?')
  })

  test('overrides the session with its own parameters', async () => {
    const seen: unknown[] = []
    const client = await connectTo({
      script: ({ params, session, input, index, text }) => {
        seen.push([params.instructions, session.instructions, input.length, index, text])
        return reply('Yes.')
      },
    })
    await client.send({
      type: 'session.update',
      session: { type: 'realtime', instructions: 'Be brief.', max_output_tokens: 100 },
    })
    await client.send(said('hello'))
    await client.send({
      type: 'response.create',
      response: { instructions: 'Sing.', output_modalities: ['text'], metadata: { a: 'b' } },
    })
    await client.clock.advance(1000)
    expect(seen).toEqual([['Sing.', 'Be brief.', 1, 0, 'hello']])
    expect(client.last('response.created').response).toMatchObject({
      metadata: { a: 'b' },
      output_modalities: ['text'],
      max_output_tokens: 100,
    })
    expect(client.last('response.done').response.metadata).toEqual({ a: 'b' })
  })

  test('sends audio at the configured pace', async () => {
    const client = await connectTo({
      pace: 4,
      latencyMs: 100,
      script: [reply('Hi.', { audio: new Int16Array(24_000 * 4) })],
    })
    await client.send({ type: 'response.create' })
    await client.clock.advance(99)
    expect(client.all('response.output_item.added')).toHaveLength(0)
    await client.clock.advance(1)
    expect(soundOf(client).length).toBe(2_400)
    await client.clock.advance(500)
    expect(soundOf(client).length).toBeGreaterThanOrEqual(24_000 * 2)
    expect(soundOf(client).length).toBeLessThanOrEqual(24_000 * 2.3)
    await client.clock.advance(499)
    expect(client.all('response.done')).toHaveLength(0)
    await client.clock.advance(1)
    expect(soundOf(client).length).toBe(24_000 * 4)
    expect(client.all('response.done')).toHaveLength(1)
    const sizes = client.all('response.output_audio.delta').map(({ delta }) => decodeBase64(delta).length / 48)
    expect(sizes).toEqual([100, ...Array(19).fill(200), 100])
  })

  test('stops at max_output_tokens as incomplete', async () => {
    const client = await connectTo({ script: [reply('one two three four five six')] })
    await client.send({ type: 'response.create', response: { output_modalities: ['text'], max_output_tokens: 3 } })
    await client.clock.advance(1000)
    expect(client.last('response.done').response).toMatchObject({
      status: 'incomplete',
      status_details: { type: 'incomplete', reason: 'max_output_tokens' },
      output: [{ status: 'incomplete', content: [{ text: 'one two three' }] }],
      usage: { output_tokens: 3 },
    })
  })

  test('fails with the error in its status and no error event', async () => {
    const client = await connectTo({
      script: [[reply('Half an'), fail({ type: 'server_error', code: 'overloaded', message: 'Busy.' })], fail()],
    })
    await client.send(asText)
    await client.clock.advance(1000)
    expect(client.last('response.done').response).toMatchObject({
      status: 'failed',
      status_details: { type: 'failed', error: { type: 'server_error', code: 'overloaded', message: 'Busy.' } },
      output: [{ status: 'completed' }],
    })
    await client.send(asText)
    await client.clock.advance(1000)
    expect(client.last('response.done').response).toMatchObject({ status: 'failed', output: [] })
    expect(client.all('error')).toEqual([])
  })

  test('can be silent for a time, and is then complete and empty', async () => {
    const client = await connectTo({ script: [silence(700), [silence(200), reply('Sorry.')]], latencyMs: 0 })
    await client.send(asText)
    await client.clock.advance(699)
    expect(client.all('response.done')).toHaveLength(0)
    await client.clock.advance(1)
    expect(client.last('response.done').response).toMatchObject({ status: 'completed', output: [] })
    await client.send(asText)
    await client.clock.advance(199)
    expect(client.all('response.output_item.added')).toHaveLength(0)
    await client.clock.advance(1000)
    expect(client.last('response.done').response.output).toHaveLength(1)
  })

  test('fails when the script or the voice throws', async () => {
    const client = await connectTo({
      script: ({ index }) => {
        if (index === 0) throw new Error('no idea')
        return reply('Hm.')
      },
      voice: () => {
        throw new Error('hoarse')
      },
    })
    for (const code of ['script_error', 'voice_error']) {
      await client.send({ type: 'response.create' })
      await client.clock.advance(500)
      expect(client.last('response.done').response).toMatchObject({
        status: 'failed',
        status_details: { error: { code } },
      })
    }
  })
})

describe('interleaved output items', () => {
  const steps = [reply('Let me look.'), call('f', { a: 1 }), call('g', {})]
  const itemEvents = (client: TestClient) =>
    client.events
      .flatMap((event) => ('output_index' in event ? [`${event.type.slice(9)} ${event.output_index}`] : []))
      .filter((text, index, all) => text !== all[index - 1])
  const inText = { type: 'session.update', session: { type: 'realtime', output_modalities: ['text'] } }

  test('gpt-realtime-2.1: a message is completed after the first arguments of the call behind it', async () => {
    const client = await connectTo({ script: [steps] }, { model: 'gpt-realtime-2.1' })
    await client.send(inText)
    await client.send({ type: 'response.create' })
    await client.clock.advance(3000)
    expect(itemEvents(client)).toEqual([
      'output_item.added 0',
      'content_part.added 0',
      'output_text.delta 0',
      'output_item.added 1',
      'function_call_arguments.delta 1',
      'output_text.done 0',
      'content_part.done 0',
      'output_item.done 0',
      'function_call_arguments.delta 1',
      'function_call_arguments.done 1',
      'output_item.done 1',
      'output_item.added 2',
      'function_call_arguments.delta 2',
      'function_call_arguments.done 2',
      'output_item.done 2',
    ])
    const { output, status } = client.last('response.done').response
    expect(status).toBe('completed')
    expect(output).toMatchObject([
      { type: 'message', status: 'completed' },
      { type: 'function_call', status: 'completed' },
      { type: 'function_call', status: 'completed' },
    ])
  })

  test('gpt-realtime-2.1: a call without arguments completes the message in front of it', async () => {
    const client = await connectTo({ script: [[reply('Wait.'), call('f', '')]] }, { model: 'gpt-realtime-2.1' })
    await client.send({ type: 'response.create' })
    await client.clock.advance(5000)
    expect(client.all('response.output_item.done').map(({ output_index }) => output_index)).toEqual([0, 1])
    expect(client.last('response.done').response.status).toBe('completed')
  })

  test('gpt-realtime-2.1: a cancel during the arguments completes both items in order', async () => {
    const client = await connectTo(
      { script: [[reply('Wait.'), call('f', { text: 'a long text with many words to send' })]], pace: 1 },
      { model: 'gpt-realtime-2.1' },
    )
    await client.send(inText)
    await client.send({ type: 'response.create' })
    await client.clock.advance(180)
    await client.send({ type: 'response.cancel' })
    expect(client.all('response.output_item.done').map(({ item }) => item)).toMatchObject([
      { type: 'message', status: 'completed' },
      { type: 'function_call', status: 'incomplete' },
    ])
    expect(client.last('response.done').response).toMatchObject({ status: 'cancelled' })
  })

  test('gpt-realtime: a message is completed before the call behind it starts', async () => {
    const client = await connectTo({ script: [steps] }, { model: 'gpt-realtime' })
    await client.send({ type: 'response.create' })
    await client.clock.advance(5000)
    const events = itemEvents(client)
    expect(events.indexOf('output_item.done 0')).toBeLessThan(events.indexOf('output_item.added 1'))
  })
})

describe('a cancelled response', () => {
  test('completes its open items with the sent content', async () => {
    const client = await connectTo({
      script: [reply('A long story about a fox and a dog.', { audio: new Int16Array(96_000) })],
    })
    await client.send({ type: 'response.create' })
    await client.clock.advance(300)
    client.fresh()
    await client.send({ type: 'response.cancel' })
    expect(client.fresh()).toEqual([
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
      'rate_limits.updated',
    ])
    const words = client
      .all('response.output_audio_transcript.delta')
      .map(({ delta }) => delta)
      .join('')
    expect(client.last('response.output_audio_transcript.done').transcript).toBe(words)
    expect(client.last('response.done').response).toMatchObject({
      status: 'cancelled',
      status_details: { type: 'cancelled', reason: 'client_cancelled' },
      output: [{ status: 'incomplete', content: [{ transcript: words }] }],
    })
    await client.clock.advance(10_000)
    expect(client.fresh()).toEqual([])
    await client.send({
      type: 'conversation.item.truncate',
      item_id: client.last('conversation.item.done').item.id,
      content_index: 0,
      audio_end_ms: 200,
    })
    expect(client.fresh()).toEqual(['conversation.item.truncated'])
  })

  test('has no output before the first step', async () => {
    const client = await connectTo()
    await client.send({ type: 'response.create' })
    await client.send({ type: 'response.cancel', response_id: client.last('response.created').response.id })
    expect(client.last('response.done').response).toMatchObject({
      status: 'cancelled',
      output: [],
      usage: { output_tokens: 0 },
    })
  })

  test('allows the next response', async () => {
    const client = await connectTo({ script: [silence(Number.POSITIVE_INFINITY), reply('Here.')] })
    await client.send(asText)
    await client.send({ type: 'response.cancel' })
    await client.send(asText)
    await client.clock.advance(1000)
    expect(client.all('response.done').map(({ response }) => response.status)).toEqual(['cancelled', 'completed'])
  })
})

describe('a response out of band', () => {
  test('runs in parallel, outside of the conversation, and returns its metadata', async () => {
    const client = await connectTo({ script: [silence(5000), reply('A summary.')] })
    await client.send(said('hello', 'a'))
    await client.send(asText)
    client.fresh()
    await client.send({
      type: 'response.create',
      response: { conversation: 'none', output_modalities: ['text'], metadata: { purpose: 'summary' } },
    })
    await client.clock.advance(1000)
    expect(client.fresh().filter((type) => type.startsWith('conversation'))).toEqual([])
    expect(client.last('response.done').response).toMatchObject({
      conversation_id: null,
      status: 'completed',
      metadata: { purpose: 'summary' },
    })
    await client.send(said('more', 'b'))
    expect(client.last('conversation.item.added').previous_item_id).toBe('a')
  })

  test('reads its own input: new items and references', async () => {
    const inputs: unknown[] = []
    const client = await connectTo({
      script: ({ input, text }) => {
        inputs.push([input.map((item) => item.type), text])
        return reply('Done.')
      },
    })
    await client.send(said('The first thing.', 'a'))
    await client.send(said('The second thing.', 'b'))
    const input = [
      { type: 'item_reference', id: 'a' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Sum it up.' }] },
    ]
    await client.send({ type: 'response.create', response: { conversation: 'none', input } })
    await client.send({ type: 'response.create', response: { conversation: 'none', input: [] } })
    expect(inputs).toEqual([
      [['message', 'message'], 'Sum it up.'],
      [[], ''],
    ])
  })

  test('is cancelled by its identifier only', async () => {
    const client = await connectTo({ script: [silence(Number.POSITIVE_INFINITY)] })
    await client.send({ type: 'response.create', response: { conversation: 'none' } })
    await client.send({ type: 'response.cancel' })
    expect(client.last('error').error.code).toBe('response_cancel_not_active')
    await client.send({ type: 'response.cancel', response_id: client.last('response.created').response.id })
    expect(client.last('response.done').response.status).toBe('cancelled')
  })
})

describe('items of the model', () => {
  test('are retrieved with their audio and truncated', async () => {
    const audio = speechLike(1000)
    const client = await connectTo({ script: [reply('Heard.', { audio })] })
    await client.send({ type: 'response.create' })
    await client.clock.advance(1000)
    const item_id = client.last('conversation.item.done').item.id as string
    const retrieve = async () => {
      await client.send({ type: 'conversation.item.retrieve', item_id })
      const { item } = client.last('conversation.item.retrieved')
      const [part]: object[] = item.type === 'message' ? item.content : []
      return part as { audio: string } | undefined
    }
    const whole = await retrieve()
    expect(whole).toMatchObject({ type: 'output_audio', transcript: 'Heard.' })
    expect(new Int16Array(decodeBase64(whole?.audio ?? '').buffer)).toEqual(audio)
    await client.send({ type: 'conversation.item.truncate', item_id, content_index: 0, audio_end_ms: 250 })
    const cut = await retrieve()
    expect(cut).toMatchObject({ type: 'output_audio', transcript: '' })
    expect(new Int16Array(decodeBase64(cut?.audio ?? '').buffer)).toEqual(audio.slice(0, 6000))
  })

  test('send no conversation events after they are deleted', async () => {
    const client = await connectTo({ script: [reply('A long story.', { audio: room(2000) })] })
    await client.send({ type: 'response.create' })
    await client.clock.advance(200)
    await client.send({ type: 'conversation.item.delete', item_id: client.last('conversation.item.added').item.id })
    client.fresh()
    await client.clock.advance(2000)
    expect(client.fresh()).not.toContain('conversation.item.done')
    expect(client.last('response.done').response.status).toBe('completed')
  })
})

describe('usage', () => {
  test('counts audio by length, text by words, and earlier input as cached', async () => {
    const client = await connectTo({
      script: ({ index }) => reply('Yes, of course.', { audio: room(index === 0 ? 1000 : 2000) }),
    })
    await client.send(noDetection)
    await client.speak(room(3000))
    await client.send({ type: 'input_audio_buffer.commit' })
    for (const _ of [1, 2]) {
      await client.send({ type: 'response.create' })
      await client.clock.advance(1000)
    }
    const [first, second] = client.all('response.done').map(({ response }) => response.usage)
    expect(first).toMatchObject({
      input_token_details: { audio_tokens: 30, cached_tokens: 0 },
      output_token_details: { text_tokens: 5, audio_tokens: 20 },
    })
    expect(second?.input_token_details?.audio_tokens).toBe(40)
    expect(second?.total_tokens).toBe((second?.input_tokens ?? 0) + (second?.output_tokens ?? 0))
  })
})
