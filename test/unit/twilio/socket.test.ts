import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { attachSocket, type TwilioSocket } from '../../../src/twilio/socket.js'

/** A socket with listeners of both kinds, like those of `ws`. */
function setUp(members: object = { _socket: { cork() {}, uncork() {} } }) {
  const emitter = new EventEmitter()
  const target = new EventTarget()
  const socket = Object.assign(emitter, {
    send() {},
    close() {},
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
    ...members,
  })
  const messages: unknown[] = []
  const detach = attachSocket(socket as unknown as TwilioSocket, {
    onMessage: (data) => messages.push(data),
    onEnd() {},
  })
  return { emitter, target, messages, detach }
}

describe('attachSocket', () => {
  it('receives text of a socket of ws from its own event, without an event object', () => {
    const { emitter, target, messages } = setUp()
    emitter.emit('message', Buffer.from('{"event":"mark","name":"é"}'), false)
    target.dispatchEvent(new MessageEvent('message', { data: 'twice' }))
    expect(messages).toEqual(['{"event":"mark","name":"é"}'])
  })

  it('passes binary messages of a socket of ws on as they are', () => {
    const { emitter, messages } = setUp()
    const data = Buffer.from('{}')
    emitter.emit('message', data, true)
    expect(messages).toEqual([data])
  })

  it('unsubscribes from a socket of ws when it is detached, and when the socket closes', () => {
    const detached = setUp()
    detached.detach()
    expect(detached.emitter.listenerCount('message')).toBe(0)
    const closed = setUp()
    closed.target.dispatchEvent(new Event('close'))
    expect(closed.emitter.listenerCount('message')).toBe(0)
  })

  it.each([
    ['a stream', {}],
    ['its own listeners', { _socket: { cork() {}, uncork() {} }, on: undefined }],
  ])('uses addEventListener for a socket without %s', (_, members) => {
    const { emitter, target, messages } = setUp(members)
    emitter.emit('message', Buffer.from('{}'), false)
    target.dispatchEvent(new MessageEvent('message', { data: '{"event":"stop"}' }))
    expect(messages).toEqual(['{"event":"stop"}'])
  })
})
