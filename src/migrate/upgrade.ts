import { isJson } from './json.js'
import type { Migration } from './migration.js'
import { itemDoneEvent, toGA } from './to-ga.js'
import type { GAEvent } from './types.js'

/** Upgrades the events of one connection in order. */
export type Upgrade = (event: unknown) => Migration<GAEvent>

/**
 * Creates a function that upgrades the events of one connection in order. Unlike {@link toGA}, it remembers which items are incomplete. The
 * beta reported their completion only with `response.output_item.done`. GA also sends `conversation.item.done`, which the function adds.
 *
 * @example
 * ```ts
 * const upgrade = createUpgrade()
 * for (const event of betaEvents) console.log(upgrade(event))
 * ```
 */
export function createUpgrade(): Upgrade {
  /** The `previous_item_id` of each incomplete item, by item id. */
  const open = new Map<unknown, unknown>()

  function completionsOf(event: GAEvent, items: readonly unknown[]): GAEvent[] {
    return items.flatMap((item) => {
      if (!isJson(item) || !open.has(item.id)) return []
      const previous = open.get(item.id)
      open.delete(item.id)
      return [itemDoneEvent({ ...event }, item, previous) as unknown as GAEvent]
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
        return { ...migration, events: [...completionsOf(first, [first.item]), ...migration.events] }
      case 'response.done':
        return { ...migration, events: [...completionsOf(first, first.response.output ?? []), ...migration.events] }
      default:
        return migration
    }
  }
}
