import { isEventOf } from './event-map.js'
import {
  ConversationCreatedEvent,
  ConversationItemAddedEvent,
  ConversationItemCreatedEvent,
  ConversationItemDeletedEvent,
  ConversationItemDoneEvent,
  ConversationItemRetrievedEvent,
  ConversationItemTruncatedEvent,
} from './events/conversation.js'
import { ServerErrorEvent } from './events/error.js'
import {
  InputAudioBufferClearedEvent,
  InputAudioBufferCommittedEvent,
  InputAudioBufferDtmfEventReceivedEvent,
  InputAudioBufferSpeechStartedEvent,
  InputAudioBufferSpeechStoppedEvent,
  InputAudioBufferTimeoutTriggeredEvent,
} from './events/input-audio.js'
import {
  ConversationItemInputAudioTranscriptionCompletedEvent,
  ConversationItemInputAudioTranscriptionDeltaEvent,
  ConversationItemInputAudioTranscriptionFailedEvent,
  ConversationItemInputAudioTranscriptionSegmentEvent,
} from './events/input-transcription.js'
import {
  McpListToolsCompletedEvent,
  McpListToolsFailedEvent,
  McpListToolsInProgressEvent,
  ResponseMcpCallArgumentsDeltaEvent,
  ResponseMcpCallArgumentsDoneEvent,
  ResponseMcpCallCompletedEvent,
  ResponseMcpCallFailedEvent,
  ResponseMcpCallInProgressEvent,
} from './events/mcp.js'
import {
  OutputAudioBufferClearedEvent,
  OutputAudioBufferStartedEvent,
  OutputAudioBufferStoppedEvent,
} from './events/output-audio.js'
import { RateLimitsUpdatedEvent } from './events/rate-limits.js'
import {
  ResponseContentPartAddedEvent,
  ResponseContentPartDoneEvent,
  ResponseCreatedEvent,
  ResponseDoneEvent,
  ResponseOutputItemAddedEvent,
  ResponseOutputItemDoneEvent,
} from './events/response.js'
import {
  ResponseFunctionCallArgumentsDeltaEvent,
  ResponseFunctionCallArgumentsDoneEvent,
  ResponseOutputAudioDeltaEvent,
  ResponseOutputAudioDoneEvent,
  ResponseOutputAudioTranscriptDeltaEvent,
  ResponseOutputAudioTranscriptDoneEvent,
  ResponseOutputTextDeltaEvent,
  ResponseOutputTextDoneEvent,
} from './events/response-stream.js'
import { SessionCreatedEvent, SessionUpdatedEvent } from './events/session.js'
import type { Schema } from './open.js'

/** Every event that a server sends in a realtime or transcription session, by its type. */
export interface ServerEventMap {
  error: ServerErrorEvent
  'session.created': SessionCreatedEvent
  'session.updated': SessionUpdatedEvent
  'conversation.created': ConversationCreatedEvent
  'conversation.item.created': ConversationItemCreatedEvent
  'conversation.item.added': ConversationItemAddedEvent
  'conversation.item.done': ConversationItemDoneEvent
  'conversation.item.retrieved': ConversationItemRetrievedEvent
  'conversation.item.truncated': ConversationItemTruncatedEvent
  'conversation.item.deleted': ConversationItemDeletedEvent
  'conversation.item.input_audio_transcription.delta': ConversationItemInputAudioTranscriptionDeltaEvent
  'conversation.item.input_audio_transcription.segment': ConversationItemInputAudioTranscriptionSegmentEvent
  'conversation.item.input_audio_transcription.completed': ConversationItemInputAudioTranscriptionCompletedEvent
  'conversation.item.input_audio_transcription.failed': ConversationItemInputAudioTranscriptionFailedEvent
  'input_audio_buffer.committed': InputAudioBufferCommittedEvent
  'input_audio_buffer.cleared': InputAudioBufferClearedEvent
  'input_audio_buffer.speech_started': InputAudioBufferSpeechStartedEvent
  'input_audio_buffer.speech_stopped': InputAudioBufferSpeechStoppedEvent
  'input_audio_buffer.timeout_triggered': InputAudioBufferTimeoutTriggeredEvent
  'input_audio_buffer.dtmf_event_received': InputAudioBufferDtmfEventReceivedEvent
  'response.created': ResponseCreatedEvent
  'response.done': ResponseDoneEvent
  'response.output_item.added': ResponseOutputItemAddedEvent
  'response.output_item.done': ResponseOutputItemDoneEvent
  'response.content_part.added': ResponseContentPartAddedEvent
  'response.content_part.done': ResponseContentPartDoneEvent
  'response.output_text.delta': ResponseOutputTextDeltaEvent
  'response.output_text.done': ResponseOutputTextDoneEvent
  'response.output_audio_transcript.delta': ResponseOutputAudioTranscriptDeltaEvent
  'response.output_audio_transcript.done': ResponseOutputAudioTranscriptDoneEvent
  'response.output_audio.delta': ResponseOutputAudioDeltaEvent
  'response.output_audio.done': ResponseOutputAudioDoneEvent
  'response.function_call_arguments.delta': ResponseFunctionCallArgumentsDeltaEvent
  'response.function_call_arguments.done': ResponseFunctionCallArgumentsDoneEvent
  'output_audio_buffer.started': OutputAudioBufferStartedEvent
  'output_audio_buffer.stopped': OutputAudioBufferStoppedEvent
  'output_audio_buffer.cleared': OutputAudioBufferClearedEvent
  'mcp_list_tools.in_progress': McpListToolsInProgressEvent
  'mcp_list_tools.completed': McpListToolsCompletedEvent
  'mcp_list_tools.failed': McpListToolsFailedEvent
  'response.mcp_call_arguments.delta': ResponseMcpCallArgumentsDeltaEvent
  'response.mcp_call_arguments.done': ResponseMcpCallArgumentsDoneEvent
  'response.mcp_call.in_progress': ResponseMcpCallInProgressEvent
  'response.mcp_call.completed': ResponseMcpCallCompletedEvent
  'response.mcp_call.failed': ResponseMcpCallFailedEvent
  'rate_limits.updated': RateLimitsUpdatedEvent
}

/** The type of an event that a server sends in a realtime or transcription session. */
export type ServerEventType = keyof ServerEventMap

/** An event that a server sends in a realtime or transcription session. */
export type ServerEvent = ServerEventMap[ServerEventType]

/** The event of one type that a server sends, such as `ServerEventOf<'response.done'>`. */
export type ServerEventOf<Type extends ServerEventType> = ServerEventMap[Type]

/** The types of all events that a server sends in a realtime or transcription session. */
export const serverEventTypes = [
  'error',
  'session.created',
  'session.updated',
  'conversation.created',
  'conversation.item.created',
  'conversation.item.added',
  'conversation.item.done',
  'conversation.item.retrieved',
  'conversation.item.truncated',
  'conversation.item.deleted',
  'conversation.item.input_audio_transcription.delta',
  'conversation.item.input_audio_transcription.segment',
  'conversation.item.input_audio_transcription.completed',
  'conversation.item.input_audio_transcription.failed',
  'input_audio_buffer.committed',
  'input_audio_buffer.cleared',
  'input_audio_buffer.speech_started',
  'input_audio_buffer.speech_stopped',
  'input_audio_buffer.timeout_triggered',
  'input_audio_buffer.dtmf_event_received',
  'response.created',
  'response.done',
  'response.output_item.added',
  'response.output_item.done',
  'response.content_part.added',
  'response.content_part.done',
  'response.output_text.delta',
  'response.output_text.done',
  'response.output_audio_transcript.delta',
  'response.output_audio_transcript.done',
  'response.output_audio.delta',
  'response.output_audio.done',
  'response.function_call_arguments.delta',
  'response.function_call_arguments.done',
  'output_audio_buffer.started',
  'output_audio_buffer.stopped',
  'output_audio_buffer.cleared',
  'mcp_list_tools.in_progress',
  'mcp_list_tools.completed',
  'mcp_list_tools.failed',
  'response.mcp_call_arguments.delta',
  'response.mcp_call_arguments.done',
  'response.mcp_call.in_progress',
  'response.mcp_call.completed',
  'response.mcp_call.failed',
  'rate_limits.updated',
] as const satisfies readonly ServerEventType[]

/** The schemas of all events that a server sends in a realtime or transcription session, by type. */
export const serverEventSchemas: {
  readonly [Type in (typeof serverEventTypes)[number]]: Schema<ServerEventMap[Type]>
} = {
  error: ServerErrorEvent,
  'session.created': SessionCreatedEvent,
  'session.updated': SessionUpdatedEvent,
  'conversation.created': ConversationCreatedEvent,
  'conversation.item.created': ConversationItemCreatedEvent,
  'conversation.item.added': ConversationItemAddedEvent,
  'conversation.item.done': ConversationItemDoneEvent,
  'conversation.item.retrieved': ConversationItemRetrievedEvent,
  'conversation.item.truncated': ConversationItemTruncatedEvent,
  'conversation.item.deleted': ConversationItemDeletedEvent,
  'conversation.item.input_audio_transcription.delta': ConversationItemInputAudioTranscriptionDeltaEvent,
  'conversation.item.input_audio_transcription.segment': ConversationItemInputAudioTranscriptionSegmentEvent,
  'conversation.item.input_audio_transcription.completed': ConversationItemInputAudioTranscriptionCompletedEvent,
  'conversation.item.input_audio_transcription.failed': ConversationItemInputAudioTranscriptionFailedEvent,
  'input_audio_buffer.committed': InputAudioBufferCommittedEvent,
  'input_audio_buffer.cleared': InputAudioBufferClearedEvent,
  'input_audio_buffer.speech_started': InputAudioBufferSpeechStartedEvent,
  'input_audio_buffer.speech_stopped': InputAudioBufferSpeechStoppedEvent,
  'input_audio_buffer.timeout_triggered': InputAudioBufferTimeoutTriggeredEvent,
  'input_audio_buffer.dtmf_event_received': InputAudioBufferDtmfEventReceivedEvent,
  'response.created': ResponseCreatedEvent,
  'response.done': ResponseDoneEvent,
  'response.output_item.added': ResponseOutputItemAddedEvent,
  'response.output_item.done': ResponseOutputItemDoneEvent,
  'response.content_part.added': ResponseContentPartAddedEvent,
  'response.content_part.done': ResponseContentPartDoneEvent,
  'response.output_text.delta': ResponseOutputTextDeltaEvent,
  'response.output_text.done': ResponseOutputTextDoneEvent,
  'response.output_audio_transcript.delta': ResponseOutputAudioTranscriptDeltaEvent,
  'response.output_audio_transcript.done': ResponseOutputAudioTranscriptDoneEvent,
  'response.output_audio.delta': ResponseOutputAudioDeltaEvent,
  'response.output_audio.done': ResponseOutputAudioDoneEvent,
  'response.function_call_arguments.delta': ResponseFunctionCallArgumentsDeltaEvent,
  'response.function_call_arguments.done': ResponseFunctionCallArgumentsDoneEvent,
  'output_audio_buffer.started': OutputAudioBufferStartedEvent,
  'output_audio_buffer.stopped': OutputAudioBufferStoppedEvent,
  'output_audio_buffer.cleared': OutputAudioBufferClearedEvent,
  'mcp_list_tools.in_progress': McpListToolsInProgressEvent,
  'mcp_list_tools.completed': McpListToolsCompletedEvent,
  'mcp_list_tools.failed': McpListToolsFailedEvent,
  'response.mcp_call_arguments.delta': ResponseMcpCallArgumentsDeltaEvent,
  'response.mcp_call_arguments.done': ResponseMcpCallArgumentsDoneEvent,
  'response.mcp_call.in_progress': ResponseMcpCallInProgressEvent,
  'response.mcp_call.completed': ResponseMcpCallCompletedEvent,
  'response.mcp_call.failed': ResponseMcpCallFailedEvent,
  'rate_limits.updated': RateLimitsUpdatedEvent,
} satisfies Record<ServerEventType, unknown>

/**
 * Whether a value is an event that a server sends in a realtime or transcription session, and when given, of that type.
 *
 * @example
 * ```ts
 * if (isServerEvent(value, 'response.done')) console.log(value.response.status)
 * ```
 */
export function isServerEvent<Type extends ServerEventType = ServerEventType>(
  value: unknown,
  type?: Type,
): value is ServerEventOf<Type> {
  return isEventOf(serverEventSchemas, value, type)
}
