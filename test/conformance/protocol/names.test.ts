import * as protocol from 'realtime-primitives/protocol'
import {
  clientEventTypes,
  serverEventTypes,
  translationClientEventTypes,
  translationServerEventTypes,
} from 'realtime-primitives/protocol'
import { describe, expect, test } from 'vitest'
import { readTypes } from './support/shapes.js'

const shared = new Set<string>([...serverEventTypes, ...clientEventTypes])
const exported = new Set(Object.keys(protocol))

/** The rule: the wire type in Pascal case and `Event`. */
function nameOf(type: string): string {
  const words = type.split(/[._]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return `${words.join('')}Event`
}

describe('event names', () => {
  test.each([...serverEventTypes.filter((type) => type !== 'error'), ...clientEventTypes])(
    '%s: the name follows from the type',
    (type) => {
      expect(exported).toContain(nameOf(type))
    },
  )

  test('error: the name is ServerErrorEvent, because ErrorEvent is a DOM global', () => {
    expect(exported).toContain('ServerErrorEvent')
    expect(exported).not.toContain('ErrorEvent')
  })

  test.each([...translationServerEventTypes.filter((type) => type !== 'error'), ...translationClientEventTypes])(
    'translation event %s: the name has a prefix when another event has the same type',
    (type) => {
      expect(exported).toContain(shared.has(type) ? `Translation${nameOf(type)}` : nameOf(type))
    },
  )
})

test('every schema has a type of the same name', () => {
  const types = new Set(readTypes().names)
  const schemas = [...exported].filter((name) => /^[A-Z].*Event$/.test(name))
  expect(schemas.length).toBe(46 + 11 + 6 + 3 + 1)
  for (const schema of schemas) expect(types).toContain(schema)
})

describe('lists of event types', () => {
  test.each([
    ['serverEventTypes', serverEventTypes, protocol.serverEventSchemas, 46],
    ['clientEventTypes', clientEventTypes, protocol.clientEventSchemas, 11],
    ['translationServerEventTypes', translationServerEventTypes, protocol.translationServerEventSchemas, 7],
    ['translationClientEventTypes', translationClientEventTypes, protocol.translationClientEventSchemas, 3],
  ])('%s contains the type of each schema once', (_, types, schemas, count) => {
    expect(types).toHaveLength(count)
    expect([...types].sort()).toEqual(Object.keys(schemas).sort())
  })
})
