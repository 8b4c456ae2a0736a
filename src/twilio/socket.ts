import { TwilioError } from './error.js'

/**
 * The members that the bridge uses of a WebSocket that a provider has opened. The sockets of `ws` and Fastify and the standard ones of
 * Workers and Deno have them. In a Worker, accept the socket first. For Bun's `ServerWebSocket` use `bunSockets`.
 */
export interface TwilioSocket {
  send(text: string): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close' | 'error', listener: (event: object) => void): void
  removeEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  removeEventListener(type: 'close' | 'error', listener: (event: object) => void): void
  /** 2 and 3 when it is closing and closed. */
  readonly readyState?: number
  /** Bytes that wait to be sent; a Worker's socket does not tell. */
  readonly bufferedAmount?: number
}

/**
 * Refuses what cannot be a socket, before the session is touched.
 * @throws {TwilioError} `INVALID_OPTION`.
 */
export function assertSocket(socket: TwilioSocket): void {
  const members = ['send', 'close', 'addEventListener', 'removeEventListener'] as const
  const missing = members.find((name) => typeof socket?.[name] !== 'function')
  if (missing === undefined) return
  const advice = missing.endsWith('Listener') ? "; for Bun's ServerWebSocket, pass bunSockets(...) to Bun.serve" : ''
  throw new TwilioError('INVALID_OPTION', { option: 'socket', problem: `has no function "${missing}"${advice}` })
}

/** What happens on a socket. */
export interface SocketListeners {
  onMessage(data: unknown): void
  /** It is over; `cause` when the runtime tells why. */
  onEnd(end: { readonly failed: boolean; readonly cause?: unknown }): void
}

/** Listens to a socket. The answer leaves it: nothing is heard of it any more, and it is closed. */
export function attachSocket(socket: TwilioSocket, { onMessage, onEnd }: SocketListeners): () => void {
  let isLeft = false

  const message = ({ data }: { readonly data: unknown }) => onMessage(data)
  const failed = (event: object) => {
    if (!isLeft) onEnd({ failed: true, ...('error' in event ? { cause: event.error } : {}) })
  }
  const closed = () => {
    socket.removeEventListener('message', message)
    socket.removeEventListener('error', failed)
    socket.removeEventListener('close', closed)
    if (!isLeft) onEnd({ failed: false })
  }
  socket.addEventListener('message', message)
  socket.addEventListener('error', failed)
  socket.addEventListener('close', closed)

  return () => {
    if (isLeft) return
    isLeft = true
    socket.removeEventListener('message', message)
    // The other two stay until it has closed: in Node.js an error that nobody listens to ends the process.
    try {
      socket.close(1000)
    } catch {
      // It is closed, or never opened; either way there is nothing left to end.
    }
  }
}
