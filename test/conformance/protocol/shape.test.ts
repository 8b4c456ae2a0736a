import {
  ClientSecretCreateParams,
  clientEventSchemas,
  type EventMap,
  translationClientEventSchemas,
} from 'realtime-primitives/protocol'
import { expect, test } from 'vitest'
import { boundsOf, toJsonSchema } from './support/bounds.js'
import { readTypes } from './support/shapes.js'

// What the compiler sees of every exported type: a field, an event or a value of an enumeration that goes missing or changes shows as a
// difference, also in a clone without the reference material. `npx vitest run -u` accepts a change that is meant.
test('every exported type matches its snapshot of fields, optionality, and values', async () => {
  const types = readTypes()
  const text = types.names
    .sort()
    .map((name) => types.print(name))
    .join('\n\n')
  await expect(`${text}\n`).toMatchFileSnapshot('./shapes.txt')
})

test('every bound on client events matches its snapshot', async () => {
  const maps: EventMap[] = [clientEventSchemas, translationClientEventSchemas]
  const bounds = maps.flatMap((map) =>
    Object.entries(map).flatMap(([type, schema]) => [...boundsOf(toJsonSchema(schema), type, (part) => part)]),
  )
  const rest = boundsOf(toJsonSchema(ClientSecretCreateParams), 'POST client_secrets', (part) => part)
  const lines = [...bounds, ...rest].map(([path, facts]) => `${path}: ${[...facts].join(', ')}`)
  await expect(`${lines.sort().join('\n')}\n`).toMatchFileSnapshot('./bounds.txt')
})
