import { isProtocolError, ProtocolError, realtimeCodec } from 'realtime-primitives/protocol'
import { expect, test } from 'vitest'
import { isRealtimeError, RealtimeError } from '../../../src/errors.js'

const json = new ProtocolError('INVALID_JSON', { length: 3 })
const event = new ProtocolError('INVALID_EVENT', {
  type: 'response.create',
  direction: 'client',
  path: '',
  expected: 'an object',
  found: 'null',
  hint: 'correct it',
})

test('ProtocolError: has a name, a code, data, and a docs URL', () => {
  expect(json).toMatchObject({ name: 'ProtocolError', code: 'INVALID_JSON', data: { length: 3 } })
  expect(json.docs).toMatch(/^https:.+\/reference\/errors\/protocol#invalid_json$/)
  expect(json).toBeInstanceOf(RealtimeError)
  expect(isRealtimeError(json)).toBe(true)
})

test('ProtocolError: has a message with the problem, the path, and the remedy', () => {
  expect(event.shortMessage).toBe('Cannot send response.create: the event must be an object, but is null; correct it.')
})

test('isProtocolError: accepts the error and an optional code, and rejects other errors', () => {
  expect(isProtocolError(json)).toBe(true)
  expect(isProtocolError(json, 'INVALID_JSON')).toBe(true)
  expect(isProtocolError(json, 'INVALID_EVENT')).toBe(false)
  expect(isProtocolError(event, 'INVALID_EVENT')).toBe(true)
  expect(isProtocolError(new Error('x'))).toBe(false)
  expect(isProtocolError(undefined)).toBe(false)
})

test('isProtocolError: accepts the error of a second copy of the package', () => {
  const foreign = Object.assign(new Error('x'), { name: 'ProtocolError', code: 'INVALID_JSON', data: {}, docs: '' })
  expect(isProtocolError(foreign, 'INVALID_JSON')).toBe(true)
})

test('ProtocolError: contains a field name only when it looks like one', () => {
  const pathOf = (key: string) => {
    try {
      realtimeCodec.encode({ type: 'response.cancel', [key]: 1 } as never)
    } catch (error) {
      return isProtocolError(error, 'INVALID_EVENT') && error.data.path
    }
    return undefined
  }
  expect(pathOf('temperature')).toBe('temperature')
  expect(pathOf('sk-proj-abc')).toBe('*')
  expect(pathOf('Hello, my name is')).toBe('*')
  expect(pathOf('a'.repeat(41))).toBe('*')
})
