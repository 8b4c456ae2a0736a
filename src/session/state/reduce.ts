import type { ServerEvent, ServerEventOf, ServerEventType } from '../../protocol/server-events.js'
import { addItem, changeItem, changeTranscript, moveToNewServer, putItem, removeItem } from './conversation.js'
import { reduceInputAudio } from './input-audio.js'
import { addPart, changeArguments, changeText, describeItem, itemId, type TextField, withoutAudio } from './item.js'
import { changeOutput, findResponse, finishResponse, putOutput, startResponse } from './response.js'
import { type ItemState, initialState, type SessionState } from './state.js'

/** Returns the state after an event, for any sequence of events. Unchanged parts keep their identity. */
export function reduce(state: SessionState, event: ServerEvent): SessionState {
  const handle = Object.hasOwn(handlers, event.type) ? handlers[event.type] : undefined
  return handle ? (handle as (state: SessionState, event: ServerEvent) => SessionState)(state, event) : state
}

/** Returns whether the reducer handles an event. Other events, such as audio deltas, leave every state as it is. */
export function changesState({ type }: ServerEvent): boolean {
  return Object.hasOwn(handlers, type)
}

type Handlers = { readonly [T in ServerEventType]?: (state: SessionState, event: ServerEventOf<T>) => SessionState }

interface Streamed {
  readonly response_id: string
  readonly item_id: string
  readonly content_index: number
}

/** Returns the state with one item changed in its response and in the conversation. */
function change(
  state: SessionState,
  { response_id, item_id }: Omit<Streamed, 'content_index'>,
  by: (item: ItemState) => ItemState,
): SessionState {
  return {
    ...state,
    responses: changeOutput(state.responses, response_id, item_id, by),
    conversation: changeItem(state.conversation, item_id, by),
  }
}

function append(field: TextField, partType: string) {
  return (state: SessionState, event: Streamed & { delta: string }) =>
    change(state, event, (item) =>
      changeText(item, event.content_index, field, partType, (before) => before + event.delta),
    )
}

/** Returns the state with an output item of a response. Only `conversation.item.added` adds it to the conversation. */
function describe(
  state: SessionState,
  { response_id, item }: ServerEventOf<'response.output_item.added' | 'response.output_item.done'>,
): SessionState {
  return {
    ...state,
    responses: putOutput(state.responses, response_id, item),
    conversation: changeItem(state.conversation, itemId(item) ?? '', (known) => describeItem(known, item, response_id)),
  }
}

const handlers: Handlers = {
  'session.created': (state, event) => {
    const { conversation } = state
    const isNew = conversation === initialState.conversation
    return { ...configure(state, event), conversation: isNew ? conversation : moveToNewServer(conversation) }
  },
  'session.updated': configure,

  'conversation.item.added': putEventItem(addItem),
  'conversation.item.created': putEventItem(addItem),
  'conversation.item.done': putEventItem(putItem),
  'conversation.item.retrieved': (state, { item }) => ({
    ...state,
    conversation: putItem(state.conversation, withoutAudio(item) as typeof item, undefined),
  }),
  'conversation.item.deleted': (state, { item_id }) => ({
    ...state,
    conversation: removeItem(state.conversation, item_id),
  }),
  'conversation.item.truncated': (state, { item_id, audio_end_ms }) => ({
    ...state,
    conversation: changeItem(state.conversation, item_id, (item) => ({
      ...item,
      truncatedAtMs: Math.min(item.truncatedAtMs ?? Number.POSITIVE_INFINITY, audio_end_ms),
    })),
  }),

  'conversation.item.input_audio_transcription.delta': (state, event) => ({
    ...state,
    conversation: changeTranscript(state.conversation, event, 'in_progress', (before) => before + (event.delta ?? '')),
  }),
  'conversation.item.input_audio_transcription.completed': (state, event) => ({
    ...state,
    conversation: changeTranscript(state.conversation, event, 'completed', () => event.transcript),
  }),
  'conversation.item.input_audio_transcription.failed': (state, event) => ({
    ...state,
    conversation: changeTranscript(state.conversation, event, 'failed', (before) => before),
  }),

  'input_audio_buffer.speech_started': updateInputAudio,
  'input_audio_buffer.speech_stopped': updateInputAudio,
  'input_audio_buffer.committed': updateInputAudio,
  'input_audio_buffer.cleared': updateInputAudio,

  'response.created': (state, { response }) => ({ ...state, responses: startResponse(state.responses, response) }),
  'response.done': (state, { response }) => ({ ...state, responses: finishResponse(state.responses, response) }),
  'response.output_item.added': describe,
  'response.output_item.done': describe,
  'response.content_part.added': (state, event) =>
    change(state, event, (item) => addPart(item, event.content_index, event.part ?? event.content)),
  'response.content_part.done': (state, event) =>
    change(state, event, (item) => addPart(item, event.content_index, event.part ?? event.content)),
  'response.output_text.delta': append('text', 'output_text'),
  'response.output_text.done': (state, event) =>
    change(state, event, (item) => changeText(item, event.content_index, 'text', 'output_text', () => event.text)),
  'response.output_audio_transcript.delta': append('transcript', 'output_audio'),
  'response.output_audio_transcript.done': (state, event) =>
    change(state, event, (item) =>
      changeText(item, event.content_index, 'transcript', 'output_audio', () => event.transcript),
    ),
  'response.function_call_arguments.delta': (state, event) =>
    change(state, event, (item) => changeArguments(item, (before) => before + event.delta)),
  'response.function_call_arguments.done': (state, event) =>
    change(state, event, (item) => changeArguments(item, () => event.arguments)),
  'response.mcp_call_arguments.delta': (state, event) =>
    change(state, event, (item) => changeArguments(item, (before) => before + event.delta)),
  'response.mcp_call_arguments.done': (state, event) =>
    change(state, event, (item) => changeArguments(item, () => event.arguments)),

  'rate_limits.updated': (state, { rate_limits }) => ({ ...state, rateLimits: rate_limits }),
}

function configure(state: SessionState, event: ServerEventOf<'session.created' | 'session.updated'>): SessionState {
  return { ...updateInputAudio(state, event), session: event.session }
}

function updateInputAudio(state: SessionState, event: ServerEvent): SessionState {
  const inputAudio = reduceInputAudio(state.inputAudio, event)
  return inputAudio === state.inputAudio ? state : { ...state, inputAudio }
}

type ItemEvent = ServerEventOf<'conversation.item.added' | 'conversation.item.created' | 'conversation.item.done'>

function putEventItem(put: typeof putItem) {
  return (state: SessionState, { item, previous_item_id }: ItemEvent): SessionState => {
    const writer = state.responses.order.findLast((id) => isWrittenBy(state, id, itemId(item)))
    return { ...state, conversation: put(state.conversation, item, previous_item_id, writer) }
  }
}

function isWrittenBy(state: SessionState, responseId: string, itemId: string | undefined): boolean {
  return findResponse(state.responses, responseId)?.output.some(({ id }) => id === itemId) ?? false
}
