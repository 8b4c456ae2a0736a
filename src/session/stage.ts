import type { ClientEvent } from '../protocol/client-events.js'
import type { Decoded } from '../protocol/codec.js'
import type { ServerEvent } from '../protocol/server-events.js'
import type { SessionState } from './state/state.js'

/**
 * Passes a decoded event on. `frameLength` is the length of its frame in characters, for stages that limit how much they hold.
 */
export type DeliverEvent = (decoded: Decoded<ServerEvent>, frameLength: number) => void

/**
 * A step between the codec and a session. It receives every event of the server before the session and its listeners do, and may hold it,
 * drop it, or pass it on. It must keep the order of events that depend on each other. A stage belongs to one session.
 *
 * @example
 * ```ts
 * const withoutRateLimits: Stage = {
 *   attach: ({ deliver }) => ({
 *     receive(decoded, frameLength) {
 *       if (decoded.event.type !== 'rate_limits.updated') deliver(decoded, frameLength)
 *     },
 *     reset() {},
 *   }),
 * }
 * const session = createSession({ transport, stages: [withoutRateLimits] })
 * ```
 */
export interface Stage {
  /** Called once by `createSession`, which throws what it throws. */
  attach(context: StageContext): StageHandlers
}

/** What a session gives to a {@link Stage}. */
export interface StageContext {
  /** Where the audio travels: inside events, or on media tracks. */
  readonly audio: 'events' | 'media'
  /** Returns the configuration that the server reported last. */
  getSession(): SessionState['session']
  /** Passes an event to the next stage, or to the session after the last one. */
  readonly deliver: DeliverEvent
}

/** The functions of a {@link Stage} that a session calls. */
export interface StageHandlers {
  /** Called with each decoded frame, in the order of arrival: known events, unknown ones, and invalid frames. */
  readonly receive: DeliverEvent
  /** Called with each event that is sent. */
  send?(event: ClientEvent): void
  /** Called when a connection opens, is lost, or closes, before the session changes. What a stage holds belongs to the old connection. */
  reset(): void
}

/** Stages in a row. */
export interface StageChain {
  readonly receive: DeliverEvent
  send(event: ClientEvent): void
  reset(): void
}

/** Connects stages so that each delivers to the next one, and the last one to `deliver`. */
export function connectStages(
  stages: readonly Stage[],
  context: Omit<StageContext, 'deliver'>,
  deliver: DeliverEvent,
): StageChain {
  const attached: StageHandlers[] = []
  let next = deliver
  for (const stage of [...stages].reverse()) {
    const handlers = stage.attach({ audio: context.audio, getSession: context.getSession, deliver: next })
    attached.unshift(handlers)
    next = handlers.receive
  }
  return {
    receive: next,
    send(event) {
      for (const handlers of attached) handlers.send?.(event)
    },
    reset() {
      for (const handlers of attached) handlers.reset()
    },
  }
}
