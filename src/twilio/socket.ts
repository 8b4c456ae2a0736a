/**
 * What the bridge needs of a WebSocket that a provider has opened: `ws`, Fastify's and the standard one of browsers, Workers, Deno and
 * Bun all have it. In a Worker it must be accepted first.
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
