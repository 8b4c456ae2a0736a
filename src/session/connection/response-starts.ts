import { createRememberedIds } from '../../internal/remembered-ids.js'
import type { ServerEvent } from '../../protocol/server-events.js'

/** How many responses are remembered. More never run at once. */
const maxIds = 256

/** After these events the server may create a response by itself. */
const turnEnds = new Set([
  'input_audio_buffer.speech_stopped',
  'input_audio_buffer.committed',
  'input_audio_buffer.timeout_triggered',
])

/**
 * Returns a function that takes each received event and returns the `response.created` that the server left out before it, if there is one.
 * Some servers never send it, or send one that cannot be read. The first event with the `response_id` then starts the response: an item, or a
 * delta after a request or a turn of the user. Other deltas are prepared audio that a server plays.
 */
export function createResponseStarts(isRequested: () => boolean): (event: ServerEvent) => ServerEvent | undefined {
  const started = createRememberedIds(maxIds)
  let hasTurnEnded = false
  return (event) => {
    if (event.type === 'response.created' || event.type === 'response.done') {
      hasTurnEnded = false
      started.add(event.response.id)
      return undefined
    }
    if (turnEnds.has(event.type)) hasTurnEnded = true
    if (!('response_id' in event) || !event.type.startsWith('response.')) return undefined
    const id = event.response_id
    if (started.has(id)) return undefined
    if (event.type !== 'response.output_item.added' && !hasTurnEnded && !isRequested()) return undefined
    hasTurnEnded = false
    started.add(id)
    return { type: 'response.created', response: { id, status: 'in_progress', output: [] } }
  }
}
