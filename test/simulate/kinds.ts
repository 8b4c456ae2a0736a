import { transcriptionKind, translationKind } from './listening/world.js'
import { realtimeKind, sidebandKind, webRtcKind } from './realtime/world.js'
import { twilioKind } from './twilio/world.js'
import type { Kind } from './world.js'

/** Every kind of session that can be simulated, by name. */
export const kinds: ReadonlyMap<string, Kind> = new Map(
  [realtimeKind, transcriptionKind, translationKind, sidebandKind, webRtcKind, twilioKind].map((kind) => [
    kind.name,
    kind,
  ]),
)
