/** Who takes part. `session` and `features` are this library, the latter with `runTranscript` and `runTools`. */
export const contenderNames = ['raw', 'openai', 'agents', 'session', 'features'] as const
export type ContenderName = (typeof contenderNames)[number]

/** What one client process does, as JSON in its first argument. */
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
  /** From the send call of the server to the decoded bytes in the hands of the program. */
  readonly medianDelayMs: number
  readonly p99DelayMs: number
  /** Resident set size of the client process, the mean of the last three seconds. */
  readonly rssKilobytes: number
}
