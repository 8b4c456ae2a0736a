import type { ServerEvent } from '../../../src/protocol/server-events.js'

/** Options for `breaches`. */
export interface LawOptions {
  /** Whether the session is closed, so that every response and item must be done. */
  readonly isOver?: boolean
  /** Whether speech interrupts responses. */
  readonly interrupts?: boolean
  /** Item ids of the client. The client may reuse an id after it has deleted the item. */
  readonly clientNames?: readonly string[]
}

interface OpenResponse {
  readonly isInBand: boolean
  /** Output items that are not done, by index. */
  readonly items: Map<number, string>
  /** Content parts that are not done, as `item/index`. */
  readonly parts: Set<string>
}

/** Returns the violations of the order laws of the protocol, with the numbers of the laws. */
export function breaches(
  events: readonly ServerEvent[],
  { isOver = false, interrupts = true, clientNames = [] }: LawOptions = {},
): string[] {
  const found: string[] = []
  const eventIds = new Set<string>()
  const open = new Map<string, OpenResponse>()
  const done = new Set<string>()
  const order: string[] = []
  const unfinished = new Set<string>()
  const deleted = new Set<string>()
  const mcpCalls = new Set<string>()
  const lengths = new Map<string, number>()
  // The responses that each turn interrupted, by the id of its item.
  const interrupted = new Map<string, string[]>()
  let committed: { readonly id: string; readonly previous: string | null } | undefined

  const breach = (law: number, text: string) => found.push(`law ${law}: ${text}`)

  function within(responseId: string, what: string): OpenResponse | undefined {
    const response = open.get(responseId)
    if (!response) breach(done.has(responseId) ? 3 : 2, `${what} outside of its response ${responseId}`)
    return response
  }

  for (const event of events) {
    const { type } = event
    if (event.event_id != null) {
      if (eventIds.has(event.event_id)) breach(0, `${event.event_id} occurs twice`)
      eventIds.add(event.event_id)
    }
    if (committed && type !== 'conversation.item.added') breach(6, `${type} occurs between a commit and its item`)

    switch (event.type) {
      case 'response.created': {
        const { id, conversation_id } = event.response
        const isInBand = conversation_id != null
        if (isInBand && [...open.values()].some((other) => other.isInBand))
          breach(1, `${id} was created during another response`)
        if (open.has(id) || done.has(id)) breach(2, `${id} was created twice`)
        open.set(id, { isInBand, items: new Map(), parts: new Set() })
        break
      }
      case 'response.done': {
        const { id } = event.response
        const response = within(id, type)
        for (const item of response?.items.values() ?? [])
          if (!mcpCalls.has(item)) breach(4, `${item} was not done with ${id}`)
        for (const part of response?.parts ?? []) breach(4, `the part ${part} was not done with ${id}`)
        open.delete(id)
        done.add(id)
        break
      }
      case 'response.output_item.added':
        if (event.item.type === 'mcp_call') mcpCalls.add(String(event.item.id))
        within(event.response_id, type)?.items.set(event.output_index ?? -1, String(event.item.id))
        break
      case 'response.output_item.done': {
        // An MCP call can run longer than its response.
        if (mcpCalls.delete(String(event.item.id)) && done.has(event.response_id)) break
        const response = within(event.response_id, type)
        if (response && response.items.get(event.output_index ?? -1) !== event.item.id)
          breach(4, `${event.item.id} was done but not added`)
        if (response && [...response.parts].some((part) => part.startsWith(`${event.item.id}/`)))
          breach(4, `${event.item.id} was done before its parts`)
        response?.items.delete(event.output_index ?? -1)
        break
      }
      case 'response.content_part.added':
        within(event.response_id, type)?.parts.add(`${event.item_id}/${event.content_index}`)
        break
      case 'response.content_part.done':
        if (within(event.response_id, type)?.parts.delete(`${event.item_id}/${event.content_index}`) === false) {
          breach(5, `${event.item_id} has a part that is done but was not added`)
        }
        break
      case 'response.output_text.delta':
      case 'response.output_text.done':
      case 'response.output_audio.delta':
      case 'response.output_audio.done':
      case 'response.output_audio_transcript.delta':
      case 'response.output_audio_transcript.done':
        if (within(event.response_id, type)?.parts.has(`${event.item_id}/${event.content_index}`) === false) {
          breach(5, `${type} outside of its part`)
        }
        break
      case 'response.function_call_arguments.delta':
      case 'response.function_call_arguments.done':
        if (within(event.response_id, type)?.items.get(event.output_index ?? -1) !== event.item_id)
          breach(5, `${type} outside of its item`)
        break
      case 'conversation.item.added': {
        const id = String(event.item.id)
        const previous = event.previous_item_id ?? null
        if (committed && (committed.id !== id || committed.previous !== previous))
          breach(6, `${committed.id} was committed, but ${id} was added`)
        committed = undefined
        if (clientNames.includes(id)) deleted.delete(id)
        if (deleted.has(id) || order.includes(id)) breach(8, `${id} was added again`)
        if (previous !== null && !order.includes(previous))
          breach(6, `${id} was added after ${previous}, which does not exist`)
        order.splice(previous === null ? 0 : order.indexOf(previous) + 1, 0, id)
        unfinished.add(id)
        break
      }
      case 'conversation.item.done': {
        const id = String(event.item.id)
        if (!unfinished.delete(id)) breach(4, `${id} was done but not added`)
        const previous = order[order.indexOf(id) - 1] ?? null
        if (event.previous_item_id != null && event.previous_item_id !== previous)
          breach(4, `${id} was done at another position`)
        break
      }
      case 'conversation.item.deleted':
        if (!order.includes(event.item_id)) breach(8, `${event.item_id} was deleted but does not exist`)
        order.splice(order.indexOf(event.item_id), 1)
        unfinished.delete(event.item_id)
        deleted.add(event.item_id)
        break
      case 'conversation.item.truncated': {
        const before = lengths.get(event.item_id) ?? Number.POSITIVE_INFINITY
        if (event.audio_end_ms > before) breach(8, `${event.item_id} was lengthened`)
        if (deleted.has(event.item_id)) breach(8, `${event.item_id} was truncated after it was deleted`)
        lengths.set(event.item_id, event.audio_end_ms)
        break
      }
      case 'conversation.item.retrieved':
      case 'conversation.item.input_audio_transcription.delta':
      case 'conversation.item.input_audio_transcription.completed': {
        const id = type === 'conversation.item.retrieved' ? String(event.item.id) : event.item_id
        // Streaming models send deltas while the user speaks, before the item is committed.
        const isStreaming = type === 'conversation.item.input_audio_transcription.delta' && interrupted.has(id)
        if (!order.includes(id) && !isStreaming) breach(8, `${type} of ${id}, which does not exist`)
        break
      }
      case 'input_audio_buffer.speech_started':
        interrupted.set(
          event.item_id,
          interrupts ? [...open].flatMap(([id, { isInBand }]) => (isInBand ? [id] : [])) : [],
        )
        break
      case 'input_audio_buffer.committed':
        committed = { id: event.item_id, previous: event.previous_item_id ?? null }
        if (committed.previous !== (order.at(-1) ?? null)) breach(6, `${event.item_id} does not follow the last item`)
        if (interrupted.get(event.item_id)?.some((id) => open.has(id))) {
          breach(7, `${event.item_id} was committed before the response that it interrupted was done`)
        }
        break
      default:
    }
  }

  if (isOver) {
    for (const id of open.keys()) breach(2, `${id} was never done`)
    for (const id of mcpCalls) breach(4, `the call ${id} was never done`)
    for (const id of unfinished) breach(4, `${id} was never done`)
    if (committed) breach(6, `${committed.id} was committed but never added`)
  }
  return found
}
