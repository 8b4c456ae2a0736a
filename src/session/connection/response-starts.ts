import { createRememberedIds } from '../../internal/remembered-ids.js'
import type { ServerEvent } from '../../protocol/server-events.js'

/** How many responses are remembered. More never run at once. */
const maxIds = 256

/**
 * Returns a function that takes each received event and returns the `response.created` that the server left out before it, if there is one.
 * Some servers never send it, or send one that cannot be read; the first event with the `response_id` then starts the response.
 */
export function createResponseStarts(): (event: ServerEvent) => ServerEvent | undefined {
  const started = createRememberedIds(maxIds)
  return (event) => {
    if (event.type === 'response.created' || event.type === 'response.done') {
      started.add(event.response.id)
      return undefined
    }
    if (!('response_id' in event) || !event.type.startsWith('response.')) return undefined
    const id = event.response_id
    if (!started.add(id)) return undefined
    return { type: 'response.created', response: { id, status: 'in_progress', output: [] } }
  }
}
