import { Buffer } from 'node:buffer'
import type { WebSocket } from 'ws'
import { createEmitter } from '../../internal/emitter.js'
import type { Transport, TransportEvents } from '../../transports/transport.js'

/** What a client of the server did that is no text. */
export interface ServerTransportOptions {
  /** A binary frame arrived; the answer is sent back as text. */
  readonly onBinary: () => string
}

/** The server's end of an accepted WebSocket. It can be opened once. */
export function serverTransport(socket: WebSocket, { onBinary }: ServerTransportOptions): Transport {
  const emitter = createEmitter<TransportEvents>()
  let state: Transport['state'] = 'idle'
  let closed: Promise<void> | undefined

  socket.on('message', (data, isBinary) => {
    if (state !== 'open') return
    if (isBinary) socket.send(onBinary())
    else emitter.emit('message', textOf(data))
  })
  // What fails closes the socket too, with a code that tells why; there is nothing to add.
  socket.on('error', () => {})
  socket.on('close', (code, reason) => {
    const wasOpen = state === 'open'
    state = 'closed'
    if (wasOpen) emitter.emit('close', { code, reason: reason.toString(), wasClean: code !== 1006 })
  })

  return {
    audio: 'events',
    get state() {
      return state
    },
    get bufferedAmount() {
      return socket.bufferedAmount
    },
    async open() {
      state = socket.readyState === socket.OPEN ? 'open' : 'closed'
      if (state === 'open') emitter.emit('open', undefined)
    },
    send(frame) {
      if (state === 'open') socket.send(frame)
    },
    close(code = 1000, reason = '') {
      closed ??= new Promise((resolve) => {
        if (socket.readyState === socket.CLOSED) return resolve()
        socket.once('close', () => resolve())
        socket.close(code, shorten(reason))
      })
      return closed
    },
    on: (type, listener) => emitter.on(type, listener),
  }
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  return Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data as ArrayBuffer).toString()
}

/** A reason that fits into a close frame. */
function shorten(reason: string): string {
  return Buffer.from(reason).subarray(0, 120).toString()
}
