import type { ConnectionRefusal } from '../connection-refusal.js'
import type { TransportClose } from '../transport.js'
import type { ParsedUrl } from '../url.js'

/** A connection to open. Each runtime has its own {@link OpenSocket}. */
export interface SocketRequest {
  readonly url: ParsedUrl
  readonly apiKey: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

/** Callbacks of a socket. None is called after `onRefused` or `onClose`. */
export interface SocketHandlers {
  onOpen(): void
  onMessage(frame: string): void
  /** The peer responded to a ping. */
  onPong(): void
  /** The connection failed before it was open. */
  onRefused(refusal: ConnectionRefusal): void
  onClose(close: TransportClose): void
}

/** A socket that is opening or open. */
export interface Socket {
  /** Bytes that were accepted and not yet sent. */
  readonly bufferedAmount: number
  /** Sends a frame. Returns `false`, and sends nothing, when the socket is closing. */
  send(frame: string): boolean
  /** Starts the closing handshake. */
  close(code: number, reason: string): void
  /** Sends a ping. Absent in runtimes that cannot. */
  readonly ping?: () => void
  /** Closes the socket without a closing handshake. No handler is called afterwards. */
  abandon(): void
}

/** Opens a socket. */
export type OpenSocket = (request: SocketRequest, handlers: SocketHandlers) => Socket

/** Sends a frame unless the socket is closing. Runtimes drop such frames, and some log an error. */
export function sendIfOpen(socket: { readonly readyState: number; send(frame: string): void }, frame: string): boolean {
  if (socket.readyState !== 1) return false
  socket.send(frame)
  return true
}

/** Returns the subprotocols for a runtime that cannot set headers. They contain the API key. */
export function socketSubprotocols(apiKey: string | undefined): string[] {
  return apiKey === undefined ? ['realtime'] : ['realtime', `openai-insecure-api-key.${apiKey}`]
}
