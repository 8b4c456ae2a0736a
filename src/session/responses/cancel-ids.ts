/** How many `event_id`s of sent cancels are remembered. */
const maxCancelIds = 32

/** The `event_id`s of sent cancels, to recognize the server's refusals. */
export interface CancelIds {
  add(eventId: string): void
  /** Forgets the cancel that a refusal names, or the last one if it names none. Returns whether there was one. */
  take(eventId: string | undefined): boolean
}

export function createCancelIds(): CancelIds {
  const ids: string[] = []
  return {
    add(eventId) {
      ids.push(eventId)
      if (ids.length > maxCancelIds) ids.shift()
    },
    take(eventId) {
      const index = eventId === undefined ? ids.length - 1 : ids.indexOf(eventId)
      if (index >= 0) ids.splice(index, 1)
      return index >= 0
    },
  }
}
