import { markIncomplete } from './connection-lost.js'
import { changeItem } from './conversation.js'
import { findResponse } from './response.js'
import type { SessionState } from './state.js'

/**
 * Returns the state after the session has given up a response whose end the server did not report. The response no longer runs, and its open
 * items are incomplete. A late `response.done` still completes it.
 */
export function abandonResponse(state: SessionState, id: string): SessionState {
  const { responses, conversation } = state
  const response = findResponse(responses, id)
  if (!response || response.isDone) return state
  const output = response.output.map(markIncomplete)
  return {
    ...state,
    conversation: output.reduce((changed, item) => changeItem(changed, item.id, markIncomplete), conversation),
    responses: {
      ...responses,
      activeId: responses.activeId === id ? undefined : responses.activeId,
      byId: { ...responses.byId, [id]: { ...response, isDone: true, output } },
    },
  }
}
