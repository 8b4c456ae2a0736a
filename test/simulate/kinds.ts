import { transcriptionKind, translationKind } from './listening/world.js'
import { realtimeKind, sidebandKind, webRtcKind } from './realtime/world.js'
import type { Kind } from './world.js'

/** Every kind of session that can be simulated, by name. */
export const kinds: ReadonlyMap<string, Kind> = new Map(
  [realtimeKind, transcriptionKind, translationKind, sidebandKind, webRtcKind].map((kind) => [kind.name, kind]),
)
