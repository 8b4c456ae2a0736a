import { describe, expect, test } from 'vitest'
import { call, fail, silence } from '../../../src/testing/index.js'

describe('steps', () => {
  test('can call with arguments that are no JSON and under a given identifier', () => {
    expect(call('f', '{"broken', { callId: 'call_1' })).toEqual({
      step: 'call',
      name: 'f',
      arguments: '{"broken',
      callId: 'call_1',
    })
    expect(call('f')).toEqual({ step: 'call', name: 'f', arguments: '{}' })
  })

  test('fails and is silent by default in a way that needs no words', () => {
    expect(fail()).toEqual({
      step: 'fail',
      error: { type: 'server_error', code: null, message: 'The server had an error while processing your request.' },
    })
    expect(silence()).toEqual({ step: 'silence', ms: 0 })
  })
})
