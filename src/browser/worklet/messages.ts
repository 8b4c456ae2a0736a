/** Names of the registered processors. */
export const captureName = 'realtime-primitives-capture'
export const playbackName = 'realtime-primitives-playback'

/** Commands to the playback processor. `key` identifies the part that the audio belongs to. */
export type PlaybackCommand =
  | { readonly type: 'push'; readonly key: number; readonly samples: Float32Array }
  | { readonly type: 'end'; readonly key: number }
  | { readonly type: 'flush' }
  /** Sets the output latency: the time from rendering to playback, in seconds. */
  | { readonly type: 'latency'; readonly seconds: number }
  | { readonly type: 'stop' }

/** Report of the playback processor, sent about every 10 ms while audio plays. */
export interface PlaybackReport {
  /** Samples that were played since the last report, per key. */
  readonly played: readonly (readonly [key: number, samples: number])[]
  /** Whether no audio is waiting or being played, as far as the processor knows. */
  readonly isIdle: boolean
  /** Number of `push` commands received. Later ones are still on their way. */
  readonly pushes: number
  /** Number of times the buffer ran empty within a part. */
  readonly underruns: number
  /** Largest magnitude since the last report. */
  readonly peak: number
  /** Mean square since the last report. */
  readonly power: number
}

/** Options of the playback processor. All durations are in milliseconds. */
export interface PlaybackOptions {
  readonly startMs: number
  readonly maxStartMs: number
  readonly fadeMs: number
}
