import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  CallAcceptParams,
  CallCreateParams,
  CallReferParams,
  CallRejectParams,
  ClientSecretCreateParams,
  clientEventSchemas,
  type EventMap,
  TranslationClientSecretCreateParams,
  translationClientEventSchemas,
} from 'realtime-primitives/protocol'
import { describe, expect, test } from 'vitest'
import type * as z from 'zod/mini'
import { digestOf } from '../../../scripts/spec-digest.js'
import { withShared } from '../../support/shared.js'
import { deliberate, deliberateBounds } from './deliberate.js'
import { boundsOf, toJsonSchema } from './support/bounds.js'
import { compare, type Direction } from './support/compare.js'
import { readOracle } from './support/oracle.js'
import { type Field, readTypes } from './support/shapes.js'
import { unexplained } from './support/unexplained.js'

const eventMaps: readonly [ours: string, theirs: string, Direction][] = [
  ['ServerEventMap', 'RealtimeServerEvent', 'received'],
  ['ClientEventMap', 'RealtimeClientEvent', 'sent'],
  ['TranslationServerEventMap', 'RealtimeTranslationServerEvent', 'received'],
  ['TranslationClientEventMap', 'RealtimeTranslationClientEvent', 'sent'],
]

const bodies: readonly [ours: string, theirs: string, Direction][] = [
  ['ClientSecretCreateParams', 'RealtimeCreateClientSecretRequest', 'sent'],
  ['ClientSecret', 'RealtimeCreateClientSecretResponse', 'received'],
  ['TranslationClientSecretCreateParams', 'RealtimeTranslationClientSecretCreateRequest', 'sent'],
  ['TranslationClientSecret', 'RealtimeTranslationClientSecretCreateResponse', 'received'],
  ['CallCreateParams', 'RealtimeCallCreateRequest', 'sent'],
  ['CallAcceptParams', 'RealtimeSessionCreateRequestGA', 'sent'],
  ['CallReferParams', 'RealtimeCallReferRequest', 'sent'],
  ['CallRejectParams', 'RealtimeCallRejectRequest', 'sent'],
  ['RealtimeCallIncomingEvent', 'WebhookRealtimeCallIncoming', 'received'],
]

const sentBodies: Readonly<Record<string, z.core.$ZodType>> = {
  RealtimeCreateClientSecretRequest: ClientSecretCreateParams,
  RealtimeTranslationClientSecretCreateRequest: TranslationClientSecretCreateParams,
  RealtimeCallCreateRequest: CallCreateParams,
  RealtimeSessionCreateRequestGA: CallAcceptParams,
  RealtimeCallReferRequest: CallReferParams,
  RealtimeCallRejectRequest: CallRejectParams,
}

describe('the OpenAPI document', () => {
  const digest = fileURLToPath(new URL('spec-digest.json', import.meta.url))

  withShared('spec/realtime-openapi.json', (file) => {
    test('has the facts of the digest in this repository', () => {
      expect(digestOf(JSON.parse(readFileSync(file, 'utf8')))).toBe(readFileSync(digest, 'utf8'))
    })
  })

  describe('as a digest', () => {
    const oracle = readOracle(digest)
    const types = readTypes()

    test.each(eventMaps)('%s has exactly the events of %s', (map, union) => {
      expect(typesIn(map)).toEqual([...oracle.events(union).keys()].sort())
    })

    test('has the fields, optionality, and values of our types, except for listed differences', () => {
      const facts = new Set<string>()
      const tell = (fact: string) => void facts.add(fact)
      for (const [map, union, direction] of eventMaps)
        for (const [type, name] of oracle.events(union)) {
          const field = fieldsOf(map).get(type)
          if (field) compare(field.shape, oracle.shape(name), type, direction, tell)
        }
      for (const [ours, theirs, direction] of bodies)
        compare(types.shape(ours), oracle.shape(theirs), theirs, direction, tell)
      expect(unexplained(facts, deliberate)).toEqual({ withoutReason: [], withoutDifference: [] })
    })

    test('has the bounds of our client events, except for listed differences', () => {
      const facts = new Set<string>()
      const collect = (schema: z.core.$ZodType, name: string, path: string) => {
        const follow = ({ $ref = '' }) => oracle.component(oracle.nameOf({ $ref }) ?? '')
        const ours = boundsOf(toJsonSchema(schema), path, (part) => part)
        const theirs = boundsOf(oracle.component(name), path, follow)
        for (const at of new Set([...ours.keys(), ...theirs.keys()])) {
          for (const fact of ours.get(at) ?? []) if (!theirs.get(at)?.has(fact)) facts.add(`${at}: only here: ${fact}`)
          for (const fact of theirs.get(at) ?? [])
            if (!ours.get(at)?.has(fact)) facts.add(`${at}: only in the document: ${fact}`)
        }
      }
      const sent: [EventMap, string][] = [
        [clientEventSchemas, 'RealtimeClientEvent'],
        [translationClientEventSchemas, 'RealtimeTranslationClientEvent'],
      ]
      for (const [map, union] of sent)
        for (const [type, name] of oracle.events(union)) {
          const schema = map[type]
          if (schema) collect(schema, name, type)
        }
      for (const [name, schema] of Object.entries(sentBodies)) collect(schema, name, name)
      expect(unexplained(facts, deliberateBounds)).toEqual({ withoutReason: [], withoutDifference: [] })
    })

    function fieldsOf(map: string): Map<string, Field> {
      return types.shape(map).objects[0]?.fields ?? new Map()
    }

    function typesIn(map: string): string[] {
      return [...fieldsOf(map).keys()].sort()
    }
  })
})
