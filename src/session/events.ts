import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { InvalidEvent, UnknownEvent } from '../protocol/codec.js'
import type { SessionClose } from './options.js'

/**
 * Where a session stands. `reconnecting` lasts from a drop until what could be restored is restored. A closed session stays closed; a
 * failed `connect` leads back to `idle`.
 */
export type SessionStatus = 'idle' | 'connecting' | 'open' | 'reconnecting' | 'closing' | 'closed'

/** The status of a session changed. */
export interface StatusEvent {
  readonly status: SessionStatus
  readonly previous: SessionStatus
}

/** What became of a session after a drop: an honest report. */
export interface Restored {
  /** Items that the new session on the server has. */
  readonly itemIds: readonly string[]
  /** Items that it lacks, and why. They are still in the state. */
  readonly lost: readonly LostItem[]
}

/** An item that a new session on the server could not be given. */
export interface LostItem {
  readonly itemId: string
  readonly reason: 'no transcript' | 'no output' | 'no call' | 'not supported' | 'refused'
}

/** The status of a session has changed. */
export interface StatusEvent {
  readonly status: SessionStatus
  readonly previous: SessionStatus
}

/** The report, with what happened to the sound that was appended meanwhile. */
export interface RestoredEvent extends Restored {
  /** Appends that were dropped because more waited than may wait. */
  readonly droppedAppends: number
}

/** Sound that never reached the server. */
export interface DroppedEvent {
  /** How many appends were dropped, the oldest first. */
  readonly appends: number
}

/**
 * Server events by type, as listeners receive them. All listeners and the state share one object, which is why its type is readonly at every
 * depth. It is not frozen.
 */
export type ReceivedEventMap<EventMap> = { readonly [Type in keyof EventMap]: DeepReadonly<EventMap[Type]> }

/** The events that come from the session itself; no server frame can take their names. */
export interface LocalEvents {
  /** An event of a type that this version does not know. */
  unknown: DeepReadonly<UnknownEvent>
  /** A frame that is no valid event; it carries the reason and the frame. */
  invalid: InvalidEvent
  /** The status has changed, and the state with it. */
  status: StatusEvent
  /** The connection is there again after a drop, and the session goes on. */
  restored: RestoredEvent
  /** Sound was dropped because more waited than may wait: the transport is too slow. */
  dropped: DroppedEvent
  /** The session ended, once. */
  close: SessionClose
}
