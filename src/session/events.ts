import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { InvalidEvent, UnknownEvent } from '../protocol/codec.js'
import type { SessionClose } from './options.js'

/**
 * The status of a session. `reconnecting` lasts from a lost connection until the history is restored. A failed `connect()` leads back to
 * `idle`. `closed` is final.
 */
export type SessionStatus = 'idle' | 'connecting' | 'open' | 'reconnecting' | 'closing' | 'closed'

/** The status of a session has changed. */
export interface StatusEvent {
  /** The new status. */
  readonly status: SessionStatus
  /** The status before. */
  readonly previous: SessionStatus
}

/** Result of restoring a session after its connection was lost. */
export interface Restored {
  /** Items that the new session on the server has. */
  readonly itemIds: readonly string[]
  /** Items that it does not have, and why. They stay in the state. */
  readonly lost: readonly LostItem[]
}

/** An item that could not be restored. */
export interface LostItem {
  readonly itemId: string
  readonly reason: 'no transcript' | 'no output' | 'no call' | 'not supported' | 'refused'
}

/** The result of a restore, with the audio that was dropped in the meantime. */
export interface RestoredEvent extends Restored {
  /** Appends that were dropped because more waited than may wait. */
  readonly droppedAppends: number
}

/** Audio that never reached the server. */
export interface DroppedEvent {
  /** How many appends were dropped, the oldest first. */
  readonly appends: number
}

/**
 * Server events by type, as listeners receive them. All listeners and the state share one object, which is why its type is readonly at every
 * depth. It is not frozen.
 */
export type ReceivedEventMap<EventMap> = { readonly [Type in keyof EventMap]: DeepReadonly<EventMap[Type]> }

/** Events that the session itself emits. Server events cannot have their names. */
export interface LocalEvents {
  /** An event of a type that this version does not know. */
  unknown: DeepReadonly<UnknownEvent>
  /** A frame that is not a valid event, with the reason. */
  invalid: InvalidEvent
  /** The status has changed, and the state with it. */
  status: StatusEvent
  /** The connection was restored, and the session continues. */
  restored: RestoredEvent
  /** Audio was dropped, because more was queued than `maxWaitingAudioMs` allows. */
  dropped: DroppedEvent
  /** The session is closed. Emitted once. */
  close: SessionClose
}
