import { createRememberedIds } from '../../internal/remembered-ids.js'
import type { ServerEvent } from '../../protocol/server-events.js'

/** How many responses are remembered. More never run at once. */
const maxIds = 256
/** How many audio events are kept that arrive before a response is known to have started. */
const maxEarly = 256

/** Finds responses whose `response.created` the server left out, or sent in a shape that cannot be read. */
export interface ResponseStarts {
  /** Takes each received event, and returns the `response.created` that belongs before it. */
  before(event: ServerEvent): ServerEvent | undefined
  /** Returns the audio events of a response that arrived before it started. */
  takeEarly(responseId: string): readonly ServerEvent[]
}

/**
 * The first event with a `response_id` that is not audio starts a response, because prepared audio of a server has a `response_id` too. Earlier
 * audio of the response is kept for its handle.
 */
export function createResponseStarts(): ResponseStarts {
  const started = createRememberedIds(maxIds)
  let early: (ServerEvent & { readonly response_id: string })[] = []

  function start(id: string): ServerEvent | undefined {
    if (!started.add(id)) return undefined
    return { type: 'response.created', response: { id, status: 'in_progress', output: [] } }
  }

  return {
    before(event) {
      if (event.type === 'response.created') {
        started.add(event.response.id)
        return undefined
      }
      if (event.type === 'response.done') {
        const { id } = event.response
        if (early.some(({ response_id }) => response_id === id)) return start(id)
        started.add(id)
        return undefined
      }
      if (!('response_id' in event) || !event.type.startsWith('response.')) return undefined
      if (!event.type.startsWith('response.output_audio.')) return start(event.response_id)
      if (!started.has(event.response_id)) early = [...early.slice(1 - maxEarly), event]
      return undefined
    },
    takeEarly(id) {
      if (early.length === 0) return []
      const taken = early.filter(({ response_id }) => response_id === id)
      early = []
      return taken
    },
  }
}
