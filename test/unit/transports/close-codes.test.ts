import { describe, expect, it } from 'vitest'
import { explainClose } from '../../../src/transports/close-codes.js'

describe('explainClose', () => {
  it.each([
    [1000, 'normal'],
    [1001, 'transient'],
    [1002, 'fatal'],
    [1003, 'fatal'],
    [1005, 'transient'],
    [1006, 'transient'],
    [1007, 'fatal'],
    [1008, 'fatal'],
    [1009, 'fatal'],
    [1010, 'fatal'],
    [1011, 'transient'],
    [1012, 'transient'],
    [1013, 'transient'],
    [1014, 'transient'],
    [1015, 'fatal'],
    [3000, 'fatal'],
    [3500, 'transient'],
    [4000, 'fatal'],
    [4999, 'fatal'],
  ])('%i: returns %s', (code, kind) => {
    expect(explainClose({ code }).kind).toBe(kind)
  })

  it('describes an unknown code by its number', () => {
    expect(explainClose({ code: 4321 }).meaning).toBe('the peer closed with code 4321')
  })
})
