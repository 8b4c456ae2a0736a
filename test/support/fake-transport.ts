import type { Transport, TransportClose, TransportEvents } from 'realtime-primitives'
import { createDeferred, type Deferred } from '../../src/internal/deferred.js'
import { createEmitter } from '../../src/internal/emitter.js'
import { TransportError } from '../../src/transports/error.js'

/** A transport whose remote end is controlled by the test. */
export interface FakeTransport extends Transport {
  /** The number of `open()` calls. */
  readonly opens: number
  /** The frames that were sent. */
  readonly sent: readonly string[]
  /** The arguments of `close()`. */
  readonly closes: readonly { code: number; reason: string }[]
  /** The number of registered listeners. */
  readonly listeners: number
  /** Resolves the running attempt. */
  accept(): void
  /** Rejects the running attempt. */
  refuse(error: unknown): void
  /** Delivers a frame in any state. */
  sendFrame(frame: string): void
  /** Closes the connection from the remote end. */
  drop(code: number, reason?: string): void
  /** Emits `close` in any state, as a stale socket does. */
  sayClose(close: TransportClose): void
}

/** @param onDial is called with the number of each attempt, from 1. It accepts or rejects the attempt, at once or later. */
export function fakeTransport(onDial: (attempt: number) => void = () => {}): FakeTransport {
  const emitter = createEmitter<TransportEvents>()
  const sent: string[] = []
  const closes: { code: number; reason: string }[] = []
  let state: Transport['state'] = 'idle'
  let opening: Deferred<void> | undefined
  let opens = 0

  function end(close: TransportClose): void {
    const wasOpen = state === 'open'
    state = 'closed'
    opening?.reject(new TransportError('CLOSED', close))
    opening = undefined
    if (wasOpen) emitter.emit('close', close)
  }

  return {
    audio: 'events',
    get state() {
      return state
    },
    bufferedAmount: 7,
    get opens() {
      return opens
    },
    get listeners() {
      return (['open', 'message', 'close', 'reconnecting'] as const).reduce(
        (sum, type) => sum + emitter.listenerCount(type),
        0,
      )
    },
    sent,
    closes,
    async open() {
      opens += 1
      state = 'opening'
      opening = createDeferred<void>()
      const { promise } = opening
      onDial(opens)
      await promise
    },
    send(frame) {
      if (state !== 'open') throw new TransportError('NOT_OPEN', { state })
      sent.push(frame)
    },
    async close(code = 1000, reason = '') {
      closes.push({ code, reason })
      end({ code, reason, wasClean: true })
    },
    on: emitter.on,
    accept() {
      if (!opening) throw new Error('no attempt is in progress')
      state = 'open'
      opening.resolve()
      opening = undefined
      emitter.emit('open', undefined)
    },
    refuse(error) {
      if (!opening) throw new Error('no attempt is in progress')
      state = 'closed'
      opening.reject(error)
      opening = undefined
    },
    sendFrame: (frame) => emitter.emit('message', frame),
    drop: (code, reason = '') => end({ code, reason, wasClean: code !== 1006 }),
    sayClose: (close) => emitter.emit('close', close),
  }
}
