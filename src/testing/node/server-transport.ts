import { Buffer } from 'node:buffer'
import type { WebSocket } from 'ws'
import { createEmitter } from '../../internal/emitter.js'
import type { Transport, TransportEvents } from '../../transports/transport.js'
import type { BreakableTransport } from '../emulator/session-wire.js'

/** Callbacks of {@link serverTransport}. */
export interface ServerTransportOptions {
  /** Called for a binary frame. Returns the text frame to send back. */
  readonly onBinary: () => string
}

/** Creates a transport for the server side of an accepted WebSocket. It can be opened once. */
export function serverTransport(socket: WebSocket, { onBinary }: ServerTransportOptions): BreakableTransport {
  const emitter = createEmitter<TransportEvents>()
  let state: Transport['state'] = 'idle'
  let closed: Promise<void> | undefined

  socket.on('message', (data, isBinary) => {
    if (state !== 'open') return
    if (isBinary) socket.send(onBinary())
    else emitter.emit('message', textOf(data))
  })
  // An error also closes the socket, with a code that explains it.
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
    terminate: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  }
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  return Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data as ArrayBuffer).toString()
}

/** Truncates a reason to the limit of a close frame. */
function shorten(reason: string): string {
  return Buffer.from(reason).subarray(0, 120).toString()
}
