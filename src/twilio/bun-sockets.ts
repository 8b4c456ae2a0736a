import type { TwilioSocket } from './socket.js'

/** The members of Bun's `ServerWebSocket` that are used. */
export interface BunServerSocket {
  send(text: string): unknown
  close(code?: number, reason?: string): void
  readonly readyState: number
  getBufferedAmount?(): number
}

/** Handlers for the `websocket` option of `Bun.serve`. */
export interface BunSocketHandlers<Socket extends BunServerSocket> {
  open(socket: Socket): void
  message(socket: Socket, data: string | Uint8Array): void
  close(socket: Socket, code: number, reason: string): void
}

/**
 * Creates the `websocket` handlers of `Bun.serve` for media streams. Bun's `ServerWebSocket` has no event listeners: its
 * events arrive at one set of handlers for all sockets. `onSocket` gets each socket in the shape that
 * {@link bridgeTwilio} needs, and Bun's own socket with its `data`.
 *
 * @example
 * ```ts
 * Bun.serve({
 *   port: 8080,
 *   fetch: (request, server) => (server.upgrade(request) ? undefined : new Response('WebSocket only', { status: 426 })),
 *   websocket: bunSockets((socket) => {
 *     bridgeTwilio(socket, createSession({ transport: webSocket({ apiKey, model: 'gpt-realtime-2.1' }) }))
 *   }),
 * })
 * ```
 */
export function bunSockets<Socket extends BunServerSocket>(
  onSocket: (socket: TwilioSocket, bunSocket: Socket) => void,
): BunSocketHandlers<Socket> {
  const events = new WeakMap<Socket, EventTarget>()

  return {
    open(bunSocket) {
      const target = new EventTarget()
      events.set(bunSocket, target)
      onSocket(
        {
          send: (text) => void bunSocket.send(text),
          close: (code, reason) => bunSocket.close(code, reason),
          addEventListener: (type: string, listener: unknown) =>
            target.addEventListener(type, listener as EventListener),
          removeEventListener: (type: string, listener: unknown) =>
            target.removeEventListener(type, listener as EventListener),
          get readyState() {
            return bunSocket.readyState
          },
          get bufferedAmount() {
            return bunSocket.getBufferedAmount?.() ?? 0
          },
        },
        bunSocket,
      )
    },
    message(bunSocket, data) {
      events.get(bunSocket)?.dispatchEvent(Object.assign(new Event('message'), { data }))
    },
    close(bunSocket) {
      events.get(bunSocket)?.dispatchEvent(new Event('close'))
      events.delete(bunSocket)
    },
  }
}
