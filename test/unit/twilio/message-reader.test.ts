import { isTwilioError, plivo, readTwilioMessage, TwilioError, telnyx } from 'realtime-primitives/twilio'
import { describe, expect, it } from 'vitest'

const start = {
  event: 'start',
  sequenceNumber: '1',
  start: {
    accountSid: 'AC1',
    streamSid: 'MZ1',
    callSid: 'CA1',
    tracks: ['inbound'],
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    customParameters: { FirstName: 'Jane' },
  },
  streamSid: 'MZ1',
}
const lawful = [
  { event: 'connected', protocol: 'Call', version: '1.0.0' },
  start,
  {
    event: 'media',
    sequenceNumber: '3',
    media: { track: 'inbound', chunk: '1', timestamp: '5', payload: '//79' },
    streamSid: 'MZ1',
  },
  { event: 'dtmf', streamSid: 'MZ1', sequenceNumber: '5', dtmf: { track: 'inbound_track', digit: '#' } },
  { event: 'mark', sequenceNumber: '4', streamSid: 'MZ1', mark: { name: 'my label' } },
  { event: 'stop', sequenceNumber: '6', streamSid: 'MZ1', stop: { accountSid: 'AC1', callSid: 'CA1' } },
]

/** Returns an object with its fields, and those of the objects in it, in reverse order. */
function reversed(value: object): object {
  const fields = Object.entries(value).map(([name, field]) => [
    name,
    typeof field === 'object' ? reversed(field) : field,
  ])
  return Object.fromEntries(fields.reverse())
}

const read = (value: unknown) => readTwilioMessage(JSON.stringify(value))
function problemOf(data: unknown) {
  const result = readTwilioMessage(data)
  if (result.kind !== 'invalid') throw new Error('it was read')
  const { event, path, expected } = result.error.data
  return [event, path, expected]
}

describe('readTwilioMessage', () => {
  it.each(lawful.map((message) => [message.event, message]))('%s is read as it is', (_event, message) => {
    expect(read(message)).toEqual({ kind: 'message', message })
  })

  it('keeps unknown fields', () => {
    const message = { ...start, extra: 1, start: { ...start.start, more: { deep: true } } }
    expect(read(message)).toEqual({ kind: 'message', message })
  })

  it('returns unknown for an unknown event', () => {
    const message = { event: 'transcription', streamSid: 'MZ1', words: [] }
    expect(read(message)).toEqual({ kind: 'unknown', message })
    expect(read({ event: 'toString' })).toMatchObject({ kind: 'unknown' })
    expect(read({ event: '__proto__' })).toMatchObject({ kind: 'unknown' })
  })

  it('returns invalid with the path of a missing or wrong field', () => {
    expect(problemOf('no json')).toEqual([undefined, '', 'a JSON object'])
    expect(problemOf('[]')).toEqual([undefined, '', 'a JSON object'])
    expect(problemOf('null')).toEqual([undefined, '', 'a JSON object'])
    expect(problemOf(Buffer.from('{}'))).toEqual([undefined, '', 'text'])
    expect(problemOf(undefined)).toEqual([undefined, '', 'text'])
    expect(problemOf('{}')).toEqual([undefined, 'event', 'a string'])
    expect(problemOf('{"event":"start"}')).toEqual(['start', 'streamSid', 'a string'])
    expect(problemOf('{"event":"dtmf","streamSid":"MZ1","dtmf":{"digit":5}}')).toEqual([
      'dtmf',
      'dtmf.digit',
      'a string',
    ])
    expect(problemOf('{"event":"mark","streamSid":"MZ1","mark":null}')).toEqual(['mark', 'mark', 'an object'])
  })

  it('returns invalid for a payload that is not base64 or too long', () => {
    const media = (payload: unknown) => JSON.stringify({ event: 'media', streamSid: 'MZ1', media: { payload } })
    for (const payload of ['$$$$', 'AAA\n', 'AA"},{"', 7, null, undefined, 'A'.repeat(65_537), 'é'])
      expect(problemOf(media(payload)).slice(0, 2)).toEqual(['media', 'media.payload'])
    expect(problemOf(media('A'.repeat(20_000_000))).slice(0, 2)).toEqual(['media', 'media.payload'])
    expect(readTwilioMessage(media('')).kind).toBe('message')
  })

  it.each([
    ['usual audio', (text: string) => text],
    ['other white space', (text: string) => text.replace(':{', ': {')],
    ['an escaped slash', (text: string) => text.replace('"//79', '"\\/\\/79')],
    ['an escaped track', (text: string) => text.replace('inbound', 'in\\u0062ound')],
    ['a further field', (text: string) => text.replace('}}', '},"more":{"deep":true}}')],
    ['a further field of the audio', (text: string) => text.replace('"payload"', '"more":1,"payload"')],
    ['a field that is written twice', (text: string) => text.replace('"payload"', '"payload":"AAAA","payload"')],
    ['a number for a count', (text: string) => text.replace('"chunk":"1"', '"chunk":1')],
    ['a negative timestamp', (text: string) => text.replace('"timestamp":"5"', '"timestamp":"-5"')],
    ['an empty payload', (text: string) => text.replace('//79', '')],
    ['a payload without padding', (text: string) => text.replace('//79', '//79AA')],
    ['the longest payload', (text: string) => text.replace('//79', 'A'.repeat(65_536))],
    ['another order of fields', (text: string) => JSON.stringify(reversed(JSON.parse(text)))],
  ])('reads %s like JSON', (_, change) => {
    const [, , media] = lawful
    const text = change(JSON.stringify(media))
    expect(readTwilioMessage(text)).toEqual({ kind: 'message', message: JSON.parse(text) })
  })

  it('refuses usual audio with a payload that is too long or that base64 cannot have', () => {
    const [, , media] = lawful
    for (const payload of ['A'.repeat(65_540), '//79A', '//79/79-', '//79 //79', '=AAA'])
      expect(problemOf(JSON.stringify(media).replace('//79', payload)).slice(0, 2)).toEqual(['media', 'media.payload'])
  })

  it('keeps values of the message out of the error', () => {
    const secret = { ...start, start: { ...start.start, customParameters: { 'card 4242': { number: 'private' } } } }
    const result = read(secret)
    expect(result.kind).toBe('invalid')
    if (result.kind !== 'invalid') return
    expect(result.error.shortMessage).toBe(
      'Received an invalid message "start": start.customParameters.* must be valid according to its schema, but is an object. Check that the provider uses the dialect that was passed.',
    )
    expect(JSON.stringify(result.error) + result.error.stack).not.toMatch(/4242|private/)
  })
})

describe('TwilioError', () => {
  it('isTwilioError: distinguishes codes and other errors', () => {
    const error = new TwilioError('FORMAT_MISMATCH', { direction: 'output', reported: 'audio/pcm' })
    expect(isTwilioError(error)).toBe(true)
    expect(isTwilioError(error, 'FORMAT_MISMATCH')).toBe(true)
    expect(isTwilioError(error, 'SOCKET_FAILED')).toBe(false)
    expect(isTwilioError(new Error('x'))).toBe(false)
  })

  it('has a message with the problem and advice', () => {
    const messages = [
      new TwilioError('FORMAT_MISMATCH', { direction: 'output', reported: 'audio/pcm' }),
      new TwilioError('FORMAT_MISMATCH', { direction: 'input', reported: undefined }),
      new TwilioError('UNSUPPORTED_LINE', { encoding: 'G722', sampleRate: 8000 }),
      new TwilioError('SOCKET_FAILED', { streamSid: 'MZ1' }),
      new TwilioError('INACTIVE', { inactivityTimeoutMs: 60_000 }),
      new TwilioError('START_TIMEOUT', { startTimeoutMs: 10_000 }),
      new TwilioError('INVALID_OPTION', { option: 'sendAheadMs', problem: 'must be a number of at least 20' }),
    ].map(({ shortMessage }) => shortMessage)
    expect(messages).toEqual([
      'The session uses audio/pcm for output, but the line uses audio/pcmu. Do not change audio.output.format during a call, because the bridge sets it.',
      'The session uses an unknown format for input, but the line uses audio/pcmu. Do not change audio.input.format during a call, because the bridge sets it.',
      'The line uses G722 at 8000 Hz, which is not supported. Configure the stream for mu-law (PCMU) or A-law (PCMA) at 8000 Hz.',
      'The socket of the media stream failed. Read error.cause for the reason, and check the connection to the provider.',
      'The provider sent no message for 60000 ms. Check the connection to the provider, or raise inactivityTimeoutMs.',
      'The provider sent no "start" message within 10000 ms. Check that the client is a media stream of the dialect that was passed, or raise startTimeoutMs.',
      'The option "sendAheadMs" must be a number of at least 20.',
    ])
  })
})

describe('telnyx', () => {
  const read = (value: unknown) => readTwilioMessage(JSON.stringify(value), telnyx)

  it('converts messages from snake case', () => {
    expect(
      read({
        event: 'start',
        sequence_number: '1',
        stream_id: '32DE',
        start: {
          user_id: 'u1',
          call_control_id: 'v2:T02',
          custom_parameters: { customer: 'c1' },
          media_format: { encoding: 'PCMU', sample_rate: 8000, channels: 1 },
        },
      }),
    ).toMatchObject({
      kind: 'message',
      message: {
        event: 'start',
        streamSid: '32DE',
        sequenceNumber: '1',
        start: {
          user_id: 'u1',
          callSid: 'v2:T02',
          customParameters: { customer: 'c1' },
          mediaFormat: { encoding: 'PCMU', sampleRate: 8000 },
        },
      },
    })
    expect(read({ event: 'connected', version: '1.0.0' })).toMatchObject({ kind: 'message' })
    const media = { track: 'inbound', chunk: '2', timestamp: '5', payload: '//79' }
    expect(read({ event: 'media', stream_id: '32DE', media })).toMatchObject({
      message: { event: 'media', streamSid: '32DE', media },
    })
    expect(read({ event: 'dtmf', stream_id: '32DE', dtmf: { digit: '1' } })).toMatchObject({
      message: { dtmf: { digit: '1' } },
    })
    expect(read({ event: 'error', stream_id: '32DE', payload: { code: 100_002 } })).toMatchObject({ kind: 'unknown' })
  })

  it('converts commands without a stream id', () => {
    expect(telnyx.toProvider({ event: 'media', streamSid: '32DE', media: { payload: '//79' } })).toEqual({
      event: 'media',
      media: { payload: '//79' },
    })
    expect(telnyx.toProvider({ event: 'clear', streamSid: '32DE' })).toEqual({ event: 'clear' })
    expect(telnyx.toProvider({ event: 'mark', streamSid: '32DE', mark: { name: '1' } })).toEqual({
      event: 'mark',
      mark: { name: '1' },
    })
  })
})

describe('plivo', () => {
  const read = (value: unknown) => readTwilioMessage(JSON.stringify(value), plivo)

  it('converts messages with other names', () => {
    expect(
      read({
        event: 'start',
        sequenceNumber: 1,
        start: {
          callId: 'c-1',
          streamId: 's-1',
          accountId: 'MA1',
          tracks: ['inbound'],
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000 },
        },
        extra_headers: 'tier=gold;token=a=b',
      }),
    ).toMatchObject({
      kind: 'message',
      message: {
        streamSid: 's-1',
        start: { callSid: 'c-1', accountSid: 'MA1', customParameters: { tier: 'gold', token: 'a=b' } },
      },
    })
    expect(
      read({ event: 'media', streamId: 's-1', media: { track: 'inbound', chunk: 41, payload: '//79' } }),
    ).toMatchObject({ kind: 'message', message: { streamSid: 's-1' } })
    expect(read({ event: 'playedStream', streamId: 's-1', name: '7' })).toMatchObject({
      kind: 'message',
      message: { event: 'mark', streamSid: 's-1', mark: { name: '7' } },
    })
    expect(read({ event: 'clearedAudio', streamId: 's-1' })).toMatchObject({ kind: 'unknown' })
  })

  it('converts commands', () => {
    expect(plivo.toProvider({ event: 'media', streamSid: 's-1', media: { payload: '//79' } })).toEqual({
      event: 'playAudio',
      streamId: 's-1',
      media: { contentType: 'audio/x-mulaw', sampleRate: 8000, payload: '//79' },
    })
    expect(plivo.toProvider({ event: 'mark', streamSid: 's-1', mark: { name: '7' } })).toEqual({
      event: 'checkpoint',
      streamId: 's-1',
      name: '7',
    })
    expect(plivo.toProvider({ event: 'clear', streamSid: 's-1' })).toEqual({ event: 'clearAudio', streamId: 's-1' })
  })
})

describe('a dialect that throws', () => {
  it('makes the message invalid', () => {
    const fromProvider = () => {
      throw new Error('mine')
    }
    expect(readTwilioMessage('{"event":"start"}', { ...telnyx, fromProvider }).kind).toBe('invalid')
  })
})

describe('a message of any shape', () => {
  const values = [
    null,
    0,
    '',
    [],
    {},
    { start: null },
    { start: [] },
    { start: 'x' },
    { mark: 1 },
    { extra_headers: {} },
  ]
  const events = ['start', 'media', 'mark', 'dtmf', 'stop', 'playedStream', 'connected', 7, null]

  it.each([[undefined], [telnyx], [plivo]])('never throws', (dialect) => {
    for (const value of values)
      for (const event of events) {
        const text = JSON.stringify(typeof value === 'object' && value ? { ...value, event } : value)
        expect(readTwilioMessage(text, dialect).kind).toMatch(/message|unknown|invalid/)
      }
  })
})
