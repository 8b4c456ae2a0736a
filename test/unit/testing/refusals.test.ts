import { describe, expect, test } from 'vitest'
import { reply, silence } from '../../../src/testing/index.js'
import { connectTo, inputConfig, said, type TestClient } from './client.js'

/** The error event that an event is answered with, without its own identifier. */
async function errorFor(client: TestClient, event: object): Promise<unknown> {
  const before = client.events.length
  await client.send({ event_id: 'mine', ...event })
  const answers = client.events.slice(before)
  expect(answers.map(({ type }) => type)).toEqual(['error'])
  const [answer] = answers
  expect(answer).toEqual({ type: 'error', event_id: expect.stringMatching(/^event_\w{21}$/), error: expect.anything() })
  return client.last('error').error
}

const update = (session: object) => ({ type: 'session.update', session: { type: 'realtime', ...session } })
const create = (item: object, rest: object = {}) => ({ type: 'conversation.item.create', item, ...rest })

const cases: [name: string, event: object, code: string | null, message: string, param: string | null][] = [
  [
    'an update without session.type',
    { type: 'session.update', session: {} },
    'missing_required_parameter',
    "Missing required parameter: 'session.type'.",
    'session.type',
  ],
  [
    'an update without session',
    { type: 'session.update' },
    'missing_required_parameter',
    "Missing required parameter: 'session'.",
    'session',
  ],
  [
    'an update with an unknown field',
    update({ instructions: 'x', temperature: 0.8 }),
    'unknown_parameter',
    "Unknown parameter: 'session.temperature'.",
    'session.temperature',
  ],
  [
    'an update with a deep unknown field',
    update({ audio: { input: { turn_detection: { type: 'server_vad', max_ms: 1 } } } }),
    'unknown_parameter',
    "Unknown parameter: 'session.audio.input.turn_detection.max_ms'.",
    'session.audio.input.turn_detection.max_ms',
  ],
  [
    'a value of the wrong kind',
    update({ audio: { input: { format: 'pcm16' } } }),
    'invalid_type',
    "Invalid type for 'session.audio.input.format': expected an object, but got a string instead.",
    'session.audio.input.format',
  ],
  [
    'text where a number belongs',
    update({ audio: { output: { speed: 'fast' } } }),
    'invalid_type',
    "Invalid type for 'session.audio.output.speed': expected a number, but got a string instead.",
    'session.audio.output.speed',
  ],
  [
    'a speed above the maximum',
    update({ audio: { output: { speed: 99 } } }),
    'decimal_above_max_value',
    "Invalid 'session.audio.output.speed': decimal above maximum value. Expected a value <= 1.5, but got 99 instead.",
    'session.audio.output.speed',
  ],
  [
    'an idle timeout below the minimum',
    update({ audio: { input: { turn_detection: { type: 'server_vad', idle_timeout_ms: 10 } } } }),
    'integer_below_min_value',
    "Invalid 'session.audio.input.turn_detection.idle_timeout_ms': integer below minimum value. Expected a value >= 5000, but got 10 instead.",
    'session.audio.input.turn_detection.idle_timeout_ms',
  ],
  [
    'an unknown kind of turn detection',
    update({ audio: { input: { turn_detection: { type: 'none' } } } }),
    'invalid_value',
    "Invalid value: 'none'. Supported values are: 'server_vad' and 'semantic_vad'.",
    'session.audio.input.turn_detection.type',
  ],
  [
    'an unknown modality',
    update({ output_modalities: ['video'] }),
    'invalid_value',
    "Invalid value: 'video'. Supported values are: 'text' and 'audio'.",
    'session.output_modalities[0]',
  ],
  [
    'two modalities at once',
    update({ output_modalities: ['text', 'audio'] }),
    'invalid_value',
    "Invalid modalities: ['text', 'audio']. Supported combinations are: ['text'] and ['audio'].",
    'session.output_modalities',
  ],
  [
    'a tool without a type',
    update({ tools: [{ name: 'f' }] }),
    'missing_required_parameter',
    "Missing required parameter: 'session.tools[0].type'.",
    'session.tools[0].type',
  ],
  [
    'an unknown tool choice',
    update({ tool_choice: 'maybe' }),
    'invalid_value',
    "Invalid value: 'maybe'. Supported values are: 'none', 'auto', and 'required'.",
    'session.tool_choice',
  ],
  [
    'a transcription update',
    { type: 'session.update', session: { type: 'transcription' } },
    'invalid_parameter',
    'Passing a transcription session update event to a realtime session is not allowed.',
    null,
  ],
  [
    'reasoning with a model that has none',
    update({ reasoning: { effort: 'low' } }),
    'unsupported_parameter',
    "Unsupported parameter: 'session.reasoning' is not supported with this model.",
    'session.reasoning',
  ],
  [
    'an unknown event type',
    { type: 'response.go' },
    'invalid_value',
    "Invalid value: 'response.go'. Supported values are: 'session.update', 'session.close', 'input_audio_buffer.append', 'session.input_audio_buffer.append', 'input_audio_buffer.commit', 'input_audio_buffer.clear', 'conversation.item.create', 'conversation.item.truncate', 'conversation.item.delete', 'conversation.item.retrieve', 'response.create', and 'response.cancel'.",
    'type',
  ],
  ['an event without a type', {}, 'missing_required_parameter', "Missing required parameter: 'type'.", 'type'],
  [
    'a field that an event does not have',
    { type: 'response.create', foo: 1 },
    'unknown_parameter',
    "Unknown parameter: 'foo'.",
    'foo',
  ],
  [
    'an item with unknown content',
    create({ type: 'message', role: 'user', content: [{ type: 'text', text: 'x' }] }),
    'invalid_value',
    "Invalid value: 'text'. Supported values are: 'input_text', 'input_audio', and 'input_image'.",
    'item.content[0].type',
  ],
  [
    'an item after one that is not there',
    create({ type: 'message', role: 'user', content: [] }, { previous_item_id: 'gone' }),
    'item_create_invalid_previous_item_id',
    "Error adding item: the previous item with id 'gone' does not exist.",
    'previous_item_id',
  ],
  [
    'an item that exists',
    create({ id: 'there', type: 'message', role: 'user', content: [] }),
    'item_create_duplicate_item_id',
    "Error adding item: the item with id 'there' already exists.",
    'item.id',
  ],
  [
    'an output without its call',
    create({ type: 'function_call_output', call_id: 'nobody', output: '' }),
    'invalid_tool_call_id',
    "Tool call ID 'nobody' not found in conversation.",
    null,
  ],
  [
    'an item with broken audio',
    create({ type: 'message', role: 'user', content: [{ type: 'input_audio', audio: '***' }] }),
    'invalid_value',
    "Invalid 'item.content[0].audio'. Expected base64-encoded audio bytes (audio/pcm) but got an invalid value.",
    'item.content[0].audio',
  ],
  [
    'deleting what is not there',
    { type: 'conversation.item.delete', item_id: 'gone' },
    'item_delete_invalid_item_id',
    "Error deleting item: the item with id 'gone' does not exist.",
    null,
  ],
  [
    'retrieving what is not there',
    { type: 'conversation.item.retrieve', item_id: 'gone' },
    'item_retrieve_invalid_item_id',
    "Error retrieving item: the item with id 'gone' does not exist.",
    null,
  ],
  [
    'truncating what is not there',
    { type: 'conversation.item.truncate', item_id: 'gone', content_index: 0, audio_end_ms: 1 },
    'item_truncate_invalid_item_id',
    "Error truncating item: the item with id 'gone' does not exist.",
    null,
  ],
  [
    'truncating what is no model audio',
    { type: 'conversation.item.truncate', item_id: 'there', content_index: 0, audio_end_ms: 1 },
    'unsupported_content_type',
    'Only model output audio messages can be truncated',
    null,
  ],
  [
    'truncating at half a millisecond',
    { type: 'conversation.item.truncate', item_id: 'there', content_index: 0, audio_end_ms: 1.5 },
    'invalid_type',
    "Invalid type for 'audio_end_ms': expected an integer, but got a decimal number instead.",
    'audio_end_ms',
  ],
  [
    'audio that is no base64',
    { type: 'input_audio_buffer.append', audio: 'no base64!' },
    'invalid_value',
    "Invalid 'audio'. Expected base64-encoded audio bytes (mono PCM16 at 24kHz) but got an invalid value.",
    'audio',
  ],
  [
    'an append without audio',
    { type: 'input_audio_buffer.append' },
    'missing_required_parameter',
    "Missing required parameter: 'audio'.",
    'audio',
  ],
  [
    'committing an empty buffer',
    { type: 'input_audio_buffer.commit' },
    'input_audio_buffer_commit_empty',
    'Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has 0.00ms of audio.',
    null,
  ],
  [
    'cancelling nothing',
    { type: 'response.cancel' },
    'response_cancel_not_active',
    'Cancellation failed: no active response found',
    null,
  ],
  [
    'cancelling a response that is not there',
    { type: 'response.cancel', response_id: 'resp_gone' },
    'response_cancel_not_active',
    'Cancellation failed: no active response found',
    null,
  ],
  [
    'clearing output over a WebSocket',
    { type: 'output_audio_buffer.clear' },
    'invalid_value',
    "Invalid value: 'output_audio_buffer.clear'. It is only supported over WebRTC and SIP, where the server plays the audio.",
    'type',
  ],
  [
    'a response in a conversation that is none',
    { type: 'response.create', response: { conversation: 'other' } },
    'invalid_value',
    "Invalid value: 'other'. Supported values are: 'auto' and 'none'.",
    'response.conversation',
  ],
  [
    'a reference to what is not there',
    { type: 'response.create', response: { conversation: 'none', input: [{ type: 'item_reference', id: 'gone' }] } },
    'invalid_value',
    "The item with id 'gone' does not exist.",
    'response.input[0].id',
  ],
]

const long = 'x'.repeat(33)
const tooLong = (param: string, maximum: number, length: number) =>
  `Invalid '${param}': string too long. Expected a string with maximum length ${maximum}, but got a string with length ${length} instead.`
const functionTool = (name: string) => ({ type: 'function', name, parameters: {} })

/** Limits that the published schemas do not contain. */
const serviceLimits: typeof cases = [
  ...(['input', 'output'] as const).map((side): (typeof cases)[number] => [
    `audio/pcm without a rate as the ${side} format`,
    update({ audio: { [side]: { format: { type: 'audio/pcm' } } } }),
    'missing_required_parameter',
    `Missing required parameter: 'session.audio.${side}.format.rate'.`,
    `session.audio.${side}.format.rate`,
  ]),
  [
    'audio/pcm without a rate in a response',
    { type: 'response.create', response: { audio: { output: { format: { type: 'audio/pcm' } } } } },
    'missing_required_parameter',
    "Missing required parameter: 'response.audio.output.format.rate'.",
    'response.audio.output.format.rate',
  ],
  [
    'an unknown voice',
    update({ audio: { output: { voice: 'nova' } } }),
    'invalid_value',
    "Invalid value: 'nova'. Supported values are: 'alloy', 'ash', 'ballad', 'coral', 'echo', 'sage', 'shimmer', 'verse', 'marin', and 'cedar'.",
    'session.audio.output.voice',
  ],
  [
    'a tool name with a space',
    update({ tools: [functionTool('good'), functionTool('a b')] }),
    'invalid_value',
    "Invalid 'session.tools[1].name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
    'session.tools[1].name',
  ],
  [
    'a tool name with 65 characters in a response',
    { type: 'response.create', response: { tools: [functionTool('x'.repeat(65))] } },
    'string_above_max_length',
    tooLong('response.tools[0].name', 64, 65),
    'response.tools[0].name',
  ],
  [
    'more than 4096 output tokens',
    update({ max_output_tokens: 4097 }),
    'integer_above_max_value',
    "Invalid 'session.max_output_tokens': integer above maximum value. Expected a value <= 4096, but got 4097 instead.",
    'session.max_output_tokens',
  ],
  [
    'zero output tokens',
    { type: 'response.create', response: { max_output_tokens: 0 } },
    'integer_below_min_value',
    "Invalid 'response.max_output_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    'response.max_output_tokens',
  ],
  [
    'an item id with 33 characters',
    create({ id: long, type: 'message', role: 'user', content: [] }),
    'string_above_max_length',
    tooLong('item.id', 32, 33),
    'item.id',
  ],
  ...(['function_call', 'function_call_output'] as const).map((type): (typeof cases)[number] => [
    `a ${type} with a call id of 33 characters`,
    create({ type, call_id: long, ...(type === 'function_call' ? { name: 'f', arguments: '{}' } : { output: '' }) }),
    'string_above_max_length',
    tooLong('item.call_id', 32, 33),
    'item.call_id',
  ]),
  [
    'an input item of a response with an id of 33 characters',
    {
      type: 'response.create',
      response: { conversation: 'none', input: [{ id: long, type: 'message', role: 'user', content: [] }] },
    },
    'string_above_max_length',
    tooLong('response.input[0].id', 32, 33),
    'response.input[0].id',
  ],
]

/** Values of the right type that are out of bounds. No message expects the type that it found. */
const bounds: typeof cases = [
  [
    'a negative silence',
    update({ audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: -1 } } } }),
    'integer_below_min_value',
    "Invalid 'session.audio.input.turn_detection.silence_duration_ms': integer below minimum value. Expected a value >= 0, but got -1 instead.",
    'session.audio.input.turn_detection.silence_duration_ms',
  ],
  [
    '17 entries of metadata',
    {
      type: 'response.create',
      response: { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v'])) },
    },
    'object_above_max_properties',
    "Invalid 'response.metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
    'response.metadata',
  ],
  [
    'a long name of metadata',
    { type: 'response.create', response: { metadata: { ['k'.repeat(65)]: 'v' } } },
    'string_above_max_length',
    "Invalid 'response.metadata': property name too long. Expected names with maximum length 64, but got a name with length 65 instead.",
    'response.metadata',
  ],
  [
    'an empty list of languages',
    update({ audio: { input: { transcription: { model: 'gpt-transcribe', languages: [] } } } }),
    'empty_array',
    "Invalid 'session.audio.input.transcription.languages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    'session.audio.input.transcription.languages',
  ],
  [
    'an empty tool name',
    update({ tools: [functionTool('')] }),
    'empty_string',
    "Invalid 'session.tools[0].name': empty string. Expected a string with minimum length 1, but got an empty string instead.",
    'session.tools[0].name',
  ],
  [
    'no modality',
    update({ output_modalities: [] }),
    'invalid_value',
    "Invalid modalities: []. Supported combinations are: ['text'] and ['audio'].",
    'session.output_modalities',
  ],
]

test.each([
  ['an unknown voice', { voices: ['nova'] }, update({ audio: { output: { voice: 'nova' } } })],
  ['a custom voice', {}, update({ audio: { output: { voice: { id: 'voice_1' } } } })],
  ['an id of 32 characters', {}, said('hello', 'x'.repeat(32))],
  ['4096 output tokens', {}, update({ max_output_tokens: 4096 })],
])('the emulator accepts %s', async (_, options, event) => {
  const client = await connectTo(options, { model: 'gpt-realtime' })
  await client.send(event)
  expect(client.all('error')).toEqual([])
})

test.each(['foo', 'gpt-realtime-9', 'whisper-1', 'gpt-realtime-translate'])(
  'the emulator rejects the model %s',
  async (model) => {
    const client = await connectTo({}, { model })
    expect(client.events.map(({ type }) => type)).toEqual(['error'])
    expect(client.last('error').error).toMatchObject({
      code: 'invalid_model',
      message: `Model "${model}" is not supported in realtime mode.`,
    })
    expect(client.closes).toMatchObject([{ code: 4000 }])
    const known = await connectTo({ models: [model] }, { model })
    expect(known.events.map(({ type }) => type)).toEqual(['session.created'])
  },
)

describe('the emulator refuses', () => {
  test.each([...cases, ...serviceLimits, ...bounds])('%s', async (_, event, code, message, param) => {
    const client = await connectTo({}, { model: 'gpt-realtime' })
    await client.send(said('hello', 'there'))
    expect(await errorFor(client, event)).toEqual({
      type: 'invalid_request_error',
      code,
      message,
      param,
      event_id: 'mine',
    })
    expect(client.closes).toEqual([])
  })

  test('a frame that is not JSON, and one that is no object', async () => {
    const client = await connectTo()
    for (const [frame, code, message] of [
      ['{', 'invalid_json', 'Invalid event: failed to parse JSON value.'],
      ['', 'invalid_json', 'Invalid event: failed to parse JSON value.'],
      ['[]', 'invalid_event', 'Invalid event: expected a JSON object.'],
      ['null', 'invalid_event', 'Invalid event: expected a JSON object.'],
      ['42', 'invalid_event', 'Invalid event: expected a JSON object.'],
      [`${'['.repeat(5000)}${']'.repeat(5000)}`, 'invalid_event', 'Invalid event: expected a JSON object.'],
      [
        `{"type":"response.create","x":${'['.repeat(5000)}${']'.repeat(5000)}}`,
        'invalid_json',
        'Invalid event: its JSON is nested too deeply.',
      ],
    ] as const) {
      await client.sendFrame(frame)
      expect(client.last('error').error).toEqual({
        type: 'invalid_request_error',
        code,
        message,
        param: null,
        event_id: null,
      })
    }
  })

  test('an event_id of more than 512 characters, and then names no event', async () => {
    const client = await connectTo()
    await client.send({ type: 'response.create', event_id: 'x'.repeat(513) })
    expect(client.last('error').error).toEqual({
      type: 'invalid_request_error',
      code: 'string_above_max_length',
      message:
        "Invalid 'event_id': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
      param: 'event_id',
      event_id: null,
    })
  })

  test('a second response while one is active, and names the one', async () => {
    const client = await connectTo({ script: [silence(Number.POSITIVE_INFINITY)] })
    await client.send({ type: 'response.create' })
    const { id } = client.last('response.created').response
    expect(await errorFor(client, { type: 'response.create' })).toEqual({
      type: 'invalid_request_error',
      code: 'conversation_already_has_active_response',
      message: `Conversation already has an active response in progress: ${id}. Wait until the response is finished before creating a new one.`,
      param: null,
      event_id: 'mine',
    })
  })

  test('another voice after the first audio, and keeps everything as it was', async () => {
    const client = await connectTo({ script: [reply('Hello.')] })
    await client.send(update({ audio: { output: { voice: 'marin' } } }))
    expect(client.last('session.updated').session).toMatchObject({ audio: { output: { voice: 'marin' } } })
    await client.send({ type: 'response.create' })
    await client.clock.advance(5000)
    expect(await errorFor(client, update({ instructions: 'lost', audio: { output: { voice: 'cedar' } } }))).toEqual({
      type: 'invalid_request_error',
      code: 'cannot_update_voice',
      message: "Cannot update a conversation's voice if assistant audio is present.",
      param: null,
      event_id: 'mine',
    })
    await client.send(update({ audio: { output: { voice: 'marin', speed: 1.2 } } }))
    const { session } = client.last('session.updated')
    expect(session).toMatchObject({ audio: { output: { voice: 'marin', speed: 1.2 } } })
    expect(session).not.toMatchObject({ instructions: 'lost' })
  })

  test('a truncation beyond the end, at another index, and one that would lengthen', async () => {
    const client = await connectTo({ script: [reply('Hello.', { audio: new Int16Array(24_000) })] })
    await client.send({ type: 'response.create' })
    await client.clock.advance(2000)
    const item_id = client.last('conversation.item.done').item.id
    const truncate = (audio_end_ms: number, content_index = 0) => ({
      type: 'conversation.item.truncate',
      item_id,
      content_index,
      audio_end_ms,
    })
    expect(await errorFor(client, truncate(1001))).toMatchObject({
      code: 'invalid_value',
      message: 'Audio content of 1000ms is already shorter than 1001ms',
    })
    expect(await errorFor(client, truncate(1, 1))).toMatchObject({ code: 'invalid_value', param: 'content_index' })
    await client.send(truncate(400))
    expect(client.last('conversation.item.truncated')).toMatchObject({ item_id, content_index: 0, audio_end_ms: 400 })
    expect(await errorFor(client, truncate(401))).toMatchObject({
      message: 'Audio content of 400ms is already shorter than 401ms',
    })
  })

  test('a whole update for one bad field', async () => {
    const client = await connectTo()
    await client.send(update({ instructions: 'Be brief.', tools: 3 }))
    await client.send(inputConfig({ noise_reduction: { type: 'near_field' } }))
    expect(client.all('session.updated')).toHaveLength(1)
    expect(client.last('session.updated').session).not.toMatchObject({ instructions: 'Be brief.' })
  })
})
