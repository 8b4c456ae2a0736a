import fc from 'fast-check'
import {
  type ClientEvent,
  clientEventSchemas,
  type EventMap,
  isProtocolError,
  realtimeCodec,
  serverEventSchemas,
  translationCodec,
  translationServerEventSchemas,
} from 'realtime-primitives/protocol'
import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { checker } from '../../../src/protocol/check.js'
import { runs } from '../../support/runs.js'
import { places } from './support/mutate.js'
import { samples } from './support/samples.js'

// Replaces every text of every event. No error may contain it.
const secret = 'a secret \u{1f92b} of 0xC0FFEE'

/** Frames of every event, with the secret in place of every text that selects nothing. */
function secretFrames(map: EventMap): string[] {
  return Object.values(map)
    .flatMap((schema) => samples(schema))
    .map((event) => JSON.stringify(event).replaceAll('"text"', JSON.stringify(secret)))
}

const frames = secretFrames(serverEventSchemas)
const requests = secretFrames(clientEventSchemas)

interface Mutation {
  readonly at: number
  readonly how: 'replace' | 'remove' | 'rename' | 'add' | 'wrap'
  /** JSON, so that no two places ever share an object. */
  readonly value: string
}

const strange = [
  ...[null, true, 0, -1, 1.5, 1e308, '', secret, 'message', 'realtime', '__proto__', 'constructor'],
  ...[[], {}, [secret], { [secret]: secret }, [[[]]], { type: secret }, { type: 'message' }, { toString: null }],
].map((value) => JSON.stringify(value))
const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(199),
  how: fc.constantFrom('replace', 'remove', 'rename', 'add', 'wrap'),
  value: fc.constantFrom(...strange),
})

/** An event after each of some mutations; each damages what the one before left. */
function* damaged(frame: string, mutations: readonly Mutation[]): Generator<unknown> {
  const root: Record<string, unknown> = { event: JSON.parse(frame) }
  for (const { at, how, value } of mutations) {
    const all = places(root)
    const { holder, key } = all[at % all.length] ?? { holder: root, key: 'event' }
    const before = holder[key]
    if (how === 'replace') holder[key] = JSON.parse(value)
    else if (how === 'wrap') holder[key] = [before]
    else if (how === 'add') holder[Array.isArray(holder) ? String(holder.length) : secret] = JSON.parse(value)
    else {
      delete holder[key]
      if (how === 'rename') holder[`${secret}${key}`] = before
    }
    yield root.event
  }
}

/** Cuts, doubles or splices a text, as broken proxies do. */
const damage = fc.tuple(
  fc.constantFrom(...frames),
  fc.nat(),
  fc.nat(),
  fc.constantFrom('', '"', '{', '\u0000', '\\', secret),
)

function expectSilence(error: Error): void {
  const said = `${error.message}${error.stack}${String(error.cause)}${JSON.stringify(error)}`
  if (said.includes('secret') || said.includes('C0FFEE')) expect.fail(`An error quotes the event: ${error.message}`)
}

function expectDecoded(codec: { decode(frame: string): { kind: string; event: unknown } }, frame: string): void {
  const decoded = codec.decode(frame)
  if (decoded.kind === 'invalid') {
    const { error } = decoded.event as { error: Error }
    if (!isProtocolError(error)) expect.fail('An invalid frame has a foreign error')
    expectSilence(error)
  } else if (JSON.stringify(decoded.event) !== JSON.stringify(JSON.parse(frame)))
    expect.fail('A decoded event lost something')
}

describe('damaged events', () => {
  test('decode: mutated events cause no exception, lose no field, and leak no text', () => {
    const mutatedFrames = runs({ usual: 2_000, certify: 10_000 })
    let count = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...frames),
        fc.array(mutation, { minLength: 10, maxLength: 10 }),
        (frame, mutations) => {
          for (const event of damaged(frame, mutations)) {
            expectDecoded(realtimeCodec, JSON.stringify(event) ?? '')
            count += 1
          }
        },
      ),
      { numRuns: mutatedFrames, seed: 1 },
    )
    expect(count).toBe(10 * mutatedFrames)
  })

  test('decode: cut and spliced frames cause no exception and leak no text', () => {
    fc.assert(
      fc.property(damage, ([frame, from, length, inserted]) => {
        const start = from % frame.length
        const text = frame.slice(0, start) + inserted + frame.slice(start + (length % 40))
        const decoded = realtimeCodec.decode(text)
        if (decoded.kind === 'invalid') expectSilence(decoded.event.error)
      }),
      { numRuns: runs({ usual: 5_000, certify: 20_000 }), seed: 2 },
    )
  })

  test('encode: mutated events are encoded unchanged or rejected with a ProtocolError that leaks no text', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...requests),
        fc.array(mutation, { minLength: 4, maxLength: 4 }),
        (frame, mutations) => {
          for (const event of damaged(frame, mutations)) {
            try {
              const sent = realtimeCodec.encode(event as ClientEvent)
              if (JSON.stringify(JSON.parse(sent)) !== JSON.stringify(event))
                expect.fail('An encoded event says something else')
            } catch (error) {
              if (!isProtocolError(error, 'INVALID_EVENT')) throw error
              expectSilence(error)
            }
          }
        },
      ),
      { numRuns: runs({ usual: 1_500, certify: 5_000 }), seed: 3 },
    )
  })

  test('decode: arbitrary text causes no exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expectDecoded(realtimeCodec, text)
        expectDecoded(translationCodec, text)
      }),
      { numRuns: runs({ usual: 1_500, certify: 5_000 }), seed: 4 },
    )
  })
})

describe('checker', () => {
  test.each([
    ['received', serverEventSchemas],
    ['received in translation', translationServerEventSchemas],
    ['sent', clientEventSchemas],
  ])('agrees with zod on damaged events that are %s', (_, map: EventMap) => {
    const checks = new Map(Object.entries(map).map(([type, schema]) => [type, { schema, check: checker(schema) }]))
    fc.assert(
      fc.property(
        fc.constantFrom(...secretFrames(map)),
        fc.array(mutation, { minLength: 4, maxLength: 4 }),
        (frame, mutations) => {
          const pair = checks.get((JSON.parse(frame) as { type: string }).type)
          for (const event of damaged(frame, mutations)) {
            const agreed = pair && (pair.check(event) === undefined) === z.safeParse(pair.schema, event).success
            if (!agreed) expect.fail(JSON.stringify(event))
          }
        },
      ),
      { numRuns: runs({ usual: 800, certify: 2_500 }), seed: 5 },
    )
  })
})
