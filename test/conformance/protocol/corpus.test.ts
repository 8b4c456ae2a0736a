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

describe.each(clients)('%s is sent', (folder, codec) => {
  const accepted = read<Accepted>(folder, 'accept')
  const rejected = read<Rejected>(folder, 'reject')

  test.each(accepted)('$name', ({ event }) => {
    expect(JSON.parse(codec.encode(event))).toStrictEqual(event)
  })

  test.each(rejected)('but not $name', ({ event, message }) => {
    let refusal: unknown
    try {
      codec.encode(event)
    } catch (error) {
      refusal = error
    }
    expect(isProtocolError(refusal, 'INVALID_EVENT') && refusal.shortMessage).toBe(message)
  })

  test('in a minimal and a maximal form, and in three wrong ones not', () => {
    expect(accepted.map(({ name }) => name)).toEqual(expect.arrayContaining(['minimal', 'maximal']))
    expect(rejected.length).toBeGreaterThanOrEqual(3)
  })
})

describe.each(servers)('%s is received', (folder, codec) => {
  const accepted = read<Accepted>(folder, 'accept')
  const rejected = read<Rejected>(folder, 'reject')

  test.each(accepted)('$name', ({ event }) => {
    expect(codec.decode(JSON.stringify(event))).toStrictEqual({ kind: 'event', event })
  })

  test.each(rejected)('as invalid $name', ({ event, message }) => {
    const decoded = codec.decode(JSON.stringify(event))
    expect(decoded.kind === 'invalid' && decoded.event.error.shortMessage).toBe(message)
  })

  test('in a minimal form, and in a wrong one not', () => {
    expect(accepted[0]?.name).toBe('minimal')
    expect(rejected.length).toBeGreaterThanOrEqual(2)
  })
})
