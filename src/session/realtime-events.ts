import type { ServerEventMap } from '../protocol/server-events.js'
import type { LocalEvents, ReceivedEventMap } from './events.js'
import type { ExpiringEvent } from './expiry.js'
import type { Interruption } from './playback/interruption.js'
import type { ResponseHandle } from './responses/handle.js'

/** Events of a session: every server event by its type, and events of the session itself. */
export interface SessionEvents extends ReceivedEventMap<ServerEventMap>, LocalEvents {
  /** The server created a response by itself, for example after a turn that it detected. */
  response: ResponseHandle
  /** `respond()` or `sendMessage()` was called. The response may have to wait for another one. */
  requested: ResponseHandle
  /**
   * The request of a response was submitted to the server, so it waits for no other response. Emitted again when it has to be repeated. An
   * immediate submission precedes `requested`.
   */
  submitted: ResponseHandle
  /** A response was interrupted. Players must stop at once. */
  interrupted: Interruption
  /** The server will end the session at its time limit. */
  expiring: ExpiringEvent
}
