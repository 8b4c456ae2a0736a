import fc from 'fast-check'
import { renames, toBeta, toGA } from 'realtime-primitives/migrate'
import { type ClientEvent, clientEventTypes, realtimeCodec } from 'realtime-primitives/protocol'
import { describe, expect, test } from 'vitest'
import { runs } from '../../support/runs.js'
import { betaClientEvent, betaServerEvent, leavesOf } from './support/beta-events.js'

function migrated(event: unknown) {
  const migration = toGA(event)
  if (migration.kind !== 'events') throw new Error(migration.error.message)
  return migration
}

/** Values that have another name in GA, or said what the name of the event says now. */
const renamedValues = new Set<unknown>([
  ...renames.filter(({ kind }) => ['event', 'content', 'value'].includes(kind)).map(({ from }) => from),
  'text',
  'audio',
])

const counts = { numRuns: runs({ usual: 150, certify: 1_000 }) }

describe('beta events', () => {
  test('of servers decode as GA events', () => {
    fc.assert(
      fc.property(betaServerEvent('wild'), (event) => {
        for (const upgraded of migrated(event).events)
          expect(realtimeCodec.decode(JSON.stringify(upgraded))).toMatchObject({ kind: 'event' })
      }),
      counts,
    )
  })

  test('of clients encode as GA events', () => {
    fc.assert(
      fc.property(betaClientEvent('wild'), (event) => {
        for (const upgraded of migrated(event).events) realtimeCodec.encode(upgraded as ClientEvent)
      }),
      counts,
    )
  })

  test('lose no value without a report', () => {
    fc.assert(
      fc.property(fc.oneof(betaServerEvent('wild'), betaClientEvent('wild')), (event) => {
        const { events, dropped } = migrated(event)
        const kept = new Set([...leavesOf(events), ...leavesOf(dropped.map(({ value }) => value))])
        for (const leaf of leavesOf(event)) {
          if (!renamedValues.has(leaf) && leaf !== 'none') expect(kept).toContain(leaf)
        }
      }),
      counts,
    )
  })

  test('are restored by toBeta where the table is reversible', () => {
    fc.assert(
      fc.property(fc.oneof(betaServerEvent('canonical'), betaClientEvent('canonical')), (event) => {
        const isLost = renames.some(({ from, isReversible }) => from === event.type && !isReversible)
        const { events, dropped } = migrated(event)
        expect(dropped).toEqual([])
        if (isLost) return
        const back = events.map(toBeta).flatMap((migration) => (migration.kind === 'events' ? migration.events : []))
        expect(back).toEqual([event])
      }),
      counts,
    )
  })

  test('do not change in a second upgrade', () => {
    fc.assert(
      fc.property(fc.oneof(betaServerEvent('wild'), betaClientEvent('wild')), (event) => {
        for (const upgraded of migrated(event).events)
          expect(toGA(upgraded)).toEqual({ kind: 'events', events: [upgraded], dropped: [], assumed: [] })
      }),
      counts,
    )
  })

  test('are not modified, and give the same result twice', () => {
    fc.assert(
      fc.property(fc.oneof(betaServerEvent('wild'), betaClientEvent('wild')), (event) => {
        const before = structuredClone(event)
        expect(toGA(event)).toEqual(toGA(event))
        expect(event).toEqual(before)
      }),
      counts,
    )
  })
})

describe('values that are not protocol events', () => {
  test('do not make a migration throw', () => {
    const types = fc.constantFrom(
      ...renames.filter(({ kind }) => kind === 'event').map(({ from }) => from),
      'response.done',
    )
    const odd = fc.oneof(
      fc.jsonValue(),
      fc
        .tuple(types, fc.dictionary(fc.constantFrom('session', 'item', 'response', 'part', 'delta'), fc.jsonValue()))
        .map(([type, fields]) => ({ type, ...fields })),
    )
    fc.assert(
      fc.property(odd, (value) => {
        for (const migrate of [toGA, toBeta]) expect(['events', 'none', 'invalid']).toContain(migrate(value).kind)
      }),
      counts,
    )
  })

  test('become valid or are rejected with a reason when one value is replaced', () => {
    fc.assert(
      fc.property(
        fc.oneof(betaServerEvent('wild'), betaClientEvent('wild')),
        fc.nat(),
        fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constant(undefined)),
        (event, position, value) => {
          const migration = toGA(replaced(event, position, value))
          if (migration.kind !== 'events') return
          for (const upgraded of migration.events) {
            if (isClientType(upgraded.type)) realtimeCodec.encode(upgraded as ClientEvent)
            else expect(realtimeCodec.decode(JSON.stringify(upgraded)).kind).not.toBe('invalid')
          }
        },
      ),
      { numRuns: runs({ usual: 500, certify: 4_000 }) },
    )
  })
})

const isClientType = (type: string) => (clientEventTypes as readonly string[]).includes(type)

/** The event with another value in one of its places but for its type; without the place when the value is undefined. */
function replaced(event: object, position: number, value: unknown): unknown {
  const copy = structuredClone(event) as Record<string, unknown>
  const places: [Record<string, unknown>, string][] = []
  const visit = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return
    for (const [key, inner] of Object.entries(node)) {
      if (node !== copy || key !== 'type') places.push([node as Record<string, unknown>, key])
      visit(inner)
    }
  }
  visit(copy)
  const [node, key] = places[position % places.length] ?? []
  if (node === undefined || key === undefined) return copy
  if (value === undefined && !Array.isArray(node)) delete node[key]
  else node[key] = value ?? null
  return copy
}
