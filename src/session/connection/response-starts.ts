import type { ServerEvent } from '../../protocol/server-events.js'

/** How many responses are remembered. More never run at once. */
const maxIds = 256
/** How many audio events are kept that arrive before a response is known to have started. */
const maxEarly = 256

/** Finds responses whose `response.created` the server left out, or sent in a shape that cannot be read. */
export interface ResponseStarts {
  /** The last responses that have started. */
  readonly startedIds: string[]
  /** Audio events that arrived before their response was known to have started. */
  early: EarlyEvent[]
}

type EarlyEvent = ServerEvent & { readonly response_id: string }

export function createResponseStarts(): ResponseStarts {
  return { startedIds: [], early: [] }
}

/**
 * Takes each received event, and returns the `response.created` that belongs before it. The first event with a `response_id` that is not audio
 * starts a response, because prepared audio of a server has a `response_id` too. Earlier audio of the response is kept for its handle.
 */
export function missingStart(starts: ResponseStarts, event: ServerEvent): ServerEvent | undefined {
  const { response_id: responseId } = event as { response_id?: string }
  // Most events belong to the newest response.
  if (responseId !== undefined && responseId === starts.startedIds.at(-1)) return undefined
  if (event.type === 'response.created') {
    addStarted(starts, event.response.id)
    return undefined
  }
  if (event.type === 'response.done') {
    const { id } = event.response
    if (starts.early.some(({ response_id }) => response_id === id)) return startResponse(starts, id)
    addStarted(starts, id)
    return undefined
  }
  if (responseId === undefined || !event.type.startsWith('response.')) return undefined
  if (!event.type.startsWith('response.output_audio.')) return startResponse(starts, responseId)
  if (!hasStarted(starts, responseId)) starts.early = [...starts.early.slice(1 - maxEarly), event as EarlyEvent]
  return undefined
}

/** Returns the audio events of a response that arrived before it started. */
export function takeEarly(starts: ResponseStarts, responseId: string): readonly ServerEvent[] {
  const { early } = starts
  if (early.length === 0) return early
  starts.early = []
  return early.filter(({ response_id }) => response_id === responseId)
}

function startResponse(starts: ResponseStarts, id: string): ServerEvent | undefined {
  if (!addStarted(starts, id)) return undefined
  return { type: 'response.created', response: { id, status: 'in_progress', output: [] } }
}

/** Returns `false` if the response has started already. */
function addStarted(starts: ResponseStarts, id: string): boolean {
  const { startedIds } = starts
  if (hasStarted(starts, id)) return false
  startedIds.push(id)
  if (startedIds.length > maxIds) startedIds.shift()
  return true
}

function hasStarted({ startedIds }: ResponseStarts, id: string): boolean {
  return startedIds.includes(id)
}
