import { type SocketOptions, socketTransport } from './socket-transport.js'
import type { Transport } from './transport.js'

/** Options of {@link webSocket}; exactly one of `model`, `intent` and `url` is given. */
export interface WebSocketOptions extends Omit<SocketOptions, 'callId'> {}

/**
 * A WebSocket to a Realtime server, in Node.js, browsers, Deno, Bun and Workers alike. It connects when it is opened, and may be
 * opened again after it closed; address and key are then fetched anew.
 *
 * ```ts
 * webSocket({ apiKey, model: 'gpt-realtime-2.1' })
 * webSocket({ url: 'ws://127.0.0.1:8080/v1/realtime?model=any' })
 * ```
 * @throws {TransportError} `INVALID_OPTION` at once when the options cannot name an address.
 */
export function webSocket(options: WebSocketOptions): Transport {
  return socketTransport(options, { audio: 'events' })
}
