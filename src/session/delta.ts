import type { ServerEvent } from '../protocol/server-events.js'

/**
 * An event that adds text or audio to content that exists. Nine of ten events are deltas, so they take a short path: they acknowledge no
 * request, and they change neither the configuration nor the phase of a turn or a response.
 */
export type DeltaEvent = Extract<ServerEvent, { type: `${string}.delta` }>

/** A delta of the model's audio. It is not in the state. */
export type AudioDeltaEvent = Extract<DeltaEvent, { type: 'response.output_audio.delta' }>

export function isDeltaType(type: string): boolean {
  return type.endsWith('.delta')
}
