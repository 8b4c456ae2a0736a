import fc from 'fast-check'
import { decodeBase64, encodeBase64 } from 'realtime-primitives/audio'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AudioError } from '../../../src/audio/error.js'
import { decodeBase64Portable, decodeBase64Transiently } from '../../../src/internal/decode-base64.js'
import { encodeBase64Portable } from '../../../src/internal/encode-base64.js'
import { audioErrorOf, unaligned } from './signal.js'

afterEach(() => {
  vi.unstubAllGlobals()
  Reflect.deleteProperty(Uint8Array.prototype, 'toBase64')
  Reflect.deleteProperty(Uint8Array, 'fromBase64')
})

const ways = [
  { name: 'the platform', encode: encodeBase64, decode: decodeBase64 },
  { name: 'plain JavaScript', encode: encodeBase64Portable, decode: decodePortably },
]

function decodePortably(text: string): Uint8Array {
  const decoded = decodeBase64Portable(text)
  if (typeof decoded === 'number') throw new AudioError('INVALID_BASE64', { position: decoded, length: text.length })
  return decoded
}

/** Texts around what is allowed: right ones, cut, padded, with white space, foreign characters, and the URL alphabet. */
const almostBase64 = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  fc.string({
    unit: fc.constantFrom('A', 'Q', 'z', '9', '+', '/', '=', '=', ' ', '\n', '-', '_', '\u0141', '\u00e9', '\u{1f600}'),
    maxLength: 12,
  }),
  fc.base64String({ maxLength: 30 }).map((text) => text.replace(/=+$/, '')),
)

describe.each(ways)('base64 by $name', ({ encode, decode }) => {
  it('encodes the examples of RFC 4648', () => {
    const texts = ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar']
    expect(texts.map((text) => encode(new TextEncoder().encode(text)))).toEqual([
      '',
      'Zg==',
      'Zm8=',
      'Zm9v',
      'Zm9vYg==',
      'Zm9vYmE=',
      'Zm9vYmFy',
    ])
  })

  it('restores any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decode(encode(bytes))).toEqual(bytes)
        expect(decode(encode(unaligned(bytes)))).toEqual(bytes)
      }),
    )
  })

  it('restores more bytes than one internal chunk', () => {
    const bytes = Uint8Array.from({ length: 100_001 }, (_, index) => (index * 7919) >> 3)
    expect(encode(bytes)).toBe(Buffer.from(bytes).toString('base64'))
    expect(decode(encode(bytes))).toEqual(bytes)
  })

  it('returns a Uint8Array with its own memory', () => {
    const bytes = decode('AQIDBA==')
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype)
    expect(bytes.byteOffset).toBe(0)
    expect(bytes.buffer.byteLength).toBe(4)
  })

  it('accepts white space, missing padding, and extra bits', () => {
    for (const text of ['AQID BA==', 'AQIDBA', '\tAQ\nID\rB\fA=\n= ', 'AQIDBB==']) {
      expect([...decode(text)]).toEqual([1, 2, 3, 4])
    }
    expect(decode(' \n')).toEqual(new Uint8Array(0))
  })

  it.each([
    ['AQID*A==', 4],
    ['AQ-_', 2],
    ['AQI\u0141', 3],
    ['AQI\u00e9', 3],
    ['=', 0],
    ['A===', 1],
    ['AQ=', 3],
    ['AQ=A', 3],
    ['AQI==', 4],
    ['AQIDB', 5],
    ['AQ==AQ==', 4],
    ['====', 0],
    ['AQID=', 4],
  ])('refuses %j at character %i', (text, position) => {
    const error = audioErrorOf(() => decode(text))
    expect(error.code).toBe('INVALID_BASE64')
    expect(error.data).toEqual({ position, length: text.length })
  })
})

describe('decodeBase64', () => {
  it('returns the same result with every implementation', () => {
    fc.assert(
      fc.property(almostBase64, (text) => {
        expect(outcome(() => decodeBase64(text))).toEqual(outcome(() => decodePortably(text)))
      }),
      { numRuns: 500 },
    )
  })

  it('returns the same result as the decoder for bytes that are read at once', () => {
    fc.assert(
      fc.property(almostBase64, (text) => {
        const decoded = decodeBase64Portable(text)
        const bytes = decodeBase64Transiently(text)
        expect(bytes && [...bytes]).toEqual(typeof decoded === 'number' ? undefined : [...decoded])
      }),
      { numRuns: 500, seed: 1 },
    )
  })

  it('contains the position of the invalid character in the message', () => {
    expect(audioErrorOf(() => decodeBase64('AQ*=')).shortMessage).toBe(
      'The text is not base64: character 2 of 4 is invalid. Pass text in the standard base64 alphabet.',
    )
  })

  it('works without Buffer and Uint8Array.fromBase64', () => {
    vi.stubGlobal('Buffer', undefined)
    const text = encodeBase64(Uint8Array.of(1, 2, 3, 4))
    const bytes = decodeBase64(text)
    vi.unstubAllGlobals()
    expect(text).toBe('AQIDBA==')
    expect([...bytes]).toEqual([1, 2, 3, 4])
  })

  it('prefers Uint8Array.fromBase64', () => {
    Object.assign(Uint8Array.prototype, { toBase64: () => 'native' })
    Object.assign(Uint8Array, { fromBase64: () => Uint8Array.of(42) })
    expect(encodeBase64(Uint8Array.of(1))).toBe('native')
    expect([...decodeBase64('AQ==')]).toEqual([42])
  })

  it('throws AudioError instead of the error of the platform', () => {
    Object.assign(Uint8Array, {
      fromBase64() {
        throw new SyntaxError('no')
      },
    })
    expect(audioErrorOf(() => decodeBase64('A*==')).data).toEqual({ position: 1, length: 4 })
  })
})

function outcome(action: () => Uint8Array): unknown {
  try {
    return [...action()]
  } catch (error) {
    return error instanceof AudioError ? error.data : error
  }
}
