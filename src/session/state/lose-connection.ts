import { type ItemState, initialState, type SessionState } from './state.js'

/** The state when the connection is gone: nothing runs any more, nobody is heard; the history stays. */
export function loseConnection(state: SessionState): SessionState {
  const byId = Object.fromEntries(
    Object.entries(state.responses.byId).map(([id, response]) => [
      id,
      response.isDone ? response : { ...response, isDone: true, output: response.output.map(breakOff) },
    ]),
  )
  const hasOpenItems = state.conversation.items.some((piece) => piece.some(isOpen))
  return {
    ...state,
    conversation: hasOpenItems
      ? { ...state.conversation, items: state.conversation.items.map((piece) => piece.map(breakOff)) }
      : state.conversation,
    responses: { ...state.responses, activeId: undefined, byId },
    inputAudio: initialState.inputAudio,
  }
}

const isOpen = ({ status }: ItemState) => status === 'in_progress'

/** The item as it stays when nothing more of it comes. */
export function breakOff(item: ItemState): ItemState {
  return isOpen(item) ? { ...item, status: 'incomplete' } : item
}
