import { afterEach, expect, it, vi } from 'vitest'
import { decodeUtf8, utf8Length } from '../../../src/internal/utf8.js'

afterEach(() => vi.unstubAllGlobals())

it.each(['', 'a', 'é', '€', '😀', 'a\ud800b', 'mixed é € 😀'])('utf8Length: counts the bytes of %j', (text) => {
  expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length)
})

it('decodeUtf8: names what the runtime lacks', () => {
  expect(decodeUtf8(new TextEncoder().encode('é'))).toBe('é')
  vi.stubGlobal('TextDecoder', undefined)
  expect(() => decodeUtf8(new Uint8Array(1))).toThrow('this runtime has no TextDecoder')
})
