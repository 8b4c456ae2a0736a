import { type ItemState, initialState, type SessionState } from './state.js'

/** Returns the state after the connection was lost: no response runs and no user speaks. The history stays, with open items as incomplete. */
export function connectionLost(state: SessionState): SessionState {
  const byId = Object.fromEntries(
    Object.entries(state.responses.byId).map(([id, response]) => [
      id,
      response.isDone ? response : { ...response, isDone: true, output: response.output.map(markIncomplete) },
    ]),
  )
  const { items } = state.conversation
  const hasOpenItems = items.some((piece) => piece.some(isOpen))
  return {
    ...state,
    conversation: hasOpenItems
      ? { ...state.conversation, items: items.map((piece) => (piece.some(isOpen) ? piece.map(markIncomplete) : piece)) }
      : state.conversation,
    responses: { ...state.responses, activeId: undefined, byId },
    inputAudio: initialState.inputAudio,
  }
}

const isOpen = ({ status }: ItemState) => status === 'in_progress'

/** Returns an item that no further event will complete. */
export function markIncomplete(item: ItemState): ItemState {
  return isOpen(item) ? { ...item, status: 'incomplete' } : item
}
