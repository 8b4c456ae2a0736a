/**
 * Recordings of calls: both voices in one stereo file, with events, transcript, tool calls, and cost.
 *
 * @example
 * ```ts
 * const recorder = recordCall(session, { audio, events, redact: detectCardNumbers })
 * recorder.start() // when the user has consented
 * const summary = await recorder.stop()
 * ```
 *
 * @module realtime-primitives/recording
 */

export { type BlobSink, blobSink, fileHandleSink, type WritableFileHandle } from './blob-sink.js'
export type { AudibleSession, RecordedLine } from './call-audio.js'
export type {
  CallInterruption,
  CallLine,
  CallSilence,
  CallSummary,
  CallToolCall,
  SummarizedSession,
} from './call-summary.js'
export type { CallRecordingOptions, RecordedBridge, RecordedSession } from './options.js'
export { type CallRecorder, recordCall } from './record-call.js'
export type { RecordingSink } from './sink.js'
export type { SilencedInterval } from './turn-guard.js'
