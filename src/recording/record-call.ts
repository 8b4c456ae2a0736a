import { reportToHost } from '../internal/emitter.js'
import type { CallSummary } from './call-summary.js'
import type { CallRecordingOptions, RecordedBridge, RecordedSession } from './options.js'
import { type RunningRecording, startRecording } from './running-recording.js'

/** A recording of a call. */
export interface CallRecorder {
  /** `idle` before `start()`: nothing is stored. */
  readonly state: 'idle' | 'recording' | 'stopped'
  /** Starts the recording. Call it when everyone has consented. Nothing from before is stored. Later calls have no effect. */
  start(): void
  /**
   * Adds samples of a side, from -1 to 1, that were captured or played until now. Use it for audio on media tracks, which events do not
   * contain. With `redact`, they are not stored, because the turns in them are not known.
   */
  write(side: 'user' | 'agent', samples: Float32Array, sampleRate: number): void
  /** Returns the summary so far, or `undefined` before `start()`. */
  summary(): CallSummary | undefined
  /**
   * Stops the recording, and resolves with its summary when everything is stored, or with `undefined` if it was not started. The recording
   * also stops when the session closes. Further calls return the same promise.
   */
  stop(): Promise<CallSummary | undefined>
  /** Stops the recording, and deletes everything that it has stored. */
  delete(): Promise<void>
}

/**
 * Records a call: both voices in one stereo file, as the user has heard them, with events, transcript, tool calls, and cost. Nothing is stored
 * before `start()`. Memory is bounded, and a file that was not completed can be read.
 *
 * @example
 * ```ts
 * const files = callFiles('recordings', call.callSid)
 * const recorder = recordCall(bridge, { ...files, redact: detectCardNumbers })
 * recorder.start() // when the caller has consented
 * const { transcript } = await recorder.stop()
 * ```
 * @param source A session, or the bridge of a telephone call.
 * @throws {AudioError} `INVALID_OPTION` when the sample rate is invalid.
 */
export function recordCall(source: RecordedSession | RecordedBridge, options: CallRecordingOptions = {}): CallRecorder {
  const line = 'session' in source ? source : undefined
  const session = 'session' in source ? source.session : source
  const { sampleRate = line ? 8_000 : 24_000, text = 'keep', redact, onError = reportToHost } = options
  let recording: RunningRecording | undefined
  let done: Promise<CallSummary | undefined> | undefined

  function stop(): Promise<CallSummary | undefined> {
    done ??= recording?.stop() ?? Promise.resolve(undefined)
    return done
  }

  return {
    get state() {
      return done ? 'stopped' : recording ? 'recording' : 'idle'
    },
    start() {
      if (recording || done) return
      recording = startRecording({ ...options, session, line, sampleRate, text, redact, onError })
      session.on('close', () => void stop())
      if (session.getState().status === 'closed') void stop()
    },
    write(side, samples, rate) {
      if (!done) recording?.write(side, samples, rate)
    },
    summary: () => recording?.summary(),
    stop,
    async delete() {
      await stop()
      if (!recording) return
      await Promise.all([options.audio?.delete?.(), options.events?.delete?.()])
    },
  }
}
