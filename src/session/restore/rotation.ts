import type { ClientEvent } from '../../protocol/client-events.js'
import type { Sendable } from '../../protocol/encode-audio.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { rotate } from '../connection/connection.js'
import type { ConnectionOf } from '../connection/connection-parts.js'
import { getStatus } from '../connection/event-exchange.js'
import { awaitsReply, unacknowledgedRequests } from '../connection/pending-requests.js'
import { hasPendingTurns, type PendingTurns } from './pending-turns.js'

/** Moves a session from one server session to the next. */
export interface Rotation {
  readonly connection: ConnectionOf<Sendable<ClientEvent>, ServerEvent, unknown>
  readonly turns: PendingTurns
  phase: RotationPhase
  /** The move that runs. Concurrent calls share it. */
  running: Promise<void> | undefined
}

export type RotationPhase =
  | { readonly name: 'idle' }
  /** Waits for events in flight. */
  | { readonly name: 'settling'; readonly stopWaiting: () => void }
  /** The old connection is closing. `resentItemIds` are turns whose audio is sent again, and items whose requests are. */
  | { readonly name: 'leaving'; readonly resentItemIds: Set<string> }

/** How often to check whether events in flight have arrived, in milliseconds. */
const checkIntervalMs = 20

export function createRotation(connection: Rotation['connection'], turns: PendingTurns): Rotation {
  return { connection, turns, phase: { name: 'idle' }, running: undefined }
}

/** Whether a turn or a configuration change is in flight. */
export function isUnsettled({ connection, turns }: Rotation): boolean {
  return awaitsReply(connection.requests, 'session.update') || hasPendingTurns(turns)
}

/** Moves once no turn and no configuration change is in flight. Concurrent calls share one move. */
export function rotateSession(rotation: Rotation): Promise<void> {
  rotation.running ??= rotateSettled(rotation).finally(() => {
    rotation.running = undefined
  })
  return rotation.running
}

/** Moves at once. */
export async function rotateNow(rotation: Rotation): Promise<void> {
  const { connection, phase } = rotation
  if (!isOpen(rotation)) return
  if (phase.name === 'settling') phase.stopWaiting()
  const unacknowledged = unacknowledgedRequests(connection.requests) as readonly Sendable<ClientEvent>[]
  const leaving: RotationPhase = { name: 'leaving', resentItemIds: new Set(unacknowledged.flatMap(changedItemId)) }
  rotation.phase = leaving
  try {
    await rotate(connection)
  } finally {
    if (rotation.phase === leaving) rotation.phase = { name: 'idle' }
  }
}

/** Stops waiting. Called when the session is closed. */
export function stopRotation({ phase }: Rotation): void {
  if (phase.name === 'settling') phase.stopWaiting()
}

/**
 * Returns whether an event of the server session that is being left is ignored. Audio without a turn and requests without an acknowledgement are
 * sent again to the next server, so late turns and items would appear twice. Late responses have been settled.
 */
export function isIgnored(rotation: Rotation, event: ServerEvent): boolean {
  const { phase } = rotation
  if (phase.name !== 'leaving') return false
  if (event.type === 'session.created') {
    rotation.phase = { name: 'idle' }
    return false
  }
  if (event.type === 'input_audio_buffer.committed') phase.resentItemIds.add(event.item_id)
  const itemId = itemIdOf(event)
  return (
    /^(input_audio_buffer|output_audio_buffer|response)\./.test(event.type) ||
    (itemId !== undefined && phase.resentItemIds.has(itemId))
  )
}

async function rotateSettled(rotation: Rotation): Promise<void> {
  if (isUnsettled(rotation)) await untilSettled(rotation)
  await rotateNow(rotation)
}

function untilSettled(rotation: Rotation): Promise<void> {
  const { clock, requestTimeoutMs } = rotation.connection.options
  const deadlineMs = clock.now() + requestTimeoutMs
  return new Promise((resolve) => {
    let cancel = () => {}
    const stopWaiting = () => {
      cancel()
      if (rotation.phase.name === 'settling') rotation.phase = { name: 'idle' }
      resolve()
    }
    const check = () => {
      if (!isOpen(rotation) || !isUnsettled(rotation) || clock.now() >= deadlineMs) stopWaiting()
      else cancel = clock.after(checkIntervalMs, check)
    }
    rotation.phase = { name: 'settling', stopWaiting }
    check()
  })
}

function isOpen({ connection }: Rotation): boolean {
  return getStatus(connection) === 'open'
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
