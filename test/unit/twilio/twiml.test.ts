import { connectStream, hangUp } from 'realtime-primitives/twilio'
import { describe, expect, it } from 'vitest'

describe('connectStream', () => {
  it('opens a stream with its parameters, and redirects when it ends', () => {
    const twiml = connectStream({
      url: 'wss://example.com/call?a=1&b=2',
      redirectUrl: 'https://example.com/continue',
      parameters: { name: 'O\'Neil "Bo" <bo@example.com>' },
    })
    expect(twiml).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><Response><Connect><Stream url="wss://example.com/call?a=1&#38;b=2">' +
        '<Parameter name="name" value="O&#39;Neil &#34;Bo&#34; &#60;bo@example.com&#62;"/></Stream></Connect>' +
        '<Redirect method="POST">https://example.com/continue</Redirect></Response>',
    )
  })

  it('accepts a relative redirectUrl, and omits the redirect without one', () => {
    expect(connectStream({ url: 'wss://a.example', redirectUrl: '/continue' })).toContain('>/continue</Redirect>')
    expect(connectStream({ url: 'wss://a.example' })).not.toContain('Redirect')
  })

  it.each([
    ['url', { url: 'https://a.example' }],
    ['url', { url: 'nonsense' }],
    ['redirectUrl', { url: 'wss://a.example', redirectUrl: '//evil.example' }],
    ['redirectUrl', { url: 'wss://a.example', redirectUrl: 'javascript:alert(1)' }],
  ])('throws INVALID_OPTION for an invalid %s', (option, options) => {
    expect(() => connectStream(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', data: expect.objectContaining({ option }) }),
    )
  })
})

describe('hangUp', () => {
  it('ends the call', () => {
    expect(hangUp()).toContain('<Response><Hangup/></Response>')
  })
})
