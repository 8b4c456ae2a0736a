/**
 * Typed primitives for voice agents on the OpenAI Realtime API: sessions, transports, and the features that run on a session.
 *
 * @example
 * ```ts
 * const session = createSession({ transport: webSocket({ apiKey, model: 'gpt-realtime-2.1' }) })
 * runTools(session, [getWeather])
 * await session.connect()
 * const response = session.respond()
 * for await (const text of response.transcript()) console.log(text)
 * ```
 *
 * @module realtime-primitives
 */

export { isRealtimeError, RealtimeError } from './errors.js'
export type { Agent, AgentContext, HistoryEntries, HistoryFilter } from './features/agents/agent.js'
export {
  AgentError,
  type AgentErrorCode,
  type AgentErrorData,
  type FailedHandoff,
  isAgentError,
} from './features/agents/error.js'
export type { Handoff, ProposedHandoff, RefusedHandoff } from './features/agents/handoff.js'
export {
  type AgentEvents,
  type AgentRun,
  type AgentsState,
  type HandOffOptions,
  type RunAgentsOptions,
  runAgents,
} from './features/agents/run-agents.js'
export { type DebugEvents, type DebuggedSession, runDebug } from './features/debug/run-debug.js'
export {
  type FallbackCause,
  type FallbackEvent,
  type FallbackMessage,
  type FallbackOptions,
  runFallback,
} from './features/fallback/run-fallback.js'
export {
  GuardrailError,
  type GuardrailErrorCode,
  type GuardrailErrorData,
  isGuardrailError,
  type TripReason,
} from './features/guardrails/error.js'
export type { Explain } from './features/guardrails/explanation.js'
export type {
  Guardrail,
  GuardrailFailed,
  GuardrailInput,
  GuardrailTripped,
  InfoOf,
  Verdict,
} from './features/guardrails/guardrail.js'
export { type HoldBack, type HoldBackOptions, holdBack } from './features/guardrails/hold-back.js'
export {
  type ActionTaken,
  type GuardrailAction,
  type GuardrailOptions,
  type OutputTripped,
  runGuardrails,
} from './features/guardrails/run-guardrails.js'
export {
  type InputGuardrailAction,
  type InputGuardrailOptions,
  runInputGuardrails,
} from './features/guardrails/run-input-guardrails.js'
export type { Granularity } from './features/guardrails/sentence-boundary.js'
export type { SpeechGuard, SpeechVerdicts } from './features/guardrails/speech-guard.js'
export type { SpokenPart } from './features/guardrails/text-checks.js'
export type { LevelSource } from './features/interruption/model-audio.js'
export {
  type InterruptionGuard,
  type InterruptionGuardEvents,
  type InterruptionGuardOptions,
  runInterruptionGuard,
} from './features/interruption/run-interruption-guard.js'
export type { ToolActivity } from './features/latency/delays.js'
export type {
  LatencyMarks,
  LatencyTurn,
  ResponseTiming,
  ToolTiming,
  TurnUsage,
} from './features/latency/latency-turn.js'
export type { LatencySummary, Percentiles } from './features/latency/percentiles.js'
export { type Latency, type LatencyOptions, type MeasuredSession, runLatency } from './features/latency/run-latency.js'
export type { Silence, SilenceCause, SilenceParts } from './features/latency/silence.js'
export {
  type ApprovalDecision,
  type ApprovalEvents,
  type ApprovalRequest,
  type Approvals,
  type ApprovalsOptions,
  type ApprovalsState,
  createApprovals,
  type DecideOptions,
  type StandingDecision,
} from './features/tools/approvals.js'
export type { Call, CallOutcome } from './features/tools/call.js'
export {
  type AbortReason,
  type FailedCall,
  isToolError,
  ToolError,
  type ToolErrorCode,
  type ToolErrorData,
} from './features/tools/error.js'
export type { ContinueCallsOptions, InterruptedCall, JournaledCall, ToolJournal } from './features/tools/journal.js'
export type { McpProgress } from './features/tools/mcp-call-progress.js'
export type { DescribeError } from './features/tools/model-messages.js'
export {
  type McpEvents,
  type McpListing,
  type McpRun,
  type RunMcpOptions,
  runMcp,
} from './features/tools/run-mcp.js'
export { runTools, type ToolRun } from './features/tools/run-tools.js'
export type {
  ArgumentsOf,
  StandardIssue,
  StandardResult,
  StandardSchema,
  ToolParameters,
} from './features/tools/schema.js'
export {
  type Scheduling,
  type Tool,
  type ToolContext,
  type ToolOptions,
  tool,
  type WithJsonSchema,
} from './features/tools/tool.js'
export type { RegisteredTool } from './features/tools/tool-registration.js'
export type { RunToolsOptions, ToolEvents } from './features/tools/tool-service.js'
export type { Cut, TranscriptLine } from './features/transcript/line.js'
export {
  runTranscript,
  selectLines,
  type TranscribedSession,
  type Transcript,
  type TranscriptOptions,
  type TranscriptState,
} from './features/transcript/run-transcript.js'
export type { BudgetOptions, BudgetStatus } from './features/usage/budget.js'
export { isUsageError, UsageError, type UsageErrorCode, type UsageErrorData } from './features/usage/error.js'
export type { Money } from './features/usage/money.js'
export type { ModelPrices, Prices, TokenPrices } from './features/usage/prices.js'
export {
  type MeteredSession,
  type ResponseUsage,
  runUsage,
  type UsageMeter,
  type UsageOptions,
  type UsageState,
} from './features/usage/run-usage.js'
export type { TranscriptionTotal, UsageTotal } from './features/usage/tally.js'
export type { TokenCounts, Tokens } from './features/usage/tokens.js'
export type { Clock } from './internal/clock.js'
export type { DeepReadonly } from './internal/deep-readonly.js'
export type { ReadableStore } from './internal/readable-store.js'
export { detectCardNumbers } from './internal/redaction/card-numbers.js'
export { combineDetectors, type TextDetector, type TextMatch } from './internal/redaction/detector.js'
export { detectEmailAddresses } from './internal/redaction/email-addresses.js'
export { detectPhoneNumbers } from './internal/redaction/phone-numbers.js'
export type { TextPolicy } from './internal/redaction/redactor.js'
export type { AsyncStoppable, Stoppable } from './internal/stoppable.js'
export type { AcknowledgementOf } from './session/connection/acknowledgements.js'
export type { Capability, Dialect, DialectContext } from './session/dialect.js'
export { isSessionError, SessionError, type SessionErrorCode, type SessionErrorData } from './session/error.js'
export type {
  DroppedEvent,
  LocalEvents,
  LostItem,
  ReceivedEventMap,
  ReconnectAttempt,
  ReconnectingEvent,
  Restored,
  RestoredEvent,
  SessionStatus,
  StatusEvent,
  WarningEvent,
} from './session/events.js'
export type { ExpiringEvent, LifetimeOptions } from './session/expiry.js'
export type { AudioInput as Sound, InputAudio } from './session/input-audio.js'
export type { Items } from './session/items.js'
export type {
  EventsOptions,
  RequestOptions,
  SessionClose,
  SessionConfigInput,
  SharedOptions,
  UpdateOptions,
  WaitForOptions,
  WaitOptions,
} from './session/options.js'
export type { Interruption, InterruptOptions, PlayedSpeech as HeardSpeech } from './session/playback/interruption.js'
export type { AudioPart, Playback, PlaybackProgress as Heard } from './session/playback/tracker.js'
export {
  createSession,
  type RealtimeSession,
  type SessionEvents,
  type SessionOptions,
} from './session/realtime.js'
export type { ResponseHandle } from './session/responses/handle.js'
export type { RespondOptions } from './session/responses/options.js'
export type { CancelReason, ResponseOutcome } from './session/responses/outcome.js'
export type { ReadOptions } from './session/responses/replay-buffer.js'
export type { SettledCall, SettledResponse } from './session/responses/settled-response.js'
export { type SessionSnapshot, type SnapshotOptions, snapshot } from './session/restore/snapshot.js'
export type { MessageContent, SendMessageOptions } from './session/send-message.js'
export type { DeliverEvent, Stage, StageContext, StageHandlers } from './session/stage.js'
export type { Chunks } from './session/state/chunks.js'
export { selectActiveResponse, selectItems, selectSegments } from './session/state/select.js'
export type {
  ConversationState,
  EarlyTranscript,
  InputAudioState,
  ItemState,
  ResponseState,
  ResponsesState,
  SessionState,
} from './session/state/state.js'
export type {
  SegmentState,
  SpeakerSegment,
  TranscriptionState,
  TranscriptSegment,
} from './session/state/transcription.js'
export {
  createTranscriptionSession,
  type TranscriptionEvents,
  type TranscriptionOptions,
  type TranscriptionSession,
} from './session/transcription.js'
export {
  createTranslationSession,
  type TranslationEvents,
  type TranslationOptions,
  type TranslationSession,
  type TranslationState,
} from './session/translation.js'
export { type CloseMeaning, explainClose } from './transports/close-codes.js'
export type { ApiKey, Credentials, KeyKind } from './transports/credentials.js'
export type { DebugArea, DebugEntry, DebugOptions } from './transports/debug/debug-log.js'
export type { DialectEndpoint, ServerDialect } from './transports/dialect.js'
export type { Endpoint } from './transports/endpoint.js'
export {
  isTransportError,
  TransportError,
  type TransportErrorCode,
  type TransportErrorData,
} from './transports/error.js'
export { logging } from './transports/logging.js'
export { type MemoryPairOptions, memoryPair } from './transports/memory-pair.js'
export type { ReconnectingOptions } from './transports/reconnect/retry-policy.js'
export { reconnecting } from './transports/reconnecting.js'
export { type ReadRecording, readRecording } from './transports/record/read-recording.js'
export { type RecordedLine, type RecordingOptions, recording } from './transports/recording.js'
export { type SidebandOptions, sideband } from './transports/sideband.js'
export type { Transport, TransportClose, TransportEvents, TransportReconnecting } from './transports/transport.js'
export { type WebSocketOptions, webSocket } from './transports/web-socket.js'
export { type TransportHooks, type TransportWrapper, wrapTransport } from './transports/wrap-transport.js'
