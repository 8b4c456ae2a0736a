import { sessionRule } from '../../protocol/event-rules.js'
import { removeAt } from '../../protocol/remove-at.js'
import { type Check, compileRule, missing } from '../../protocol/rule.js'
import type { ServerEvent } from '../../protocol/server-events.js'

type Fields = Record<string, unknown>

/** More unreadable fields than the session of a working server has. */
const maxRemovals = 100

/**
 * Returns a function that adds to an event what servers other than OpenAI leave out: the `content` of an item, the `output` and the `status` of
 * a response, the type of a session and of an error. Fields of a session that cannot be read are left out. It changes the event, which is a
 * parsed frame.
 */
export function createEventCompletion(): (event: ServerEvent) => void {
  // Compiled when the first session arrives.
  let check: Check | undefined
  return (event) => {
    switch (event.type) {
      case 'session.created':
      case 'session.updated':
        check ??= compileRule(sessionRule)
        completeSession(event.session as unknown as Fields, check)
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
}

function completeItem(item: { type: string; content?: unknown }): void {
  if (item.type === 'message') item.content ??= []
}

function completeSession(session: Fields, check: Check): void {
  for (let count = 0; count < maxRemovals; count += 1) {
    const problem = check(session)
    if (problem === undefined) return
    const { path, found } = problem
    if (path.length === 1 && path[0] === 'type')
      session.type = session.object === 'realtime.transcription_session' ? 'transcription' : 'realtime'
    // Without a required value, the object that requires it cannot be read.
    else removeAt(session, found === missing && path.length > 1 ? path.slice(0, -1) : path)
  }
}
