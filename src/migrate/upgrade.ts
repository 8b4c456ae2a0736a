import { isJson } from './json.js'
import type { Migration } from './migration.js'
import { doneOf, toGA } from './to-ga.js'
import type { GAEvent } from './types.js'

/** Upgrades events in the order in which they were said. */
export type Upgrade = (event: unknown) => Migration<GAEvent>

/**
 * Makes a function that upgrades events in the order in which they were said. It is {@link toGA} with a memory for one thing: which items
 * have begun and are not complete. In the beta only `response.output_item.done` told of their end, which GA tells of the conversation too.
 */
export function createUpgrade(): Upgrade {
  /** What preceded each item that has begun. */
  const open = new Map<unknown, unknown>()

  function endsOf(event: GAEvent, items: readonly unknown[]): GAEvent[] {
    return items.flatMap((item) => {
      if (!isJson(item) || !open.has(item.id)) return []
      const previous = open.get(item.id)
      open.delete(item.id)
      return [doneOf({ ...event }, item, previous) as unknown as GAEvent]
    })
  }

  return (event) => {
    const migration = toGA(event)
    if (migration.kind !== 'events') return migration
    const [first] = migration.events
    if (first === undefined) return migration
    switch (first.type) {
      case 'conversation.item.added':
        if (migration.events.length === 1 && isJson(event) && event.type === 'conversation.item.created')
          open.set(first.item.id, first.previous_item_id)
        return migration
      case 'conversation.item.done':
        open.delete(first.item.id)
        return migration
      case 'conversation.item.deleted':
        open.delete(first.item_id)
        return migration
      case 'response.output_item.done':
        return { ...migration, events: [...endsOf(first, [first.item]), ...migration.events] }
      case 'response.done':
        return { ...migration, events: [...endsOf(first, first.response.output), ...migration.events] }
      default:
        return migration
    }
  }
}
