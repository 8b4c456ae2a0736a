import type { LatencyOptions } from '../features/latency/run-latency.js'
import type { UsageState } from '../features/usage/run-usage.js'
import type { ReadableStore } from '../internal/readable-store.js'
import type { TextDetector } from '../internal/redaction/detector.js'
import type { TextPolicy } from '../internal/redaction/redactor.js'
import type { RealtimeSession } from '../session/realtime.js'
import type { AudibleSession, RecordedLine } from './call-audio.js'
import type { SummarizedSession } from './call-summary.js'
import type { RecordingSink } from './sink.js'

/** The part of a session that {@link recordCall} needs. */
export type RecordedSession = AudibleSession & SummarizedSession & Pick<RealtimeSession, 'clock' | 'getState'>

/** A telephone call, as `bridgeTwilio` returns it. */
export interface RecordedBridge extends RecordedLine {
  readonly session: RecordedSession
}

/** Options of {@link recordCall}. */
export interface CallRecordingOptions {
  /** Stores the audio as a stereo WAV file: the user on the left channel, the agent on the right one. */
  readonly audio?: RecordingSink | undefined
  /** Stores the events as JSON Lines, in the format of `recording()`. The last line contains the summary. */
  readonly events?: RecordingSink | undefined
  /**
   * How text is stored: the text itself, or its length.
   * @defaultValue 'keep'
   */
  readonly text?: TextPolicy | undefined
  /**
   * Finds parts of texts that are replaced. The audio of a turn in which it finds something is replaced by silence on both channels, and so is
   * a turn whose text never becomes known.
   * @defaultValue nothing is replaced
   */
  readonly redact?: TextDetector | undefined
  /**
   * Sample rate of the audio file, in hertz.
   * @defaultValue 8_000 for a telephone call, 24_000 for other sessions
   */
  readonly sampleRate?: number | undefined
  /**
   * Where the audio of the agent is placed: when a player has reported that it was played, or when it was received, for sessions without a
   * player.
   * @defaultValue 'played'
   */
  readonly placement?: 'played' | 'received' | undefined
  /** What `runTools` or `runAgents` returned. Silences then have the durations of the tools themselves. */
  readonly tools?: LatencyOptions['tools']
  /** What `runUsage` returned. The summary then has its cost. */
  readonly usage?: Pick<ReadableStore<UsageState>, 'getState'> | undefined
  /** Called with the first error of each sink. What was stored before stays, and the call continues. */
  readonly onError?: ((error: unknown) => void) | undefined
}
