/** The `event_id`s of sent `response.cancel` events. A refusal of one is expected when its response ended in the meantime. */
export interface CancelRequests {
  add(eventId: string): void
  /** Removes a refused one: the last one if the refusal names none. Returns `false` when there is no such event. */
  remove(eventId: string | undefined): boolean
}

/** The service does not acknowledge a cancel, so old ids are dropped. */
const maxIds = 32

export function createCancelRequests(): CancelRequests {
  const ids: string[] = []
  return {
    add(eventId) {
      ids.push(eventId)
      if (ids.length > maxIds) ids.shift()
    },
    remove(eventId) {
      const index = eventId === undefined ? ids.length - 1 : ids.indexOf(eventId)
      if (index >= 0) ids.splice(index, 1)
      return index >= 0
    },
  }
}
