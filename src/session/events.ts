import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { InvalidEvent, UnknownEvent } from '../protocol/codec.js'
import type { ServerEvent } from '../protocol/server-events.js'
import type { TransportClose } from '../transports/transport.js'
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

/** An upcoming attempt to connect again. */
export interface ReconnectAttempt {
  /** Number of the attempt, from 1 in each outage. The first attempt of `connect()` counts, and is not reported. */
  readonly attempt: number
  /** Delay before the attempt, in milliseconds. */
  readonly delayMs: number
}

/** An attempt to connect again follows. */
export interface ReconnectingEvent extends ReconnectAttempt {
  /** How the connection was lost, or why the last attempt failed. */
  readonly cause: TransportClose | Error
}

/** Result of restoring a session after its connection was lost. */
export interface Restored {
  /** Items that the new session on the server has. */
  readonly itemIds: readonly string[]
  /** Items that it does not have, and why. They stay in the state. */
  readonly lost: readonly LostItem[]
  /** What the server of the new connection lacks or does not accept of the configuration. Absent when that is nothing. */
  readonly untranslated?: readonly WarningEvent[]
}

/** Something that the app uses and the server lacks. The session continues without it. */
export interface WarningEvent {
  /** Name of the dialect that the server speaks. */
  readonly dialect: string
  /** The capability, such as `conversation.item.truncate`, or the path of a field, such as `session.audio.output.speed`. */
  readonly subject: string
  /** What is missing and what happens instead, in one sentence. It contains no values. */
  readonly message: string
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

/** Events that the session itself emits. Server events cannot have their names. `Server` is the union of server events. */
export interface LocalEvents<Server = ServerEvent> {
  /**
   * Every server event, including unknown types. It is emitted after the state has changed and before the listeners of the event's own type.
   * Errors that the session handles by itself, such as the conflict of two responses, are included.
   */
  '*': DeepReadonly<Server> | DeepReadonly<UnknownEvent>
  /** An event of a type that this version does not know. */
  unknown: DeepReadonly<UnknownEvent>
  /** A frame that is not a valid event, with the reason. */
  invalid: InvalidEvent
  /** The status has changed, and the state with it. */
  status: StatusEvent
  /** The connection was lost, or an attempt has failed, and another attempt follows. The state has it as `reconnect`. */
  reconnecting: ReconnectingEvent
  /** The connection was restored, and the session continues. */
  restored: RestoredEvent
  /** The server lacks something that the app uses. Emitted once for each subject and dialect. */
  warning: WarningEvent
  /** Audio was dropped, because more was queued than `maxWaitingAudioMs` allows. */
  dropped: DroppedEvent
  /** The session is closed. Emitted once. */
  close: SessionClose
}
