import { type ClientEvent, realtimeCodec, translationCodec } from 'realtime-primitives/protocol'
import { describe, expect, it } from 'vitest'

const encode = (event: object) => JSON.parse(realtimeCodec.encode(event as ClientEvent))

describe('extra', () => {
  it('adds fields to the configuration, and merges objects at every depth', () => {
    const session = {
      type: 'realtime',
      audio: { input: { turn_detection: null }, output: { voice: 'marin' } },
      extra: { audio: { input: { echo: true }, output: { voice: { name: 'x' } } }, avatar: null },
    }
    expect(encode({ type: 'session.update', session }).session).toEqual({
      type: 'realtime',
      audio: { input: { turn_detection: null, echo: true }, output: { voice: { name: 'x' } } },
      avatar: null,
    })
    expect(session.extra.avatar).toBeNull()
  })

  it('adds fields to items, responses, and the input of responses', () => {
    const item = { type: 'message', role: 'user', content: [], extra: { a: 1 } }
    expect(encode({ type: 'conversation.item.create', item }).item).toEqual({
      type: 'message',
      role: 'user',
      content: [],
      a: 1,
    })
    expect(encode({ type: 'response.create', response: { input: [item], extra: { b: 2 } } }).response).toEqual({
      input: [{ type: 'message', role: 'user', content: [], a: 1 }],
      b: 2,
    })
    const session = { audio: { output: { language: 'fr' } }, extra: { c: 3 } }
    expect(JSON.parse(translationCodec.encode({ type: 'session.update', session }))).toMatchObject({
      session: { c: 3 },
    })
  })

  it.each([
    ['on an event', { type: 'response.cancel', extra: { a: 1 } }],
    ['that is not an object', { type: 'response.create', response: { extra: 7 } }],
    ['inside a setting', { type: 'session.update', session: { type: 'realtime', audio: { extra: { a: 1 } } } }],
  ])('is refused %s', (_name, event) => {
    expect(() => encode(event)).toThrow('extra must be left out')
  })

  it('does not change a prototype', () => {
    const extra = JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}')
    const encoded = encode({ type: 'response.create', response: { extra } })
    expect(Object.keys(encoded.response)).toEqual(['a'])
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})
