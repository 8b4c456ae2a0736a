import type { ServerEvent } from '../../protocol/server-events.js'

type Fields = Record<string, unknown>

/**
 * Adds to an event what servers other than OpenAI leave out: the `content` of an item, the `output` and the `status` of a response, the type of
 * a session and of an error. Fields of a session that the library reads and that have another type are left out. Changes the event, which is a
 * parsed frame.
 */
export function completeEvent(event: ServerEvent): void {
  switch (event.type) {
    case 'session.created':
    case 'session.updated':
      completeSession(event.session as unknown as Fields)
      break
    case 'response.created':
    case 'response.done': {
      const { response } = event
      // Some servers send `null` until there is output.
      response.output ??= []
      if (event.type === 'response.created') response.status ??= 'in_progress'
      for (const item of response.output) completeItem(item)
      break
    }
    case 'error':
      event.error.type ??= 'unknown_error'
      event.error.message ??= ''
      break
    default:
      if ('item' in event) completeItem(event.item)
  }
}

function completeItem(item: { type: string; content?: unknown }): void {
  if (item.type === 'message') item.content ??= []
}

function completeSession(session: Fields): void {
  if (session.type !== 'realtime' && session.type !== 'transcription')
    session.type = session.object === 'realtime.transcription_session' ? 'transcription' : 'realtime'
  if (session.expires_at !== null && typeof session.expires_at !== 'number') delete session.expires_at
  if (Array.isArray(session.tools)) session.tools = session.tools.filter(hasType)
  else if (session.tools !== null) delete session.tools
  const audio = objectAt(session, 'audio')
  for (const side of [objectAt(audio, 'input'), objectAt(audio, 'output')]) {
    objectAt(side, 'turn_detection')
    if (side.format !== null && !hasType(objectAt(side, 'format'))) delete side.format
  }
}

/** Returns the object at a key, or an empty one. Removes a value that is neither an object nor `null`. */
function objectAt(holder: Fields, key: string): Fields {
  const value = holder[key]
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  if (value !== null) delete holder[key]
  return {}
}

function hasType(value: unknown): boolean {
  return typeof (value as { type?: unknown } | null)?.type === 'string'
}
