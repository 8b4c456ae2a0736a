/**
 * An emulator of the Realtime API in the process, a manual clock, and a simulated telephone.
 *
 * @example
 * ```ts
 * const emulator = createEmulator({ script: () => reply('Good morning.') })
 * const session = createSession({ transport: emulator.connect({ model: 'gpt-realtime-2.1' }) })
 * await session.connect()
 * ```
 *
 * @module realtime-primitives/testing
 */

export {
  type Caller,
  type CallerOptions,
  type CallerTurn,
  type CallResult,
  createCaller,
  type Saying,
} from './caller/caller.js'
export type { CallerLine } from './caller/line.js'
export { sessionLine } from './caller/session-line.js'
export type { AgentSpeech } from './caller/speech-segmenter.js'
export { telephoneLine } from './caller/telephone-line.js'
export { loadVoice, type RecordedVoice } from './caller/voice.js'
export { createManualClock, type ManualClock, scaledClock } from './clock.js'
export type { CallRequest, ConnectRequest, RejectedCall } from './emulator/authentication.js'
export type { EmulatorSession, SessionClosed } from './emulator/controlled-session.js'
export type { EmulatedDialect } from './emulator/dialects/emulated-dialect.js'
export { type AnsweredCall, createEmulator, type Emulator } from './emulator/emulator.js'
export type { EmulatorControl, EmulatorScripts, FaultTarget, TestTarget } from './emulator/emulator-control.js'
export { EmulatorError, type EmulatorErrorCode, type EmulatorErrorData, isEmulatorError } from './emulator/error.js'
export type {
  DropFault,
  ErrorFault,
  ExpireFault,
  Fault,
  FaultTrigger,
  RefuseFault,
  ResumeFault,
  SessionFault,
  StallFault,
  UnknownEventFault,
} from './emulator/faults.js'
export type { JournalEntry, JournalEvent, JournalFilter, JournalOptions } from './emulator/journal.js'
export { type McpCall, mcpCall } from './emulator/mcp/mcp-call-step.js'
export type { ScriptedMcpServer, ScriptedMcpTool } from './emulator/mcp/scripted-server.js'
export type { EmulatorOptions } from './emulator/options.js'
export type { PcmAudio } from './emulator/pcm-audio.js'
export type { Refusal } from './emulator/refusals.js'
export {
  type Call,
  call,
  type Failure,
  fail,
  type Reply,
  reply,
  type Script,
  type ScriptCondition,
  type ScriptedResponse,
  type ScriptRule,
  type ScriptWithTranscripts,
  type Silence,
  type Step,
  silence,
} from './emulator/script.js'
export type { CallAudio } from './emulator/session.js'
export type { EmulatorActivity } from './emulator/session-registry.js'
export type { Phrase, Translate } from './emulator/translation-phrase.js'
export type { TranscribeTurn, Turn, UserTurn } from './emulator/turn.js'
export type { Voice } from './emulator/voices.js'
export { isTestingError, TestingError, type TestingErrorCode, type TestingErrorData } from './error.js'
export {
  type ExpectedTurn,
  type ExpectFunction,
  type ExpectWithMatchers,
  type RealtimeMatchers,
  withMatchers,
} from './matchers/matchers.js'
export type { MatcherSubject } from './matchers/subject.js'
export type { Difference } from './replay/compare-event.js'
export type { RecordedEvent } from './replay/recorded-call.js'
export type { ReplayOptions } from './replay/replay.js'
export { type ReplayingTransport, replaying } from './replay/replaying.js'
export type { CallProblem, Departure, ReplayReport } from './replay/report.js'
export type { RecordedAudio } from './replay/restore-frame.js'
export { type SettleOptions, settleOn } from './settle-on.js'
export { createRecognizer, type RecognizerOptions, type SpokenSentence } from './speech/recognizer.js'
export { type VocabularySentence, type VoiceName, vocabulary } from './speech/vocabulary.js'
export { type StoreCheck, type StoreHarness, storeChecks } from './store-checks.js'
export { type PairedSocket, socketPair } from './telephone/socket-pair.js'
export { createTelephone, type ReceivedFrame, type Telephone, type TelephoneOptions } from './telephone/telephone.js'
export { type TransportCheck, type TransportHarness, transportChecks } from './transport-checks.js'
