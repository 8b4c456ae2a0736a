import { TwilioError } from './error.js'

/**
 * The members of a WebSocket that the bridge uses. Sockets of `ws` and Fastify, and the standard sockets of Workers and Deno, have them. In a
 * Worker, call `accept()` first. For Bun's `ServerWebSocket`, use `bunSockets`.
 */
export interface TwilioSocket {
  send(text: string): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close' | 'error', listener: (event: object) => void): void
  removeEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  removeEventListener(type: 'close' | 'error', listener: (event: object) => void): void
  /** 2 while closing, 3 when closed. */
  readonly readyState?: number
  /** Bytes that wait to be sent. Absent in Workers. */
  readonly bufferedAmount?: number
}

/**
 * Checks that a value has the members of a socket.
 * @throws {TwilioError} `INVALID_OPTION`.
 */
export function assertSocket(socket: TwilioSocket): void {
  const members = ['send', 'close', 'addEventListener', 'removeEventListener'] as const
  const missing = members.find((name) => typeof socket?.[name] !== 'function')
  if (missing === undefined) return
  const advice = missing.endsWith('Listener') ? "; for Bun's ServerWebSocket, pass bunSockets(...) to Bun.serve" : ''
  throw new TwilioError('INVALID_OPTION', { option: 'socket', problem: `has no function "${missing}"${advice}` })
}

/** Listeners of {@link attachSocket}. */
export interface SocketListeners {
  onMessage(data: unknown): void
  /** Called when the socket closed or failed. `cause` is set if the runtime reports the error. */
  onEnd(end: { readonly failed: boolean; readonly cause?: unknown }): void
}

/** Subscribes to a socket. Returns a function that unsubscribes and closes it. */
export function attachSocket(socket: TwilioSocket, { onMessage, onEnd }: SocketListeners): () => void {
  let isDetached = false

  const stopMessages = listenToMessages(socket, onMessage)
  const failed = (event: object) => {
    if (!isDetached) onEnd({ failed: true, ...('error' in event ? { cause: event.error } : {}) })
  }
  const closed = () => {
    stopMessages()
    socket.removeEventListener('error', failed)
    socket.removeEventListener('close', closed)
    if (!isDetached) onEnd({ failed: false })
  }
  socket.addEventListener('error', failed)
  socket.addEventListener('close', closed)

  return () => {
    if (isDetached) return
    isDetached = true
    stopMessages()
    // The other listeners stay until the socket has closed: in Node.js, an `error` event without a listener ends the process.
    try {
      socket.close(1000)
    } catch {
      // The socket is closed or was never opened.
    }
  }
}

/** A socket of `ws`. Its own listeners receive the data without the event object that `addEventListener` creates for each message. */
interface NodeSocket {
  on(type: 'message', listener: NodeListener): void
  off(type: 'message', listener: NodeListener): void
}

type NodeListener = (data: { toString(): string }, isBinary: boolean) => void

/** Returns a function that unsubscribes. */
function listenToMessages(socket: TwilioSocket, onMessage: (data: unknown) => void): () => void {
  if (streamOf(socket) && isNodeSocket(socket)) {
    const listener: NodeListener = (data, isBinary) => onMessage(isBinary ? data : data.toString())
    socket.on('message', listener)
    return () => socket.off('message', listener)
  }
  const listener = ({ data }: { readonly data: unknown }) => onMessage(data)
  socket.addEventListener('message', listener)
  return () => socket.removeEventListener('message', listener)
}

function isNodeSocket(socket: object): socket is NodeSocket {
  const { on, off } = socket as Partial<NodeSocket>
  return typeof on === 'function' && typeof off === 'function'
}

/** The part of a Node.js stream that delays writes. */
export interface CorkableStream {
  cork(): void
  uncork(): void
}

/**
 * Returns the stream of an open socket of `ws`. `_socket` is not part of the documented interface of `ws`, so it is used only where it has the
 * functions of a stream.
 */
export function streamOf(socket: TwilioSocket): CorkableStream | undefined {
  const { _socket: stream } = socket as { readonly _socket?: Partial<CorkableStream> | null }
  return typeof stream?.cork === 'function' && typeof stream.uncork === 'function'
    ? (stream as CorkableStream)
    : undefined
}
