import type { Clock } from '../internal/clock.js'
import type { ServerEvent } from '../protocol/server-events.js'

/** The move from one session on the server to the next. */
export interface Rotation {
  /** Moves once no turn and no configuration is in flight. Concurrent calls share one move. */
  rotate(): Promise<void>
  /** Moves at once. */
  rotateNow(): Promise<void>
  /**
   * Returns whether an event of the session that is being left must be ignored. Audio without a turn is sent again to the next server, so
   * a late turn would be there twice; a late response has been given up.
   */
  ignores(event: ServerEvent): boolean
  /** The session has ended: nothing is waited for any more. */
  stop(): void
}

export interface RotationOptions {
  readonly clock: Clock
  /** How long to wait for what is in flight, in milliseconds. */
  readonly timeoutMs: number
  readonly isOpen: () => boolean
  readonly isUnsettled: () => boolean
  /** Closes the connection and opens the next one. */
  readonly move: () => Promise<void>
}

/** How often to look whether what is in flight has arrived, in milliseconds. */
const lookMs = 20

export function createRotation({ clock, timeoutMs, isOpen, isUnsettled, move }: RotationOptions): Rotation {
  let rotation: Promise<void> | undefined
  let isLeaving = false
  let stopLooking = () => {}
  /** Items of turns whose audio is sent again. */
  const repeatedItemIds = new Set<string>()

  function untilSettled(): Promise<void> {
    const deadline = clock.now() + timeoutMs
    return new Promise((resolve) => {
      const look = () => {
        const isOver = !isOpen() || !isUnsettled() || clock.now() >= deadline
        if (isOver) return resolve()
        const cancel = clock.after(lookMs, look)
        stopLooking = () => {
          cancel()
          resolve()
        }
      }
      look()
    })
  }

  async function rotateNow(): Promise<void> {
    if (!isOpen()) return
    isLeaving = true
    try {
      await move()
    } finally {
      isLeaving = false
      repeatedItemIds.clear()
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
    stop: () => stopLooking(),
    ignores(event) {
      if (event.type === 'session.created') isLeaving = false
      if (!isLeaving) return false
      if (event.type === 'input_audio_buffer.committed') repeatedItemIds.add(event.item_id)
      const itemId = itemIdOf(event)
      return (
        /^(input_audio_buffer|output_audio_buffer|response)\./.test(event.type) ||
        (itemId !== undefined && repeatedItemIds.has(itemId))
      )
    },
  }
}

function itemIdOf(event: ServerEvent): string | undefined {
  if ('item_id' in event && typeof event.item_id === 'string') return event.item_id
  return 'item' in event && typeof event.item.id === 'string' ? event.item.id : undefined
}
