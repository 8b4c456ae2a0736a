import * as z from 'zod/mini'
import type { Schema } from './open.js'

/** Schemas of events by their type: one direction of a dialect of the protocol. */
export interface EventMap {
  readonly [type: string]: Schema<{ type: string }>
}

/** The events that a map describes. */
export type EventIn<Map extends EventMap> = z.infer<Map[keyof Map]>

/** The schema for a type; names that every object inherits are no types. */
export function schemaOf(map: EventMap, type: unknown): EventMap[string] | undefined {
  return typeof type === 'string' && Object.hasOwn(map, type) ? map[type] : undefined
}

/** Whether a value is an event of the map and, when given, of that type. */
export function isEventOf(map: EventMap, value: unknown, type?: string): boolean {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false
  if (type !== undefined && value.type !== type) return false
  const schema = schemaOf(map, value.type)
  return schema !== undefined && z.safeParse(schema, value).success
}
