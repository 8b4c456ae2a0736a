/** How many cancels are remembered. */
const maxCancelIds = 32

/** Remembers the `event_id` of a `response.cancel`: the server refuses it when the response is finished, which is no error of the app. */
export function addCancelId(cancelIds: string[], eventId: string): void {
  cancelIds.push(eventId)
  if (cancelIds.length > maxCancelIds) cancelIds.shift()
}

/** Forgets the cancel that a refusal names, or the last one if it names none. Returns whether there was one. */
export function takeCancelId(cancelIds: string[], eventId: string | undefined): boolean {
  const index = eventId === undefined ? cancelIds.length - 1 : cancelIds.indexOf(eventId)
  if (index >= 0) cancelIds.splice(index, 1)
  return index >= 0
}
