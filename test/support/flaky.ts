import type { Transport, TransportClose, TransportEvents } from 'realtime-primitives'
import { createEmitter } from '../../src/internal/emitter.js'
import { TransportError } from '../../src/transports/error.js'

/** A transport with connection faults that the test injects. */
export interface Flaky {
  readonly transport: Transport
  /** Breaks the connection. Frames in flight are lost. */
  cut(code?: number): void
  /** Rejects the next attempts to open. */
  refuse(attempts: number, status: number): void
  /** Holds server frames until `release()`. */
  stall(): void
  release(): void
  /** Delivers a frame that the server did not send. */
  garble(frame: string): void
}

export function flaky(inner: Transport): Flaky {
  const emitter = createEmitter<TransportEvents>()
  let refusals = { left: 0, status: 503 }
  let held: string[] | undefined
  let isCut = false

  inner.on('open', () => emitter.emit('open', undefined))
  inner.on('message', (frame) => {
    if (isCut) return
    if (held) held.push(frame)
    else emitter.emit('message', frame)
  })
  inner.on('close', (close) => {
    if (!isCut) emitter.emit('close', close)
  })

  function release(): void {
    const frames = held ?? []
    held = undefined
    for (const frame of frames) emitter.emit('message', frame)
  }

  return {
    transport: {
      audio: 'events',
      get state() {
        return isCut ? 'closed' : inner.state
      },
      get bufferedAmount() {
        return inner.bufferedAmount
      },
      async open(signal) {
        if (refusals.left > 0) {
          refusals = { ...refusals, left: refusals.left - 1 }
          throw new TransportError('CONNECT_FAILED', { url: 'ws://flaky/', status: refusals.status, reason: 'refused' })
        }
        isCut = false
        await inner.open(signal)
      },
      send(frame) {
        if (isCut) throw new TransportError('NOT_OPEN', { state: 'closed' })
        inner.send(frame)
      },
      close: (code, reason) => inner.close(code, reason),
      on: emitter.on,
    },
    cut(code = 1006) {
      if (inner.state !== 'open' || isCut) return
      const close: TransportClose = { code, reason: '', wasClean: false }
      isCut = true
      held = undefined
      void inner.close()
      emitter.emit('close', close)
    },
    refuse(attempts, status) {
      refusals = { left: attempts, status }
    },
    stall() {
      held ??= []
    },
    release,
    garble(frame) {
      if (inner.state === 'open' && !isCut) emitter.emit('message', frame)
    },
  }
}
