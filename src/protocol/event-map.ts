import * as z from 'zod/mini'
import type { Schema } from './open.js'

/** Schemas by event type, for one direction of a dialect of the protocol. */
export interface EventMap {
  readonly [type: string]: Schema<{ type: string }>
}

/** The events of a map. */
export type EventIn<Map extends EventMap> = z.infer<Map[keyof Map]>

/** Returns the schema of a type. Inherited names, such as `constructor`, are not types. */
export function schemaOf(map: EventMap, type: unknown): EventMap[string] | undefined {
  return typeof type === 'string' && Object.hasOwn(map, type) ? map[type] : undefined
}

/** Returns whether a value is an event of the map, and of the given type if there is one. */
export function isEventOf(map: EventMap, value: unknown, type?: string): boolean {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false
  if (type !== undefined && value.type !== type) return false
  const schema = schemaOf(map, value.type)
  return schema !== undefined && z.safeParse(schema, value).success
}
