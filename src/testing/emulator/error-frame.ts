import { createId } from '../../internal/id.js'
import type { Refusal } from './rules.js'

/** The frame of an `error` event that stands on its own: no session and no client event is behind it. */
export function errorFrame(refusal: Refusal): string {
  return JSON.stringify({ type: 'error', event_id: createId('event'), error: { ...refusal, event_id: null } })
}
