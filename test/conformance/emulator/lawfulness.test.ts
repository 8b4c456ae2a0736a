import fc from 'fast-check'
import { expect, test } from 'vitest'
import { realtimeCodec } from '../../../src/protocol/codec.js'
import { call, fail, reply, type Step, silence } from '../../../src/testing/index.js'
import { connectTo, inputConfig, type TestClient } from '../../unit/testing/client.js'
import { joined, room, speechLike } from '../../unit/testing/speech.js'
import { breaches } from './lawful.js'

/** An action of a client, valid or invalid. */
type Action = (client: TestClient) => Promise<unknown>

const speech = speechLike(600)
const quiet = room(700)
const turn = joined(speech, quiet)

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom('Yes.', 'A somewhat longer answer, with several words in it.', '').map((text) => reply(text)),
  fc.integer({ min: 0, max: 3000 }).map((ms) => reply('Listen.', { audio: room(ms) })),
  fc.constantFrom('{"city":"Oslo"}', '', '{"broken').map((args) => call('weather', args)),
  fc.constant(fail({ code: 'overloaded' })),
  fc.constantFrom(0, 300, 2000, Number.POSITIVE_INFINITY).map((ms) => silence(ms)),
)

// Few ids, so that actions refer to the same items: two ids of the client, one that never exists, and some of the server.
const clientNames = ['a', 'b']
const itemName = fc.constantFrom('a', 'b', 'none', '$last', '$first', '$spoken')
const nameOf = (client: TestClient, name: string): string => {
  const items = client.all('conversation.item.added')
  if (name === '$last') return String(items.at(-1)?.item.id ?? 'none')
  if (name === '$spoken') return client.all('response.output_audio.done').at(-1)?.item_id ?? 'none'
  if (name === '$first') return String(items[0]?.item.id ?? 'none')
  return name
}

const content = fc.constantFrom<object[]>(
  [{ type: 'input_text', text: 'hello' }],
  [{ type: 'input_audio', audio: 'AAAA' }],
  [{ type: 'nonsense' }],
  [],
)

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.integer({ min: 0, max: 900 }).map(
      (ms): Action =>
        (client) =>
          client.clock.advance(ms),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(speech, quiet, turn).map(
      (pcm): Action =>
        (client) =>
          client.speak(pcm),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        conversation: fc.constantFrom('auto', 'none', undefined),
        output_modalities: fc.constantFrom(['text'], ['audio'], undefined),
        max_output_tokens: fc.constantFrom(undefined, 1, 4, 'inf'),
        input: fc.constantFrom(undefined, undefined, [], [{ type: 'item_reference', id: 'a' }]),
      })
      .map(
        (response): Action =>
          (client) =>
            client.send({ type: 'response.create', response }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        content,
        id: fc.constantFrom(undefined, 'a', 'b'),
        previous: fc.constantFrom(undefined, null, 'root', 'a', 'none'),
      })
      .map(
        ({ content, id, previous }): Action =>
          (client) =>
            client.send({
              type: 'conversation.item.create',
              ...(previous === undefined ? {} : { previous_item_id: previous }),
              item: { type: 'message', role: 'user', content, id },
            }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(itemName, fc.constantFrom('conversation.item.delete', 'conversation.item.retrieve')).map(
      ([name, type]): Action =>
        (client) =>
          client.send({ type, item_id: nameOf(client, name) }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.oneof(itemName, fc.constant('$spoken')), fc.integer({ min: 0, max: 1500 }), fc.constantFrom(0, 0, 0, 1))
      .map(
        ([name, audio_end_ms, content_index]): Action =>
          (client) =>
            client.send({
              type: 'conversation.item.truncate',
              item_id: nameOf(client, name),
              content_index,
              audio_end_ms,
            }),
      ),
  },
  { weight: 2, arbitrary: fc.constant<Action>((client) => client.send({ type: 'response.cancel' })) },
  {
    weight: 1,
    arbitrary: fc.constant<Action>((client) =>
      client.send({
        type: 'response.cancel',
        response_id: client.all('response.created').at(-1)?.response.id ?? 'none',
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('commit', 'clear').map(
      (verb): Action =>
        (client) =>
          client.send({ type: `input_audio_buffer.${verb}` }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<object | null>(
        null,
        { type: 'server_vad', silence_duration_ms: 500 },
        { type: 'server_vad', idle_timeout_ms: 5000 },
        { type: 'semantic_vad', eagerness: 'high' },
        { type: 'wrong' },
      )
      .map(
        (turn_detection): Action =>
          (client) =>
            client.send(inputConfig({ turn_detection, transcription: { model: 'whisper-1' } })),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        '{',
        'null',
        '{"type":"__proto__"}',
        '{"type":{"toString":1}}',
        '{"type":"response.create","__proto__":{"a":1}}',
        '"\\ud800"',
      )
      .map(
        (frame): Action =>
          (client) =>
            client.sendFrame(frame),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.json().map(
      (frame): Action =>
        (client) =>
          client.sendFrame(frame),
    ),
  },
)

async function play(script: readonly (readonly Step[])[], actions: readonly Action[]): Promise<TestClient> {
  const client = await connectTo({ script, hear: () => 'some words' })
  for (const act of actions) await act(client)
  return client
}

test('random client events: the session keeps the order laws, and every event matches its schema', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 6 }),
      fc.array(action, { minLength: 4, maxLength: 25 }),
      async (script, actions) => {
        const client = await play(script, actions)
        expect(breaches(client.events, { clientNames })).toEqual([])
        // Endless responses are cancelled. All others complete.
        for (const { response } of client.all('response.created')) {
          await client.send({ type: 'response.cancel', response_id: response.id })
        }
        await client.clock.advance(20_000)
        expect(breaches(client.events, { isOver: true, clientNames })).toEqual([])
        const odd = client.events.filter((event) => realtimeCodec.decode(JSON.stringify(event)).kind !== 'event')
        expect(odd).toEqual([])
        await client.close()
        await client.clock.advance(0)
        expect(client.clock.pending).toBe(0)
      },
    ),
    { numRuns: 300 },
  )
}, 120_000)
