import { existsSync, readFileSync } from 'node:fs'
import {
  type Codec,
  clientEventTypes,
  isProtocolError,
  realtimeCodec,
  serverEventTypes,
  translationClientEventTypes,
  translationCodec,
  translationServerEventTypes,
} from 'realtime-primitives/protocol'
import { describe, expect, test } from 'vitest'

interface Accepted {
  readonly name: string
  readonly event: object
}

interface Rejected extends Accepted {
  readonly message: string
}

/** A file of the corpus; every type has one of what is accepted and one of what is rejected. */
function read<T>(folder: string, file: 'accept' | 'reject'): T[] {
  const url = new URL(`./corpus/${folder}/${file}.json`, import.meta.url)
  return existsSync(url) ? (JSON.parse(readFileSync(url, 'utf8')) as T[]) : []
}

type AnyCodec = Codec<object, object>

const clients: [folder: string, AnyCodec][] = [
  ...clientEventTypes.map((type): [string, AnyCodec] => [type, realtimeCodec as AnyCodec]),
  ...translationClientEventTypes.map((type): [string, AnyCodec] => [
    `translation/${type}`,
    translationCodec as AnyCodec,
  ]),
]
const servers: [folder: string, AnyCodec][] = [
  ...serverEventTypes.map((type): [string, AnyCodec] => [type, realtimeCodec as AnyCodec]),
  ...translationServerEventTypes.map((type): [string, AnyCodec] => [
    `translation/${type}`,
    translationCodec as AnyCodec,
  ]),
]

describe.each(clients)('sending %s', (folder, codec) => {
  const accepted = read<Accepted>(folder, 'accept')
  const rejected = read<Rejected>(folder, 'reject')

  test.each(accepted)('accepts $name', ({ event }) => {
    expect(JSON.parse(codec.encode(event))).toStrictEqual(event)
  })

  test.each(rejected)('rejects $name', ({ event, message }) => {
    let refusal: unknown
    try {
      codec.encode(event)
    } catch (error) {
      refusal = error
    }
    expect(isProtocolError(refusal, 'INVALID_EVENT') && refusal.shortMessage).toBe(message)
  })

  test('has a minimal and a maximal valid case, and three invalid ones', () => {
    expect(accepted.map(({ name }) => name)).toEqual(expect.arrayContaining(['minimal', 'maximal']))
    expect(rejected.length).toBeGreaterThanOrEqual(3)
  })
})

describe.each(servers)('receiving %s', (folder, codec) => {
  const accepted = read<Accepted>(folder, 'accept')
  const rejected = read<Rejected>(folder, 'reject')

  test.each(accepted)('accepts $name', ({ event }) => {
    expect(codec.decode(JSON.stringify(event))).toStrictEqual({ kind: 'event', event })
  })

  test.each(rejected)('returns invalid for $name', ({ event, message }) => {
    const decoded = codec.decode(JSON.stringify(event))
    expect(decoded.kind === 'invalid' && decoded.event.error.shortMessage).toBe(message)
  })

  test('has a minimal valid case and an invalid one', () => {
    expect(accepted[0]?.name).toBe('minimal')
    expect(rejected.length).toBeGreaterThanOrEqual(2)
  })
})
