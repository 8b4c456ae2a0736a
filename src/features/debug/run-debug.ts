import type { Clock } from '../../internal/clock.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import type { LocalEvents } from '../../session/events.js'
import { createDebugLog, type DebugArea, type DebugOptions } from '../../transports/debug/debug-log.js'

/** The events that {@link runDebug} listens to. Every kind of session has them. */
export interface DebugEvents extends Omit<LocalEvents, '*'> {
  /** Every server event. */
  readonly '*': { readonly type: string }
}

/** The part of a session that {@link runDebug} needs. Every kind of session has it. */
export interface DebuggedSession {
  readonly clock?: Clock | undefined
  on<K extends keyof DebugEvents>(type: K, listener: (event: DebugEvents[K]) => void): () => void
}

/**
 * Logs the events of a session by area. Without the option `log`, it prints the areas that `DEBUG` (Node) or `localStorage.debug` (pages)
 * enables, and does nothing when neither enables one. Credentials and audio are removed, and text is replaced by its length.
 *
 * @example
 * ```ts
 * runDebug(session) // DEBUG=realtime-primitives:*,-realtime-primitives:audio node agent.js
 * runDebug(session, { log: ({ namespace, message, data }) => logger.debug({ namespace, data }, message) })
 * ```
 */
export function runDebug(session: DebuggedSession, options: DebugOptions = {}): Stoppable {
  const log = createDebugLog({ ...options, clock: options.clock ?? session.clock })
  const subscriptions = log.isEnabled
    ? [
        session.on('*', (event) => log.write(areaOf(event), `received ${event.type}`, event)),
        session.on('invalid', ({ type, error }) => {
          log.write('session', 'received an invalid event', { type, code: error.code })
        }),
        session.on('status', ({ status, previous }) => log.write('session', `status ${previous} -> ${status}`)),
        session.on('restored', ({ itemIds, lost, droppedAppends }) => {
          const lostItems = lost.map(({ itemId: item_id, reason }) => ({
            item_id,
            reason: reason.replaceAll(' ', '_'),
          }))
          log.write('session', 'restored', { items: itemIds.length, lost: lostItems, droppedAppends })
        }),
        session.on('dropped', ({ appends }) => log.write('audio', 'dropped', { appends })),
        session.on('close', ({ code, reason, wasClean, initiator, error }) => {
          const data = { type: 'close', code, reason, wasClean, initiator, error: error && { code: error.code } }
          log.write('session', 'closed', data)
        }),
        // Sessions of other kinds never emit it.
        (session as InterruptedSession).on('interrupted', ({ by, played }) => {
          const { itemId: item_id, playedMs, receivedMs } = played ?? {}
          log.write('audio', `interrupted by the ${by}`, played && { item_id, playedMs, receivedMs })
        }),
      ]
    : []
  return asStoppable({
    stop() {
      for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
    },
  })
}

type InterruptedSession = {
  on(type: 'interrupted', listener: (event: InterruptedEvent) => void): () => void
}

interface InterruptedEvent {
  readonly by: string
  readonly played: { readonly itemId: string; readonly playedMs: number; readonly receivedMs: number } | undefined
}

function areaOf(event: { readonly type: string; readonly item?: unknown }): DebugArea {
  const { type } = event
  const itemType = String((event.item as { type?: unknown } | undefined)?.type ?? '')
  if (/^(input|output)_audio_buffer\.|output_audio\.|^response\.audio\./.test(type)) return 'audio'
  if (/mcp|function_call/.test(type) || /mcp|function_call/.test(itemType)) return 'tools'
  if (/^response\.|^rate_limits\./.test(type)) return 'response'
  return type.startsWith('conversation.') ? 'conversation' : 'session'
}
