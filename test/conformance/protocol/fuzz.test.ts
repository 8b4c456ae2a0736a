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
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod/mini'
import { checker } from '../../../src/protocol/check.js'
import { places } from './support/mutate.js'
import { samples } from './support/samples.js'

// A shared machine may take its time.
vi.setConfig({ testTimeout: 180_000 })

// Stands in every text of every event; whatever an error says, it must not say this.
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

describe('any damage to any event', () => {
  test('100,000 mutations of received events throw nothing, lose nothing and leak nothing', () => {
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
      { numRuns: 10_000, seed: 1 },
    )
    expect(count).toBe(100_000)
  })

  test('20,000 cuts and splices of frames throw nothing and leak nothing', () => {
    fc.assert(
      fc.property(damage, ([frame, from, length, inserted]) => {
        const start = from % frame.length
        const text = frame.slice(0, start) + inserted + frame.slice(start + (length % 40))
        const decoded = realtimeCodec.decode(text)
        if (decoded.kind === 'invalid') expectSilence(decoded.event.error)
      }),
      { numRuns: 20_000, seed: 2 },
    )
  })

  test('20,000 mutations of events to send are encoded as they are or refused with a ProtocolError that leaks nothing', () => {
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
      { numRuns: 5_000, seed: 3 },
    )
  })

  test('any text at all decodes without a throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expectDecoded(realtimeCodec, text)
        expectDecoded(translationCodec, text)
      }),
      { numRuns: 5_000, seed: 4 },
    )
  })
})

describe('our checker', () => {
  test.each([
    ['received', serverEventSchemas],
    ['received in translation', translationServerEventSchemas],
    ['sent', clientEventSchemas],
  ])('agrees with the parser of zod on 10,000 damaged events that are %s', (_, map: EventMap) => {
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
      { numRuns: 2_500, seed: 5 },
    )
  })
})
