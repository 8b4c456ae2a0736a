import type { Transport, TransportClose, TransportEvents } from 'realtime-primitives'
import { createDeferred, type Deferred } from '../../src/internal/deferred.js'
import { createEmitter } from '../../src/internal/emitter.js'
import { TransportError } from '../../src/transports/error.js'

/** A transport whose far end is in the hands of the test. */
export interface FakeTransport extends Transport {
  /** How often it was opened. */
  readonly opens: number
  /** The frames that it was given. */
  readonly sent: readonly string[]
  /** How it was closed from this side. */
  readonly closes: readonly { code: number; reason: string }[]
  /** Listeners that are registered. */
  readonly listeners: number
  /** Lets the attempt under way succeed. */
  accept(): void
  /** Lets it fail. */
  refuse(error: unknown): void
  /** Delivers a frame, in whatever state. */
  say(frame: string): void
  /** Ends the connection from the far end. */
  drop(code: number, reason?: string): void
  /** Tells the listeners of an end, in whatever state: what a stale socket does. */
  sayClose(close: TransportClose): void
}

/** @param onDial runs when an attempt begins, with its number from 1; it may accept or refuse at once or later. */
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
      if (!opening) throw new Error('no attempt is under way')
      state = 'open'
      opening.resolve()
      opening = undefined
      emitter.emit('open', undefined)
    },
    refuse(error) {
      if (!opening) throw new Error('no attempt is under way')
      state = 'closed'
      opening.reject(error)
      opening = undefined
    },
    say: (frame) => emitter.emit('message', frame),
    drop: (code, reason = '') => end({ code, reason, wasClean: code !== 1006 }),
    sayClose: (close) => emitter.emit('close', close),
  }
}
