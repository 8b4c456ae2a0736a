/** The names under which the script registers its processors. */
export const captureName = 'realtime-primitives-capture'
export const playbackName = 'realtime-primitives-playback'

/** What the playback processor is told. `key` stands for the part of an item that the sound belongs to. */
export type PlaybackCommand =
  | { readonly type: 'push'; readonly key: number; readonly samples: Float32Array }
  | { readonly type: 'end'; readonly key: number }
  | { readonly type: 'flush' }
  /** How long after it was rendered sound is heard, in seconds. */
  | { readonly type: 'latency'; readonly seconds: number }
  | { readonly type: 'stop' }

/** What the playback processor tells, about a hundred times a second while something plays. */
export interface PlaybackReport {
  /** What became audible since the last report: pairs of a key and a number of samples. */
  readonly played: readonly (readonly [key: number, samples: number])[]
  /** Whether nothing waits and nothing is still to be heard, as far as the processor knows. */
  readonly isIdle: boolean
  /** How many `push` commands have arrived: what was sent after them the processor does not know yet. */
  readonly pushes: number
  /** How often the sound ran dry so far. */
  readonly underruns: number
  /** The loudest sample since the last report, and the mean of the squares. */
  readonly peak: number
  readonly power: number
}

/** How the playback processor is set up. */
export interface PlaybackOptions {
  readonly startMs: number
  readonly maxStartMs: number
  readonly fadeMs: number
}
