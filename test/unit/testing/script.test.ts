import { describe, expect, test } from 'vitest'
import { createScriptReader } from '../../../src/testing/emulator/script.js'
import { call, fail, reply, silence } from '../../../src/testing/index.js'

describe('a script', () => {
  test('that is a list gives one entry for each response, then nothing', () => {
    const read = createScriptReader([reply('one'), [reply('two'), call('f', { a: 1 })]])
    expect(read(undefined)).toEqual([{ step: 'reply', text: 'one' }])
    expect(read(undefined)).toEqual([
      { step: 'reply', text: 'two' },
      { step: 'call', name: 'f', arguments: '{"a":1}' },
    ])
    expect(read(undefined)).toBeUndefined()
  })

  test('that is a function is asked each time', () => {
    const read = createScriptReader((turn: number) => (turn > 1 ? [] : turn === 1 ? reply('one') : undefined))
    expect([read(0), read(1), read(2)]).toEqual([undefined, [{ step: 'reply', text: 'one' }], []])
  })

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
