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
export { type PairedSocket, socketPair } from './telephone/socket-pair.js'
export { createTelephone, type ReceivedFrame, type Telephone, type TelephoneOptions } from './telephone/telephone.js'
export { type TransportCheck, type TransportHarness, transportChecks } from './transport-checks.js'
