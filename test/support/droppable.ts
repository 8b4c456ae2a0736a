import type { Transport, TransportClose, TransportEvents } from 'realtime-primitives'
import { createEmitter } from '../../src/internal/emitter.js'
import { TransportError } from '../../src/transports/error.js'
import type { Json } from './peer.js'

/** A reconnecting transport that a test drops and restores. The test sends the server events of each connection. */
export interface Droppable {
  readonly transport: Transport
  /** The events that the client sent, per connection. */
  readonly connections: Json[][]
  sendEvents(...events: Json[]): void
  drop(): void
  restore(): void
  giveUp(close: TransportClose): void
}

export function droppable(audio: Transport['audio'] = 'events', session: Transport['session'] = 'own'): Droppable {
  const emitter = createEmitter<TransportEvents>()
  const connections: Json[][] = []
  let state: Transport['state'] = 'idle'
  let count = 0

  function open(): void {
    state = 'open'
    connections.push([])
    emitter.emit('open', undefined)
  }

  return {
    connections,
    transport: {
      audio,
      session,
      bufferedAmount: 0,
      get state() {
        return state
      },
      async open() {
        open()
      },
      send(frame) {
        if (state !== 'open') throw new TransportError('NOT_OPEN', { state: 'opening' })
        connections.at(-1)?.push(JSON.parse(frame))
      },
      async close(code = 1000, reason = '') {
        const wasOver = state === 'closed'
        state = 'closed'
        if (!wasOver) emitter.emit('close', { code, reason, wasClean: true })
      },
      on: emitter.on,
    },
    sendEvents(...events) {
      for (const event of events) emitter.emit('message', JSON.stringify({ event_id: `event_${++count}`, ...event }))
    },
    drop() {
      state = 'opening'
      emitter.emit('reconnecting', {
        attempt: 1,
        delayMs: 0,
        cause: { code: 1006, reason: '', wasClean: false },
      })
    },
    restore: open,
    giveUp(close) {
      state = 'closed'
      emitter.emit('close', close)
    },
  }
}
