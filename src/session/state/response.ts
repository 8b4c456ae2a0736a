import type { ConversationItem } from '../../protocol/items.js'
import type { Response } from '../../protocol/response.js'
import { createItemState, describeItem, itemId } from './item.js'
import type { ItemState, ResponseState, ResponsesState } from './state.js'

/** How many completed responses are kept. */
const keptResponses = 32

/** How many responses may run at once. The oldest of more is dropped, so that the cost stays bounded with a server that never completes them. */
const maxRunning = 64

/** How many items of a response are kept. */
const maxOutput = 256

/** Returns the response with an id. The id may be the name of a property that every object has. */
export function findResponse({ byId }: Pick<ResponsesState, 'byId'>, id: string): ResponseState | undefined {
  return Object.hasOwn(byId, id) ? byId[id] : undefined
}

/** Returns whether a response belongs to the conversation. Only an out-of-band response has `conversation_id: null`. */
export function isInBand(response: { readonly conversation_id?: unknown }): boolean {
  return response.conversation_id !== null
}

/** Returns the responses with a new one. */
export function startResponse(responses: ResponsesState, response: Response): ResponsesState {
  const { id } = response
  if (findResponse(responses, id)) return responses
  const started: ResponseState = { id, response, isInBand: isInBand(response), isDone: false, output: [] }
  const activeId = started.isInBand ? id : responses.activeId
  const byId: Record<string, ResponseState> = { ...responses.byId, [id]: started }
  const order = [...responses.order, id]
  const surplus = order.length > maxRunning + keptResponses ? order.find((other) => other !== activeId) : undefined
  if (surplus === undefined) return { activeId, byId, order }
  delete byId[surplus]
  return { activeId, byId, order: order.filter((other) => other !== surplus) }
}

/**
 * Returns the responses with one completed. A response without `response.created` is added. A joined session may receive the end of a response
 * that it gave up when it lost its connection.
 */
export function finishResponse(responses: ResponsesState, response: Response): ResponsesState {
  const { id } = response
  const started = startResponse(responses, response)
  const before = started.byId[id]
  if (!before || (before.isDone && before.response.status !== 'in_progress')) return started
  // A response whose start a joined session has missed counts as in-band until then.
  const finished = { ...before, response, isInBand: before.isInBand && isInBand(response), isDone: true }
  const byId: Record<string, ResponseState> = { ...started.byId, [id]: finished }
  const surplus = started.order.filter((other) => findResponse({ byId }, other)?.isDone).slice(0, -keptResponses)
  for (const other of surplus) delete byId[other]
  return {
    // A late `response.done` must not end the response that is active now.
    activeId: started.activeId === id ? undefined : started.activeId,
    byId,
    order: surplus.length > 0 ? started.order.filter((other) => findResponse({ byId }, other)) : started.order,
  }
}

/** Returns the responses with an output item added, or merged into the known one. */
export function putOutput(responses: ResponsesState, responseId: string, item: ConversationItem): ResponsesState {
  const id = itemId(item)
  if (id === undefined) return responses
  if (findResponse(responses, responseId)?.output.some((state) => state.id === id))
    return changeOutput(responses, responseId, id, (state) => describeItem(state, item, responseId))
  return changeResponse(responses, responseId, (response) =>
    response.output.length < maxOutput
      ? { ...response, output: [...response.output, createItemState(id, item, responseId)] }
      : response,
  )
}

/** Returns the responses with one output item changed. */
export function changeOutput(
  responses: ResponsesState,
  responseId: string,
  itemId: string,
  change: (state: ItemState) => ItemState,
): ResponsesState {
  const output = findResponse(responses, responseId)?.output
  const index = output?.findIndex((state) => state.id === itemId) ?? -1
  const before = output?.[index]
  if (!before) return responses
  return changeResponse(responses, responseId, (response) => ({
    ...response,
    output: response.output.with(index, change(before)),
  }))
}

function changeResponse(
  responses: ResponsesState,
  id: string,
  change: (response: ResponseState) => ResponseState,
): ResponsesState {
  const before = findResponse(responses, id)
  return before ? { ...responses, byId: { ...responses.byId, [id]: change(before) } } : responses
}
