import type { Clock } from '../../internal/clock.js'
import type { Transport } from '../../transports/transport.js'
import { wrapTransport } from '../../transports/wrap-transport.js'

/** The server side of a transport that can lose its connection without a close handshake, or stop reading. */
export interface BreakableTransport extends Transport {
  /** Ends the connection without a close frame. */
  terminate?(): void
  /** Stops reading from the connection, so that pings are not answered either. */
  pause?(): void
  /** Reads from the connection again. */
  resume?(): void
}

/** Options of {@link createSessionWire}. */
export interface SessionWireOptions {
  readonly clock: Clock
  /** Returns how long the next frame to the client is delayed, in milliseconds. */
  readonly nextDelayMs: () => number
}

/** The connection of a session to its client, which a test can delay, stall, and cut. */
export interface SessionWire {
  /** What the session uses. */
  readonly transport: Transport
  readonly isStalled: boolean
  /** Called with each frame that is delivered to the session or sent to the client. */
  onFrame: (from: 'client' | 'server', frame: string) => void
  /** Delivers nothing in either direction until `resume`. What is sent meanwhile is delivered then. */
  stall(): void
  resume(): void
  /** Ends the connection as a broken network does, or with a close code. No frame is delivered after this call. */
  cut(close?: { readonly code: number; readonly reason: string }): void
  /** Closes the connection at once, even when it is stalled. */
  close(code: number, reason: string): Promise<void>
}

interface Outgoing {
  readonly dueAt: number
  readonly bytes: number
  run(): void
}

/** Wraps the server side of a transport. */
export function createSessionWire(inner: BreakableTransport, { clock, nextDelayMs }: SessionWireOptions): SessionWire {
  let outgoing: Outgoing[] = []
  let incoming: (() => void)[] = []
  let queuedBytes = 0
  let isStalled = false
  let isCut = false
  let cancelTimer = () => {}

  function deliver(frame: string): void {
    if (inner.state !== 'open') return
    inner.send(frame)
    wire.onFrame('server', frame)
  }

  function enqueue(bytes: number, delayMs: number, run: () => void): void {
    const earliest = outgoing.at(-1)?.dueAt ?? 0
    outgoing.push({ dueAt: Math.max(earliest, clock.now() + delayMs), bytes, run })
    queuedBytes += bytes
    if (outgoing.length === 1) schedule()
  }

  function schedule(): void {
    cancelTimer()
    const [next] = outgoing
    if (next && !isStalled) cancelTimer = clock.after(Math.max(0, next.dueAt - clock.now()), flush)
  }

  function flush(): void {
    while (!isStalled) {
      const [next] = outgoing
      if (!next || next.dueAt > clock.now()) break
      outgoing.shift()
      queuedBytes -= next.bytes
      next.run()
    }
    schedule()
  }

  function clear(): void {
    cancelTimer()
    outgoing = []
    incoming = []
    queuedBytes = 0
    isStalled = false
  }

  const wire: SessionWire = {
    get isStalled() {
      return isStalled
    },
    onFrame: () => {},
    transport: wrapTransport(inner, {
      send(frame) {
        if (isCut) return
        const delayMs = nextDelayMs()
        if (!isStalled && delayMs === 0 && outgoing.length === 0) deliver(frame)
        else enqueue(frame.length, delayMs, () => deliver(frame))
      },
      close(next, code, reason) {
        if (isCut) return Promise.resolve()
        if (outgoing.length === 0 && !isStalled) return next(code, reason)
        // The frames that were sent before have to arrive first.
        enqueue(0, 0, () => void next(code, reason))
        return Promise.resolve()
      },
      bufferedAmount: (innerAmount) => innerAmount + queuedBytes,
      onMessage(frame, next) {
        const receive = () => {
          wire.onFrame('client', frame)
          if (!isCut) next(frame)
        }
        if (isCut) return
        if (isStalled) incoming.push(receive)
        else receive()
      },
      onClose(close, next) {
        clear()
        next(close)
      },
    }),
    stall() {
      if (isStalled || isCut) return
      isStalled = true
      cancelTimer()
      inner.pause?.()
    },
    resume() {
      if (!isStalled) return
      isStalled = false
      inner.resume?.()
      for (const receive of incoming.splice(0)) receive()
      flush()
    },
    cut(close) {
      if (isCut) return
      isCut = true
      clear()
      // Deferred, because the session may be in the middle of sending several events.
      queueMicrotask(() => {
        if (close) void inner.close(close.code, close.reason)
        else if (inner.terminate) inner.terminate()
        else void inner.close(1006, '')
      })
    },
    close(code, reason) {
      clear()
      inner.resume?.()
      return inner.close(code, reason)
    },
  }
  return wire
}
