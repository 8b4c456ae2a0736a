import { ruleOf } from './check.js'
import { clientEventSchemas } from './client-events.js'
import type { EventMap } from './event-map.js'
import type { Rule } from './rule.js'
import { serverEventSchemas } from './server-events.js'
import { translationClientEventSchemas, translationServerEventSchemas } from './translation-events.js'

// The build runs this module and puts the rules in its place, as data (`scripts/event-rules.ts`). So the codecs of the package check events
// by the schemas and contain neither the schemas nor zod.

/** Rules by event type. */
export interface EventRules {
  readonly [type: string]: Rule
}

/** The rules of {@link clientEventSchemas}. */
export const clientEventRules: EventRules = /* @__PURE__ */ rulesOf(clientEventSchemas)
/** The rules of {@link serverEventSchemas}. */
export const serverEventRules: EventRules = /* @__PURE__ */ rulesOf(serverEventSchemas)
/** The rules of {@link translationClientEventSchemas}. */
export const translationClientEventRules: EventRules = /* @__PURE__ */ rulesOf(translationClientEventSchemas)
/** The rules of {@link translationServerEventSchemas}. */
export const translationServerEventRules: EventRules = /* @__PURE__ */ rulesOf(translationServerEventSchemas)

function rulesOf(schemas: EventMap): EventRules {
  const known = new Map()
  return Object.fromEntries(Object.entries(schemas).map(([type, schema]) => [type, ruleOf(schema, known)]))
}
