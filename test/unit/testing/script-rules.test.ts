import { describe, expect, test } from 'vitest'
import {
  call,
  createEmulator,
  type EmulatorOptions,
  fail,
  isEmulatorError,
  reply,
  type Turn,
} from '../../../src/testing/index.js'
import { joined, silentSamples, vowel } from '../../support/speech.js'
import { connectTo, said, type TestClient } from './client.js'

const instant = { pace: Number.POSITIVE_INFINITY, latencyMs: 0 }
const textOnly = { type: 'session.update', session: { type: 'realtime', output_modalities: ['text'] } }

/** Sends a message, requests a response, and returns its text, or the name of the called function. */
async function ask(client: TestClient, text?: string, response: object = {}): Promise<string> {
  if (text !== undefined) await client.send(said(text))
  await client.send({ type: 'response.create', response })
  await client.clock.advance(100)
  const [item] = client.last('response.done').response.output ?? []
  if (item?.type === 'function_call') return `${item.name}(${item.arguments})`
  return item?.type === 'message' ? (item.content[0]?.text ?? '') : (item?.type ?? 'nothing')
}

async function connect(options: EmulatorOptions, request?: Parameters<typeof connectTo>[1]): Promise<TestClient> {
  const client = await connectTo({ ...instant, ...options }, request)
  await client.send(textOnly)
  return client
}

async function answerCall(client: TestClient, output: string): Promise<void> {
  const { output: items = [] } = client.last('response.done').response
  for (const item of items) {
    if (item.type !== 'function_call') continue
    await client.send({
      type: 'conversation.item.create',
      item: { type: 'function_call_output', call_id: item.call_id, output },
    })
  }
}

describe('a rule', () => {
  test('with text: applies to messages that contain it in any case', async () => {
    const client = await connect({ script: [{ when: { text: 'weather' }, respond: 'It rains.' }] })
    expect(await ask(client, 'What is the WEATHER like?')).toBe('It rains.')
    expect(await ask(client, 'Hello.')).toBe('Hello.')
  })

  test('with a regular expression: keeps no position between turns', async () => {
    const script = [{ when: { text: /^(yes|yep)\b/gi }, respond: 'Fine.' }]
    const client = await connect({ script })
    expect(await ask(client, 'Yes, please.')).toBe('Fine.')
    expect(await ask(client, 'Yep.')).toBe('Fine.')
    expect(await ask(client, 'Oh yes.')).toBe('Oh yes.')
  })

  test('with a pattern: is a regular expression as text, in any case', async () => {
    const client = await connect({ script: [{ when: { pattern: 'order \\d+$' }, respond: 'Found.' }] })
    expect(await ask(client, 'Where is Order 4711')).toBe('Found.')
    expect(await ask(client, 'Where is order x')).toBe('Where is order x')
  })

  test('with toolResult: applies to the response to that tool, and rules with text do not', async () => {
    const client = await connect({
      script: [
        { when: { text: 'weather' }, respond: call('get_weather', { city: 'Oslo' }) },
        { when: { toolResult: { name: 'get_weather', output: 'ERROR' } }, respond: 'I cannot look it up.' },
        { when: { toolResult: 'get_weather' }, respond: 'The weather is fine.' },
      ],
    })
    expect(await ask(client, 'The weather?')).toBe('get_weather({"city":"Oslo"})')
    await answerCall(client, 'weather: sunny')
    expect(await ask(client)).toBe('The weather is fine.')
    expect(await ask(client, 'And the weather now?')).toBe('get_weather({"city":"Oslo"})')
    await answerCall(client, 'an error occurred')
    expect(await ask(client)).toBe('I cannot look it up.')
  })

  test('with turn, session, and metadata: compares the number of the response and fields', async () => {
    const client = await connect({
      script: [
        { when: { turn: 2 }, respond: 'second' },
        { when: { metadata: { topic: 'jokes' } }, respond: 'a joke' },
        { when: { session: { output_modalities: ['text'], audio: { output: { voice: 'marin' } } } }, respond: 'marin' },
      ],
    })
    expect(await ask(client, 'one')).toBe('marin')
    expect(await ask(client, 'two')).toBe('second')
    expect(await ask(client, 'three', { metadata: { topic: 'jokes', other: 'x' } })).toBe('a joke')
    expect(await ask(client, 'four', { metadata: { topic: 'other' } })).toBe('marin')
  })

  test('with functions: receives the turn', async () => {
    const client = await connect({
      script: [{ when: ({ text }: Turn) => text.length > 3, respond: ({ text }: Turn) => text.toUpperCase() }],
    })
    expect(await ask(client, 'hello')).toBe('HELLO')
    expect(await ask(client, 'abc')).toBe('abc')
  })

  test('with times: applies that often, and then the next entry does', async () => {
    const client = await connect({
      script: [{ when: {}, respond: 'first', times: 1 }, 'in order', { when: { text: 'x' }, respond: 'x again' }],
    })
    expect([await ask(client, 'x'), await ask(client, 'y'), await ask(client, 'x'), await ask(client, 'y')]).toEqual([
      'first',
      'in order',
      'x again',
      'y',
    ])
  })

  test('that returns an unknown step: the response fails with an error that names it', async () => {
    const client = await connect({ script: [{ when: {}, respond: (() => ({ step: 'sing' })) as never }] })
    await ask(client, 'x')
    expect(client.last('response.done').response).toMatchObject({
      status: 'failed',
      status_details: { error: { code: 'script_error' } },
    })
  })
})

describe('named scripts', () => {
  const scripts = { weather: ['It rains.'], 'test-7': [['Seven.', call('seven')]], spoken: ['one', 'two'] }

  test('are selected by name, by the test, and by a test key', async () => {
    const options = { script: ['Default.'], scripts }
    const model = 'gpt-realtime'
    expect(await ask(await connect(options, { model }), 'x')).toBe('Default.')
    expect(await ask(await connect(options, { model, script: 'weather' }), 'x')).toBe('It rains.')
    expect(await ask(await connect(options, { model, testId: 'test-7' }), 'x')).toBe('Seven.')
    expect(await ask(await connect(options, { model, apiKey: 'test-7' }), 'x')).toBe('Seven.')
    expect(await ask(await connect(options, { model, apiKey: 'test-8' }), 'x')).toBe('Default.')
  })

  test('an unknown name: the connection is rejected with the known names', async () => {
    const client = await connectTo({ scripts }, { model: 'gpt-realtime', script: 'wether' })
    expect(client.last('error').error).toMatchObject({ code: 'unknown_script' })
    expect(client.last('error').error.message).toContain("'weather'")
    expect(client.closes).toMatchObject([{ code: 4000 }])
  })

  test('tests: each one has its own position in a script, sessions of one test share it', async () => {
    const { emulator, open } = opener({ scripts })
    const first = await open({ model: 'gpt-realtime', script: 'spoken', testId: 'a' })
    const second = await open({ model: 'gpt-realtime', script: 'spoken', testId: 'b' })
    const again = await open({ model: 'gpt-realtime', script: 'spoken', testId: 'a' })
    expect([await first('x'), await second('x'), await again('x')]).toEqual(['one', 'one', 'two'])
    emulator.scripts.set('spoken', ['three'])
    expect(await second('x')).toBe('three')
    expect(emulator.scripts.names).toEqual(['weather', 'test-7', 'spoken'])
    expect([emulator.scripts.delete('spoken'), emulator.scripts.delete('spoken')]).toEqual([true, false])
    expect(await second('echo')).toBe('echo')
  })

  test('transcripts: are used in order, for each test', async () => {
    const client = await connectTo(
      {
        ...instant,
        hear: ['common'],
        scripts: {
          phone: {
            transcripts: ['What is the weather?', fail({ code: 'audio_unintelligible' })],
            responses: [{ when: { text: 'weather' }, respond: 'It rains.' }],
          },
        },
      },
      { model: 'gpt-realtime', script: 'phone' },
    )
    await client.send({
      type: 'session.update',
      session: {
        type: 'realtime',
        output_modalities: ['text'],
        audio: { input: { transcription: { model: 'gpt-transcribe' } } },
      },
    })
    await client.speak(joined(vowel(800), silentSamples(1_200)))
    await client.clock.advance(2_000)
    expect(client.last('conversation.item.input_audio_transcription.completed').transcript).toBe('What is the weather?')
    expect(client.last('response.output_text.done').text).toBe('It rains.')
    await client.speak(joined(vowel(800), silentSamples(1_200)))
    await client.clock.advance(2_000)
    expect(client.last('conversation.item.input_audio_transcription.failed').error.code).toBe('audio_unintelligible')
  })
})

/** Creates an emulator in real time, and a function that opens sessions of it and returns how to ask them. */
function opener(options: EmulatorOptions) {
  const emulator = createEmulator({ ...instant, ...options })
  async function open(request: Parameters<typeof emulator.connect>[0]) {
    const transport = emulator.connect(request)
    let done = (_: string) => {}
    transport.on('message', (frame) => {
      const event = JSON.parse(frame)
      if (event.type === 'response.output_text.done') done(event.text)
    })
    await transport.open()
    transport.send(JSON.stringify(textOnly))
    return (text: string) =>
      new Promise<string>((resolve) => {
        done = resolve
        transport.send(JSON.stringify(said(text)))
        transport.send('{"type":"response.create"}')
      })
  }
  return { emulator, open }
}

describe('options of createEmulator', () => {
  const problemOf = (options: object) => {
    try {
      createEmulator(options)
    } catch (error) {
      if (isEmulatorError(error, 'INVALID_OPTION')) return error.data
    }
    return undefined
  }

  test.each([
    [{ script: [{ step: 'sing' }] }, 'script[0].step', '"sing"'],
    [{ script: [reply('x'), [{ step: 'call' }]] }, 'script[1][0].name', 'missing'],
    [{ script: [{ step: 'call', name: 'f', argumnts: {} }] }, 'script[0].argumnts', 'an unknown key', 'arguments'],
    [{ script: [{ step: 'call', name: 'f', arguments: 5 }] }, 'script[0].arguments', '5'],
    [{ script: [{ step: 'repyl', text: 'x' }] }, 'script[0].step', '"repyl"', 'reply'],
    [{ script: [{ text: 'x' }] }, 'script[0].step', 'missing'],
    [{ script: [null] }, 'script[0]', 'null'],
    [{ script: 'hello' }, 'script', 'text'],
    [{ script: [{ when: { txt: 'x' }, respond: 'y' }] }, 'script[0].when.txt', 'an unknown key', 'text'],
    [{ script: [{ when: { text: 'x' } }] }, 'script[0].respond', 'missing'],
    [{ script: [{ when: { pattern: '(' }, respond: 'y' }] }, 'script[0].when.pattern', 'text'],
    [{ scripts: { 'my script': [7] } }, 'scripts["my script"][0]', '7'],
    [{ script: [], scripts: { default: [] } }, 'scripts.default', 'set beside script'],
    [{ latncyMs: 5 }, 'latncyMs', 'an unknown key', 'latencyMs'],
    [{ pace: 0 }, 'pace', '0'],
    [{ pace: 'fast' }, 'pace', 'text'],
    [{ voice: 'loud' }, 'voice', '"loud"'],
    [{ models: 'gpt-realtime' }, 'models', 'text'],
    [{ faults: [{ fault: 'dorp' }] }, 'faults[0].fault', '"dorp"', 'drop'],
    [{ faults: [{ fault: 'drop', code: 1006 }] }, 'faults[0].code', '1006'],
    [{ faults: [{ fault: 'refuse', status: 200 }] }, 'faults[0].status', '200'],
    [{ journal: { audio: 'none' } }, 'journal.audio', '"none"'],
  ])('%j: throws EmulatorError for %s', (options, option, found, suggestion?: string) => {
    const problem = problemOf(options)
    expect(problem).toMatchObject({ option, found, ...(suggestion ? { suggestion } : {}) })
    expect(problem?.allowed).toBeTruthy()
  })

  test('a wrong key: appears neither in the message nor in the data', () => {
    expect(JSON.stringify(problemOf({ apiKey: ['sk-secret'] }))).not.toContain('secret')
  })

  test('infinite values: can be text, because JSON has no Infinity', () => {
    expect(problemOf({ pace: 'Infinity', script: [{ step: 'silence', ms: 'Infinity' }] })).toBeUndefined()
  })

  test('configure: keeps the options before when the new ones are invalid', async () => {
    const { emulator, open } = opener({ script: ['before', 'still before'] })
    const session = await open({ model: 'gpt-realtime' })
    expect(await session('x')).toBe('before')
    expect(() => emulator.configure({ script: [{ step: 'sing' }] as never })).toThrow('INVALID_OPTION')
    expect(await session('x')).toBe('still before')
    emulator.configure({ ...instant, script: ['after'] })
    expect(await session('x')).toBe('after')
  })
})
