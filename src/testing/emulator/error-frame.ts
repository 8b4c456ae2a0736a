import { createId } from '../../internal/id.js'
import type { Refusal } from './refusals.js'

/** Returns the frame of an `error` event that belongs to no session and no client event. */
export function errorFrame(refusal: Refusal): string {
  return JSON.stringify({ type: 'error', event_id: createId('event'), error: { ...refusal, event_id: null } })
}
