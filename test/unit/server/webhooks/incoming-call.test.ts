import { readIncomingCall, type SipAddress } from 'realtime-primitives/server'
import { describe, expect, it } from 'vitest'
import type { RealtimeCallIncomingEvent } from '../../../../src/protocol/rest.js'
import { readSipAddress } from '../../../../src/server/webhooks/sip-address.js'
import { call } from './signed.js'

function incoming(...headers: [name: string, value: string][]) {
  const sip_headers = headers.map(([name, value]) => ({ name, value }))
  return readIncomingCall({ ...call, data: { call_id: 'rtc_1', sip_headers } } as RealtimeCallIncomingEvent)
}

describe('readIncomingCall', () => {
  it('returns the caller and the callee', () => {
    expect(readIncomingCall(call as RealtimeCallIncomingEvent)).toMatchObject({
      callId: 'rtc_479a275623b54bdb9b6fbae2f7cbd408',
      caller: { phoneNumber: '+14155550123', displayName: 'Zoë', host: 'sip.example.com' },
      callee: { phoneNumber: '+18005550199', displayName: undefined },
      customHeaders: {},
    })
  })

  it('finds headers in any case, and by their short names', () => {
    const { caller, callee, header } = incoming(
      ['f', '<sip:a@x>'],
      ['T', '<sip:b@x>'],
      ['CALL-ID', '7@x'],
      ['Subject', 'Hi'],
    )
    expect([caller?.user, callee?.user]).toEqual(['a', 'b'])
    expect([header('from'), header('Call-Id'), header('i'), header('S'), header('via')]).toEqual([
      '<sip:a@x>',
      '7@x',
      '7@x',
      'Hi',
      undefined,
    ])
  })

  it('returns custom headers, the first of each name', () => {
    const { customHeaders } = incoming(
      ['X-Account', '42'],
      ['x-account', '43'],
      ['X-Twilio-CallSid', 'CA1'],
      ['Xylophone', '-'],
    )
    expect(customHeaders).toEqual({ 'x-account': '42', 'x-twilio-callsid': 'CA1' })
  })

  it('returns undefined fields without headers', () => {
    expect(incoming()).toMatchObject({ caller: undefined, callee: undefined, customHeaders: {} })
  })

  it('does not return inherited properties', () => {
    const { header, customHeaders } = incoming(['__proto__', 'x'], ['constructor', 'y'], ['X-__proto__', 'z'])
    expect([header('__proto__'), header('constructor'), header('toString')]).toEqual(['x', 'y', undefined])
    expect(customHeaders).toEqual({ 'x-__proto__': 'z' })
    expect(({} as { z?: string }).z).toBeUndefined()
  })
})

describe('a SIP address', () => {
  it.each<[string, Partial<SipAddress>]>([
    [
      'sip:alice@example.com',
      { uri: 'sip:alice@example.com', user: 'alice', host: 'example.com', phoneNumber: undefined },
    ],
    ['<sip:alice@example.com>;tag=1', { uri: 'sip:alice@example.com', user: 'alice', displayName: undefined }],
    ['sip:alice@example.com;tag=1', { uri: 'sip:alice@example.com', user: 'alice', host: 'example.com' }],
    [
      'Alice Liddell <sip:alice@example.com:5060;transport=tcp>',
      { displayName: 'Alice Liddell', host: 'example.com:5060' },
    ],
    [
      '"Liddell, \\"Al\\" <A>" <sips:al@example.com>;tag=9',
      { displayName: 'Liddell, "Al" <A>', user: 'al', uri: 'sips:al@example.com' },
    ],
    ['"\\\\" <sip:a@x>', { displayName: '\\', user: 'a' }],
    ['"" <sip:a@x>', { displayName: undefined, user: 'a' }],
    ['<sip:+1-415-555-0123@x;user=phone>', { phoneNumber: '+14155550123', user: '+1-415-555-0123' }],
    ['<sip:+14155550123;ext=7@x>', { phoneNumber: '+14155550123' }],
    ['<sip:%2B14155550123@x>', { phoneNumber: '+14155550123' }],
    ['<tel:+1(415)555.0123;phone-context=x>', { phoneNumber: '+14155550123', host: undefined }],
    ['TEL:100', { phoneNumber: '100', user: '100' }],
    ['<sip:alice:secret@x>', { user: 'alice', host: 'x' }],
    ['<sip:example.com>', { user: undefined, host: 'example.com', phoneNumber: undefined }],
    [
      '"Anonymous" <sip:anonymous@anonymous.invalid>',
      { displayName: 'Anonymous', user: 'anonymous', phoneNumber: undefined },
    ],
    ['<sip:a@[2001:db8::1]:5060>', { host: '[2001:db8::1]:5060' }],
    ['<sip:%E0%A4@x>', { user: '%E0%A4' }],
    ['<sip:-()@x>', { phoneNumber: undefined }],
  ])('is parsed: %s', (value, expected) => {
    expect(readSipAddress(value)).toMatchObject(expected)
  })

  it.each([
    '',
    ' ',
    '"',
    '"a',
    '<',
    '<>',
    '<sip:a@x',
    'alice',
    'http://x',
    'mailto:a@x',
    '"a" b <sip:a@x>',
    ';;',
    undefined,
  ])('is rejected: %j', (value) => {
    expect(readSipAddress(value)).toBeUndefined()
  })

  it('of any length is parsed without an exception', () => {
    for (const nonsense of [
      '"\\'.repeat(50_000),
      '<'.repeat(100_000),
      `sip:${'@'.repeat(100_000)}`,
      `<sip:${'(-'.repeat(50_000)}@x>`,
      ' '.repeat(100_000),
    ])
      expect(() => readSipAddress(nonsense)).not.toThrow()
  })
})
