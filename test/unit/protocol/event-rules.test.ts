import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { printEventRules } from '../../../scripts/event-rules.js'
import { clientEventSchemas } from '../../../src/protocol/client-events.js'
import * as rules from '../../../src/protocol/event-rules.js'
import { serverEventSchemas } from '../../../src/protocol/server-events.js'

const path = fileURLToPath(new URL('../../../src/protocol/event-rules.ts', import.meta.url))

test('event rules: cover each schema of an event', () => {
  expect(Object.keys(rules.clientEventRules)).toEqual(Object.keys(clientEventSchemas))
  expect(Object.keys(rules.serverEventRules)).toEqual(Object.keys(serverEventSchemas))
})

test('event rules: the module that the build writes exports the same rules as the source, without imports', async () => {
  const code = await printEventRules(path)
  expect(code).not.toMatch(/\bimport\b|\bz\./)
  const built = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)
  expect({ ...built }).toEqual({ ...rules })
})
