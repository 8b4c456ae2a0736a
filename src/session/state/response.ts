import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { ConversationItem } from '../../protocol/items.js'
import type { Response } from '../../protocol/response.js'
import { createItemState, describeItem, itemId } from './item.js'
import type { ItemState, ResponseState, ResponsesState } from './state.js'

/** How many ended responses stay readable. */
const keptResponses = 32

/** How many responses may run at once. The oldest of more is forgotten: a server that never ends them must not make each cost more than the last. */
const maxRunning = 64

/** How many items a response may write. */
const maxOutput = 256

/** The response of an id, which may be a name that every object has. */
export function findResponse({ byId }: Pick<ResponsesState, 'byId'>, id: string): ResponseState | undefined {
  return Object.hasOwn(byId, id) ? byId[id] : undefined
}

/** Whether a response belongs to the conversation: only an out-of-band one says `conversation_id: null`. */
export function isInBand(response: DeepReadonly<Response>): boolean {
  return response.conversation_id !== null
}

/** The responses with one that begins. */
export function beginResponse(responses: ResponsesState, response: Response): ResponsesState {
  const { id } = response
  if (findResponse(responses, id)) return responses
  const begun: ResponseState = { id, response, isInBand: isInBand(response), isDone: false, output: [] }
  const activeId = begun.isInBand ? id : responses.activeId
  const byId: Record<string, ResponseState> = { ...responses.byId, [id]: begun }
  const order = [...responses.order, id]
  const surplus = order.length > maxRunning + keptResponses ? order.find((other) => other !== activeId) : undefined
  if (surplus === undefined) return { activeId, byId, order }
  delete byId[surplus]
  return { activeId, byId, order: order.filter((other) => other !== surplus) }
}

/** The responses with one that ended; one that never began is noted all the same. */
export function endResponse(responses: ResponsesState, response: Response): ResponsesState {
  const { id } = response
  const begun = beginResponse(responses, response)
  const before = begun.byId[id]
  if (!before || before.isDone) return begun
  const byId: Record<string, ResponseState> = { ...begun.byId, [id]: { ...before, response, isDone: true } }
  const surplus = begun.order.filter((other) => findResponse({ byId }, other)?.isDone).slice(0, -keptResponses)
  for (const other of surplus) delete byId[other]
  return {
    // A `response.done` that comes late must not free the place of the response that runs now.
    activeId: begun.activeId === id ? undefined : begun.activeId,
    byId,
    order: surplus.length > 0 ? begun.order.filter((other) => findResponse({ byId }, other)) : begun.order,
  }
}

/** The responses with an item of one of them added or described anew. */
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

/** The responses with an item of one of them changed. */
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
