import {
  type ClientEvent,
  clientEventSchemas,
  type EventMap,
  isProtocolError,
  realtimeCodec,
  serverEventSchemas,
  type TranslationClientEvent,
  translationClientEventSchemas,
  translationCodec,
  translationServerEventSchemas,
} from 'realtime-primitives/protocol'
import { describe, expect, test } from 'vitest'
import { objects } from './support/mutate.js'
import { samples } from './support/samples.js'

const received: [string, EventMap, (frame: string) => { kind: string; event: unknown }][] = [
  ['realtime', serverEventSchemas, realtimeCodec.decode],
  ['translation', translationServerEventSchemas, translationCodec.decode],
]
const sent: [string, EventMap, (event: unknown) => string][] = [
  ['realtime', clientEventSchemas, (event) => realtimeCodec.encode(event as ClientEvent)],
  ['translation', translationClientEventSchemas, (event) => translationCodec.encode(event as TranslationClientEvent)],
]

// Objects whose fields are the caller's own.
const free = /(^|\.)(metadata|variables|headers|parameters|input_schema|annotations)$/

function everySample(map: EventMap): [string, unknown][] {
  return Object.entries(map).flatMap(([type, schema]) =>
    samples(schema).map((event): [string, unknown] => [type, event]),
  )
}

describe.each(received)('receiving %s', (_, map, decode) => {
  test('decodes the smallest and the largest form', () => {
    for (const [, event] of everySample(map))
      expect(decode(JSON.stringify(event))).toStrictEqual({ kind: 'event', event })
  })

  test('keeps unknown fields in every object', () => {
    for (const [, event] of everySample(map)) {
      for (const { object } of objects(event)) object.field_of_tomorrow = { deep: [1, null, 'x'] }
      // An object whose fields are all text has no room for anything else.
      for (const { path, object } of objects(event)) if (free.test(path)) object.field_of_tomorrow = 'x'
      expect(decode(JSON.stringify(event))).toStrictEqual({ kind: 'event', event })
    }
  })

  test('accepts null for every optional field', () => {
    for (const [type, schema] of Object.entries(map)) {
      const [smallest] = samples(schema) as [Record<string, unknown>]
      for (const full of samples(schema) as Record<string, unknown>[])
        for (const key of Object.keys(full))
          if (!(key in smallest))
            expect(decode(JSON.stringify({ ...full, [key]: null })).kind, `${type} ${key}`).toBe('event')
    }
  })
})

describe.each(sent)('sending %s', (_, map, encode) => {
  test('encodes the smallest and the largest form unchanged', () => {
    for (const [, event] of everySample(map)) expect(JSON.parse(encode(event))).toStrictEqual(event)
  })

  test('rejects an unknown field in any object, with its path', () => {
    for (const [type, event] of everySample(map)) {
      for (const { path, object } of objects(event)) {
        if (free.test(path)) continue
        object.field_of_tomorrow = 1
        const refused = caught(() => encode(event))
        delete object.field_of_tomorrow
        expect(isProtocolError(refused, 'INVALID_EVENT') && refused.data).toEqual({
          type,
          direction: 'client',
          // The name of a variable is the caller's own word.
          path: `${path}.field_of_tomorrow`.replace(/^\./, '').replace('variables.name', 'variables.*'),
          expected: 'left out',
          found: 'a number',
          hint: 'remove it, because the server refuses a whole event for one field that it does not know',
        })
      }
    }
  })
})

function caught(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return error
  }
}
