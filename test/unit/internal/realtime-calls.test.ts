import { describe, expect, it } from 'vitest'
import { apiErrorCode, callIdFromLocation, isSdp } from '../../../src/internal/realtime-calls.js'

describe('callIdFromLocation', () => {
  it.each([
    ['/v1/realtime/calls/rtc_1', 'rtc_1'],
    ['https://h/v1/realtime/calls/rtc_1?x=1', 'rtc_1'],
    ['/v1/realtime/calls/rtc_1/', 'rtc_1'],
    ['/v1/realtime/calls/rtc%201', 'rtc 1'],
    ['/v1/realtime/calls/%', undefined],
    ['/v1/realtime/calls/', undefined],
    [null, undefined],
  ])('%j: returns %j', (location, id) => {
    expect(callIdFromLocation(location)).toBe(id)
  })
})

describe('apiErrorCode', () => {
  it.each([
    [{ error: { code: 'insufficient_quota', type: 'requests' } }, 'insufficient_quota'],
    [{ error: { code: null, type: 'invalid_request_error' } }, 'invalid_request_error'],
    [{ error: { code: 'key ek_secret is bad' } }, undefined],
    [{ error: null }, undefined],
    [undefined, undefined],
    [null, undefined],
  ])('%j: returns %j', (body, code) => {
    expect(apiErrorCode(body)).toBe(code)
  })
})

describe('isSdp', () => {
  it.each([
    ['v=0\r\n', true],
    ['<html>', false],
    [undefined, false],
  ])('%j: returns %j', (value, result) => {
    expect(isSdp(value)).toBe(result)
  })
})
