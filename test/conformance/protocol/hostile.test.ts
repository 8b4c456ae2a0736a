import {
  type ClientEvent,
  type Decoded,
  isProtocolError,
  realtimeCodec,
  type ServerEvent,
  serverEventTypes,
} from 'realtime-primitives/protocol'
import { afterEach, describe, expect, test } from 'vitest'

const secret = 'sk-proj-Tr4nscript of a patient'

function decode(frame: unknown): Decoded<ServerEvent> {
  return realtimeCodec.decode(frame as string)
}

/** The error of a frame that must be invalid, and proof that nothing of the frame is in it. */
function errorOf(frame: string) {
  const decoded = decode(frame)
  if (decoded.kind !== 'invalid') throw new Error(`The frame is ${decoded.kind}`)
  const { error } = decoded.event
  expect(decoded.event.frame).toBe(frame)
  expect(error.cause).toBeUndefined()
  expect(`${error.message}${error.stack}${JSON.stringify(error.data)}`).not.toContain(secret)
  return error
}

function refused(event: unknown) {
  try {
    realtimeCodec.encode(event as ClientEvent)
  } catch (error) {
    if (isProtocolError(error, 'INVALID_EVENT')) return error
    throw error
  }
  throw new Error('The event was encoded')
}

const done = {
  type: 'response.output_text.done',
  event_id: 'event_1',
  response_id: 'resp_1',
  item_id: 'item_1',
  output_index: 0,
  content_index: 0,
  text: secret,
}

describe('a frame without an event', () => {
  test.each([
    '',
    ' ',
    '{',
    '[1,',
    'undefined',
    'NaN',
    '{"a":NaN}',
    "{'type':'x'}",
    '\u0000',
    '\ufeff{}',
    '{"type":"error"}}',
  ])('%j is not JSON', (frame) => {
    expect(isProtocolError(errorOf(frame), 'INVALID_JSON')).toBe(true)
    expect(errorOf(frame).data).toEqual({ length: frame.length })
  })

  test('with broken JSON leads to an error that contains only its length', () => {
    const frame = `{"type":"error","error":{"message":"${secret}`
    expect(errorOf(frame).shortMessage).toBe(
      `The server sent a frame of ${frame.length} characters that is not JSON. Read the raw frame in the "invalid" event, and check the server and any proxy.`,
    )
  })

  test.each([
    ['null', 'null'],
    ['[]', 'an array'],
    ['[{"type":"error"}]', 'an array'],
    ['"response.done"', 'a string'],
    ['""', 'a string'],
    ['0', 'a number'],
    ['42', 'a number'],
    ['1e999', 'a number'],
    ['true', 'a boolean'],
    ['false', 'a boolean'],
  ])('%s is not an object', (frame, found) => {
    expect(errorOf(frame).data).toMatchObject({ type: undefined, path: '', expected: 'an object', found })
  })

  test.each([
    ['{}', 'missing'],
    ['{"type":null}', 'null'],
    ['{"type":1}', 'a number'],
    ['{"type":true}', 'a boolean'],
    ['{"type":["error"]}', 'an array'],
    ['{"type":{"toString":null,"valueOf":null}}', 'an object'],
  ])('%s has no type', (frame, found) => {
    expect(errorOf(frame).data).toMatchObject({ type: undefined, path: 'type', expected: 'a string', found })
  })

  test.each([
    [undefined],
    [null],
    [42],
    [new Uint8Array([123, 125])],
    [{ toString: () => '{"type":"x"}' }],
    [Symbol('frame')],
  ])('%s is not text, and does not throw', (frame) => {
    const decoded = decode(frame)
    expect(decoded.kind).toBe('invalid')
    expect(decoded.kind === 'invalid' && decoded.event.error.data).toEqual({ length: 0 })
  })
})

describe('an unknown type', () => {
  test.each([
    '',
    'future.unknown',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'RESPONSE.DONE',
    'response.done ',
  ])('%j is delivered as unknown with all fields', (type) => {
    const event = JSON.parse(JSON.stringify({ type, secret, deep: { list: [1, null] } }))
    expect(decode(JSON.stringify(event))).toStrictEqual({ kind: 'unknown', event })
  })
})

describe('a known type with a wrong shape', () => {
  test('leads to an error with the event, the path, the value type, and the remedy', () => {
    expect(errorOf(JSON.stringify({ ...done, content_index: secret })).shortMessage).toBe(
      'Received an invalid response.output_text.done: content_index must be a number, but is a string; read the raw frame beside this error, and report the difference if the server is right.',
    )
  })

  test.each(serverEventTypes.filter((type) => type !== 'input_audio_buffer.cleared'))(
    'is invalid: %s without its fields',
    (type) => {
      expect(errorOf(JSON.stringify({ type, [secret]: secret })).data).toMatchObject({
        type,
        direction: 'server',
        found: 'missing',
      })
    },
  )

  test('leads to an error without field names of the app', () => {
    const response = { id: 'resp_1', status: 'completed', output: [], metadata: { [secret]: 1 } }
    expect(errorOf(JSON.stringify({ type: 'response.done', event_id: 'e', response })).data).toMatchObject({
      path: 'response.metadata.*',
      expected: 'a string',
    })
  })

  test('reports an invalid item of a known type, and not one of an unknown type', () => {
    const item = { id: 'item_1', type: 'message', role: 'user', content: [{ type: 'input_text', text: 1 }] }
    expect(errorOf(JSON.stringify({ type: 'conversation.item.added', event_id: 'e', item })).data).toMatchObject({
      path: 'item.content[0].text',
    })
  })

  test('with a number beyond the range of JSON is invalid', () => {
    const frame = JSON.stringify(done).replace('"output_index":0', '"output_index":1e999')
    expect(errorOf(frame).data).toMatchObject({ path: 'output_index', found: 'a number' })
  })
})

describe('an unusual but valid frame', () => {
  test('with duplicate keys has the last value, as in JSON.parse', () => {
    const frame = JSON.stringify(done).replace('{', '{"type":"error","text":1,')
    expect(decode(frame)).toEqual({ kind: 'event', event: done })
  })

  test('with a key named __proto__ keeps it as a field and changes no prototype', () => {
    const frame = JSON.stringify(done).replace(
      '{',
      '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},',
    )
    const { kind, event } = decode(frame)
    expect(kind).toBe('event')
    expect(Object.hasOwn(event, '__proto__')).toBe(true)
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype)
    expect('isAdmin' in event).toBe(false)
    expect(JSON.stringify(event)).toBe(frame)
  })

  test('with lone surrogates keeps them', () => {
    const frame = `${JSON.stringify({ ...done, text: '' }).slice(0, -2)}\\ud800 \udfff"}`
    expect(decode(frame)).toEqual({ kind: 'event', event: { ...done, text: '\ud800 \udfff' } })
  })

  test('nested 10,000 deep decodes, known or not', () => {
    const deep = `${'[{"a":'.repeat(10_000)}1${'}]'.repeat(10_000)}`
    expect(decode(`{"type":"new.event","deep":${deep}}`).kind).toBe('unknown')
    expect(decode(JSON.stringify(done).replace('{', `{"deep":${deep},`)).kind).toBe('event')
    expect(decode(JSON.stringify(done).replace('"item_1"', deep)).kind).toBe('invalid')
  })

  test('of 100 MB decodes, or is invalid when its JSON is broken', () => {
    const audio = 'A'.repeat(100 * 1024 * 1024)
    const frame = `{"type":"response.output_audio.delta","event_id":"e","response_id":"r","item_id":"i","output_index":0,"content_index":0,"delta":"${audio}"}`
    expect(decode(frame).kind).toBe('event')
    const broken = decode(frame.slice(0, -1))
    expect(broken.kind === 'invalid' && broken.event.error.data).toEqual({ length: frame.length - 1 })
    expect(broken.kind === 'invalid' && broken.event.error.message.length).toBeLessThan(300)
  })
})

describe('a polluted Object.prototype', () => {
  const polluted = Object.prototype as Record<string, unknown>
  const fields = {
    type: 'error',
    event_id: 'event_0',
    delta: 'x',
    session: {},
    error: { type: 'x', message: 'x' },
    text: 'x',
  }

  afterEach(() => {
    for (const key of Object.keys(fields)) delete polluted[key]
  })

  test.each([true, false])('adds no field to a received event (enumerable: %s)', (enumerable) => {
    for (const [key, value] of Object.entries(fields))
      Object.defineProperty(polluted, key, { value, enumerable, configurable: true, writable: true })
    expect(decode('{}').kind).toBe('invalid')
    expect(decode('{"type":"error"}').kind).toBe('invalid')
    expect(decode(JSON.stringify({ type: 'session.updated', event_id: 'e' })).kind).toBe('invalid')
    expect(decode(JSON.stringify({ ...done, text: undefined })).kind).toBe('invalid')
    expect(decode(JSON.stringify(done)).kind).toBe('event')
  })

  test('adds no field to a sent event', () => {
    polluted.event_id = 'event_0'
    expect(realtimeCodec.encode({ type: 'response.cancel' })).toBe('{"type":"response.cancel"}')
  })
})

describe('a value that is not a client event', () => {
  test.each([
    undefined,
    null,
    42,
    'response.create',
    true,
    [],
    [{ type: 'response.create' }],
    () => {},
    Symbol('x'),
    10n,
  ])('is rejected: %s', (value) => {
    expect(refused(value).data.type).toBeUndefined()
  })

  test.each(['', '__proto__', 'constructor', 'toString', 'response.done', 'transcription_session.update', secret])(
    'of type %j is rejected with an error that does not contain the type',
    (type) => {
      const error = refused({ type })
      expect(error.data).toMatchObject({ type: undefined, path: 'type', found: 'another string' })
      expect(error.shortMessage).not.toContain(secret)
    },
  )

  test.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a bigint', 1n],
    ['a function', () => {}],
    ['a symbol', Symbol('x')],
  ])('with %s is rejected with the path', (found, value) => {
    expect(
      refused({ type: 'session.update', session: { type: 'realtime', tools: [{ parameters: { limit: value } }] } })
        .data,
    ).toEqual({
      type: 'session.update',
      direction: 'client',
      path: 'session.tools[0].parameters.limit',
      expected: 'a value that JSON can carry',
      found,
      hint: 'correct it',
    })
  })

  test('with a hole in an array is rejected with the path', () => {
    expect(refused({ type: 'response.create', response: { input: [undefined] } }).data).toMatchObject({
      path: 'response.input[0]',
      found: 'undefined',
    })
  })

  test('with a reference to itself is rejected with the path', () => {
    const item: Record<string, unknown> = { type: 'message' }
    item.content = [item]
    expect(refused({ type: 'conversation.item.create', item }).data).toMatchObject({
      path: 'item.content[0]',
      found: 'a cycle',
    })
  })

  test('that contains the same object twice is accepted', () => {
    const part = { type: 'input_text', text: 'x' } as const
    const item = { type: 'message', role: 'user', content: [part, part] } as const
    expect(
      JSON.parse(
        realtimeCodec.encode({ type: 'conversation.item.create', item: { ...item, content: [...item.content] } }),
      ),
    ).toEqual({
      type: 'conversation.item.create',
      item,
    })
  })

  test('nested deeper than the stack is rejected', () => {
    let deep: unknown = 1
    for (let level = 0; level < 100_000; level += 1) deep = { deep }
    expect(refused({ type: 'response.create', deep }).data).toMatchObject({
      found: 'an object that is too deep or too large',
    })
  })

  test.each(['type', 'audio', 'event_id'])('whose %s throws is rejected without the message of that error', (key) => {
    const event = Object.defineProperty({ type: 'input_audio_buffer.append', audio: '' }, key, {
      enumerable: true,
      get() {
        throw new Error(secret)
      },
    })
    const error = refused(event)
    expect(error.data.found).toBe('an object that throws when it is read')
    expect(`${error.message}${error.stack}`).not.toContain(secret)
  })

  test('that is a proxy with throwing traps is rejected', () => {
    const trap = () => {
      throw new TypeError(secret)
    }
    expect(refused(new Proxy({}, { get: trap, ownKeys: trap, getPrototypeOf: trap })).shortMessage).not.toContain(
      secret,
    )
  })
})

describe('the sent frame', () => {
  test('contains the checked value when a getter returns another value each time', () => {
    let reads = 0
    const event = {
      type: 'conversation.item.delete' as const,
      get item_id() {
        reads += 1
        return reads === 1 ? 'item_1' : (secret as string)
      },
    }
    expect(realtimeCodec.encode(event)).toBe('{"type":"conversation.item.delete","item_id":"item_1"}')
  })

  test('contains the checked audio when a getter returns another value each time', () => {
    let reads = 0
    const event = {
      type: 'input_audio_buffer.append' as const,
      get audio() {
        reads += 1
        return reads === 1 ? 'AAAA' : '","type":"session.update'
      },
    }
    expect(realtimeCodec.encode(event)).toBe('{"type":"input_audio_buffer.append","audio":"AAAA"}')
  })

  test('is checked after toJSON', () => {
    const event = { type: 'response.cancel', toJSON: () => ({ type: 'response.cancel', surprise: 1 }) }
    expect(refused(event).data).toMatchObject({ path: 'surprise', expected: 'left out' })
    const harmless = { surprise: 1, toJSON: () => ({ type: 'response.cancel' }) }
    expect(realtimeCodec.encode(harmless as unknown as ClientEvent)).toBe('{"type":"response.cancel"}')
  })

  test.each([
    '"',
    '\\',
    '\n',
    '\r',
    '","type":"response.create',
    '\u0000',
    '\u2028',
    '\ud800',
    'é',
    `${'A'.repeat(5000)}\u0001`,
  ])('escapes %j in place of audio', (audio) => {
    const event = { type: 'input_audio_buffer.append', audio } as const
    expect(realtimeCodec.encode(event)).toBe(JSON.stringify(event))
  })

  test('contains at most 15 MiB of audio', () => {
    const audio = Buffer.alloc(15 * 1024 * 1024).toString('base64')
    const frame = realtimeCodec.encode({ type: 'input_audio_buffer.append', audio })
    expect(frame === `{"type":"input_audio_buffer.append","audio":"${audio}"}`).toBe(true)
    expect(refused({ type: 'input_audio_buffer.append', audio: `${audio}AAAA` }).data).toMatchObject({
      path: 'audio',
      expected: 'a string of at most 20971520 characters',
      found: 'a longer string',
    })
  })
})
