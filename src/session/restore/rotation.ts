import type { Clock } from '../../internal/clock.js'
import type { ClientEvent } from '../../protocol/client-events.js'
import type { Sendable } from '../../protocol/encode-audio.js'
import type { ServerEvent } from '../../protocol/server-events.js'

/** Moves a session from one server session to the next. */
export interface Rotation {
  /** Moves once no turn and no configuration change is in flight. Concurrent calls share one move. */
  rotate(): Promise<void>
  /** Moves at once. */
  rotateNow(): Promise<void>
  /**
   * Returns whether an event of the server session that is being left is ignored. Audio without a turn and requests without an
   * acknowledgement are sent again to the next server, so late turns and items would appear twice. Late responses have been settled.
   */
  ignores(event: ServerEvent): boolean
  /** Stops waiting. Called when the session is closed. */
  stop(): void
}

export interface RotationOptions {
  readonly clock: Clock
  /** How long to wait for events in flight, in milliseconds. */
  readonly timeoutMs: number
  readonly isOpen: () => boolean
  /** Returns whether a turn or a configuration change is in flight. */
  readonly isUnsettled: () => boolean
  /** Returns the requests that were not acknowledged. They are sent again on the next connection. */
  readonly unacknowledged: () => readonly Sendable<ClientEvent>[]
  /** Closes the connection and opens the next one. */
  readonly move: () => Promise<void>
}

type RotationPhase =
  | { readonly name: 'idle' }
  /** Waits for events in flight. */
  | { readonly name: 'settling'; readonly stopWaiting: () => void }
  /** The old connection is closing. `resentItemIds` are turns whose audio is sent again, and items whose requests are. */
  | { readonly name: 'leaving'; readonly resentItemIds: Set<string> }

/** How often to check whether events in flight have arrived, in milliseconds. */
const checkIntervalMs = 20

export function createRotation(options: RotationOptions): Rotation {
  const { clock, timeoutMs, isOpen, isUnsettled, move } = options
  let phase: RotationPhase = { name: 'idle' }
  let rotation: Promise<void> | undefined

  function untilSettled(): Promise<void> {
    const deadlineMs = clock.now() + timeoutMs
    return new Promise((resolve) => {
      let cancel = () => {}
      const stopWaiting = () => {
        cancel()
        if (phase.name === 'settling') phase = { name: 'idle' }
        resolve()
      }
      const check = () => {
        if (!isOpen() || !isUnsettled() || clock.now() >= deadlineMs) stopWaiting()
        else cancel = clock.after(checkIntervalMs, check)
      }
      phase = { name: 'settling', stopWaiting }
      check()
    })
  }

  async function rotateNow(): Promise<void> {
    if (!isOpen()) return
    if (phase.name === 'settling') phase.stopWaiting()
    const leaving: RotationPhase = {
      name: 'leaving',
      resentItemIds: new Set(options.unacknowledged().flatMap(changedItemId)),
    }
    phase = leaving
    try {
      await move()
    } finally {
      if (phase === leaving) phase = { name: 'idle' }
    }
  }

  async function rotateSettled(): Promise<void> {
    if (isUnsettled()) await untilSettled()
    await rotateNow()
  }

  return {
    rotate() {
      rotation ??= rotateSettled().finally(() => {
        rotation = undefined
      })
      return rotation
    },
    rotateNow,
    stop() {
      if (phase.name === 'settling') phase.stopWaiting()
    },
    ignores(event) {
      if (phase.name !== 'leaving') return false
      if (event.type === 'session.created') {
        phase = { name: 'idle' }
        return false
      }
      if (event.type === 'input_audio_buffer.committed') phase.resentItemIds.add(event.item_id)
      const itemId = itemIdOf(event)
      return (
        /^(input_audio_buffer|output_audio_buffer|response)\./.test(event.type) ||
        (itemId !== undefined && phase.resentItemIds.has(itemId))
      )
    },
  }
}

/** Returns the id of the item that a request creates or deletes. */
function changedItemId(event: Sendable<ClientEvent>): readonly string[] {
  if (event.type === 'conversation.item.delete') return [event.item_id]
  return event.type === 'conversation.item.create' && event.item.id ? [event.item.id] : []
}

function itemIdOf(event: ServerEvent): string | undefined {
  if ('item_id' in event && typeof event.item_id === 'string') return event.item_id
  return 'item' in event && typeof event.item.id === 'string' ? event.item.id : undefined
}
