/** Turn detection of a session that does not configure it. */
export const defaultTurnDetection = { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 200 } as const

/** Initial settings of a session that depend on its model. */
export interface ModelDefaults {
  readonly voice: string
  readonly turnDetection: {
    readonly threshold: number
    readonly prefix_padding_ms: number
    readonly silence_duration_ms: number
  }
}

/** Returns the defaults that were recorded for the family of a model. Unrecorded models get those of gpt-realtime. */
export function defaultsOf(model: string | null | undefined): ModelDefaults {
  return isFamily21(model)
    ? { voice: 'marin', turnDetection: { ...defaultTurnDetection, silence_duration_ms: 500 } }
    : { voice: 'alloy', turnDetection: defaultTurnDetection }
}

/** Returns whether a model supports reasoning: it accepts `reasoning`, sets `phase`, and reports reasoning tokens. */
export function isReasoningModel(model: string | null | undefined): boolean {
  return /^gpt-realtime-[2-9]/.test(model ?? '')
}

/** Returns whether a model starts a function call before it completes the message in front of it. */
export function interleavesItems(model: string | null | undefined): boolean {
  return isFamily21(model)
}

/** Returns whether a transcription model sends words while the user still speaks. Recorded with `server_vad`. */
export function streamsTranscripts(model: string | null | undefined): boolean {
  return model === 'gpt-realtime-whisper'
}

function isFamily21(model: string | null | undefined): boolean {
  return /^gpt-realtime-2\.1/.test(model ?? '')
}
