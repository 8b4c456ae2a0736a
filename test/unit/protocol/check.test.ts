import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { atMost, between, fewNames, form, integer, noneOf, notEmpty, single } from '../../../src/protocol/bounds.js'
import { checker } from '../../../src/protocol/check.js'
import { variants } from '../../../src/protocol/open.js'

const cat = z.strictObject({ kind: z.literal('cat'), lives: z.number() })
const dog = z.strictObject({ kind: z.literal(['dog', 'wolf']), name: z.string() })

describe('a check', () => {
  test.each<[string, z.core.$ZodType, unknown, string, string, string]>([
    ['text', z.string(), 1, '', 'a string', 'a number'],
    ['a number', z.number(), '1', '', 'a number', 'a string'],
    ['a number that JSON cannot hold', z.number(), Number.POSITIVE_INFINITY, '', 'a number', 'a number'],
    ['a truth', z.boolean(), null, '', 'a boolean', 'null'],
    ['one value', z.literal('a'), 'b', '', '"a"', 'another string'],
    ['one of some values', z.literal(['a', 'b']), 1, '', '"a" or "b"', 'a number'],
    ['a list', z.array(z.string()), {}, '', 'an array', 'an object'],
    ['an entry', z.array(z.string()), ['a', 1], '1', 'a string', 'a number'],
    ['an object', z.looseObject({}), [], '', 'an object', 'an array'],
    ['a field', z.object({ a: z.object({ b: z.string() }) }), { a: { b: 1 } }, 'a.b', 'a string', 'a number'],
    ['an absent field', z.object({ a: z.string() }), {}, 'a', 'a string', 'missing'],
    ['an absent field that may be anything', z.object({ a: z.unknown() }), {}, 'a', 'present', 'missing'],
    ['a field too many', z.strictObject({ a: z.string() }), { a: '', b: null }, 'b', 'left out', 'null'],
    ['a field of any name', z.catchall(z.object({}), z.string()), { a: '', b: 2 }, 'b', 'a string', 'a number'],
    ['no variant', variants('kind', [cat, dog]), { kind: 'cow' }, 'kind', '"cat" or "dog" or "wolf"', 'another string'],
    ['a variant', variants('kind', [cat, dog]), { kind: 'wolf' }, 'name', 'a string', 'missing'],
    ['a variant that is no object', variants('kind', [cat, dog]), 'cat', '', 'an object', 'a string'],
    ['no option', z.union([z.string(), cat]), 1, '', 'a string or an object', 'a number'],
    ['the nearest option', z.union([z.string(), cat]), { kind: 'cat' }, 'lives', 'a number', 'missing'],
    ['an enumeration of zod', z.enum(['a', 'b']), 'c', '', 'valid according to its schema', 'a string'],
    ['a format of zod', z.object({ to: z.email() }), { to: 'x' }, 'to', 'valid according to its schema', 'a string'],
    ['a bound of zod', z.string().check(z.maxLength(1)), 'xy', '', 'valid according to its schema', 'a string'],
  ])('of %s returns path and problem', (_, schema, value, path, expected, found) => {
    expect(checker(schema)(value)).toEqual({
      path: path === '' ? [] : path.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
      expected,
      found,
    })
  })

  test.each<[string, z.core.$ZodType, unknown[]]>([
    ['text', z.string(), ['', 'a']],
    ['what may be absent', z.nullish(z.string()), [undefined, null, 'a']],
    ['fields that may be absent', z.object({ a: z.optional(z.string()) }), [{}, { a: undefined }, { a: '' }]],
    ['unknown fields', z.looseObject({ a: z.string() }), [{ a: '', b: 1 }]],
    [
      'each variant',
      variants('kind', [cat, dog]),
      [
        { kind: 'cat', lives: 9 },
        { kind: 'wolf', name: 'x' },
      ],
    ],
    ['variants of variants', variants('kind', [variants('kind', [cat]), dog]), [{ kind: 'cat', lives: 9 }]],
    ['each option', z.union([z.string(), z.number()]), ['', 0]],
    ['a discriminated union of zod', z.discriminatedUnion('kind', [cat, dog]), [{ kind: 'cat', lives: 9 }]],
    ['what zod transforms', z.object({ a: z.pipe(z.string(), z.transform(Number)) }), [{ a: '1' }]],
    ['anything', z.unknown(), [undefined, null, 0, {}]],
  ])('accepts %s', (_, schema, values) => {
    for (const value of values) expect(checker(schema)(value)).toBeUndefined()
  })

  test('reads only own fields', () => {
    const inherits = Object.create({ kind: 'cat', lives: 9 }) as object
    expect(checker(cat)(inherits)).toMatchObject({ path: ['kind'], found: 'missing' })
    expect(checker(variants('kind', [cat, dog]))(inherits)).toMatchObject({ path: ['kind'], found: 'missing' })
  })

  test('reports a wrong shape before a bound', () => {
    const few = z.catchall(z.object({}), z.string()).check(fewNames(1, 1))
    expect(checker(few)({ a: 1, b: 2 })).toMatchObject({ path: ['a'] })
    expect(checker(few)({ a: '', b: '' })).toMatchObject({ path: [] })
  })
})

describe('a bound', () => {
  const pattern = /^x+$/
  test.each<[string, z.core.$ZodType, unknown[], unknown[], string, string]>([
    [
      'between',
      z.number().check(between(0.25, 1.5)),
      [0.25, 1.5],
      [0.2, 1.6],
      'a number from 0.25 to 1.5',
      'a number outside of that',
    ],
    ['integer', z.number().check(integer(5, 7)), [5, 7], [4, 8, 5.5], 'an integer from 5 to 7', 'another number'],
    [
      'integer upwards',
      z.number().check(integer(0)),
      [0, 1e9],
      [-1, 0.5, 1e300],
      'an integer of at least 0',
      'another number',
    ],
    ['any integer', z.number().check(integer()), [-1, 0], [0.5], 'an integer', 'another number'],
    ['atMost', z.string().check(atMost(2)), ['', 'ab'], ['abc'], 'a string of at most 2 characters', 'a longer string'],
    ['notEmpty', z.array(z.string()).check(notEmpty()), [['a']], [[]], 'not empty', 'empty'],
    [
      'single',
      z.array(z.string()).check(single()),
      [['a']],
      [[], ['a', 'b']],
      'an array of exactly 1 entry',
      'an array of another length',
    ],
    ['form', z.string().check(form(pattern)), ['x', 'xx'], ['', 'y'], 'a string that matches /^x+$/', 'another string'],
    ['noneOf', z.string().check(noneOf(['a'])), ['b'], ['a'], 'a type that this version does not know', 'a known one'],
    [
      'fewNames',
      z.looseObject({}).check(fewNames(2, 3)),
      [{}, { abc: 1, b: 2 }],
      [{ a: 1, b: 2, c: 3 }, { abcd: 1 }],
      'an object of at most 2 names of at most 3 characters',
      'an object with more',
    ],
  ])('%s is checked as in zod', (_, schema, inside, outside, expected, found) => {
    for (const value of inside) {
      expect(checker(schema)(value)).toBeUndefined()
      expect(z.safeParse(schema, value).success).toBe(true)
    }
    for (const value of outside) {
      expect(checker(schema)(value)).toEqual({ path: [], expected, found })
      expect(z.safeParse(schema, value).error?.issues).toMatchObject([{ code: 'custom', message: expected }])
    }
  })

  test('is part of the generated JSON Schema', () => {
    const schema = z.object({
      speed: z.number().check(between(0.25, 1.5)),
      count: z.number().check(integer(1, 5)),
      name: z.string().check(atMost(2)),
      form: z.string().check(form(pattern)),
      list: z.array(z.string()).check(single()),
    })
    expect(z.toJSONSchema(schema).properties).toEqual({
      speed: { type: 'number', minimum: 0.25, maximum: 1.5 },
      count: { type: 'integer', minimum: 1, maximum: 5 },
      name: { type: 'string', maxLength: 2 },
      form: { type: 'string', pattern: '^x+$' },
      list: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 1 },
    })
  })
})
