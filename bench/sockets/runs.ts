/** The contenders. `session` and `features` are this library, the latter with `runTranscript` and `runTools`. */
export const contenderNames = ['raw', 'openai', 'agents', 'session', 'features'] as const
export type ContenderName = (typeof contenderNames)[number]

/** The run of a client process. It is passed as JSON in the first argument. */
export type ClientRun = { readonly contender: ContenderName; readonly port: number } & RunKind

export type RunKind =
  | { readonly kind: 'flood'; readonly sessions: number; readonly warmups: number }
  | { readonly kind: 'paced'; readonly sessions: number; readonly uplinkMs: number; readonly seconds: number }

export interface FloodResult {
  /** Microseconds of CPU of the client process per event. */
  readonly cpuUsPerEvent: number
}

export interface PacedResult {
  /** Milliseconds of CPU of the client process per session and second. */
  readonly cpuMsPerSecond: number
  /** Delay from the send call of the server to the call of `onAudio`. */
  readonly medianDelayMs: number
  readonly p99DelayMs: number
  /** Resident set size of the client process, the mean of the last three seconds. */
  readonly rssKilobytes: number
}
