import type { ServerDialect } from './dialect.js'
import { type SocketOptions, socketTransport } from './socket-transport.js'
import type { Transport } from './transport.js'

/** Options of {@link webSocket}. Pass exactly one of `model`, `intent`, and `url`. */
export interface WebSocketOptions extends Omit<SocketOptions, 'callId'> {}

/**
 * Creates a WebSocket transport for Node.js, browsers, Deno, Bun, Workers, and React Native. It connects when it is opened, and can be
 * opened again after it closed. Functions for URL and key are called for each connection.
 *
 * @example
 * ```ts
 * webSocket({ apiKey, model: 'gpt-realtime-2.1' })
 * webSocket({ url: 'ws://127.0.0.1:8080/v1/realtime?model=any' })
 * webSocket({ dialect: xai, apiKey, model: 'grok-voice-latest' }) // import { xai } from 'realtime-primitives/dialects'
 * ```
 * @throws {TransportError} `INVALID_OPTION` when an option is missing or invalid.
 */
export function webSocket<const D extends ServerDialect>(
  options: WebSocketOptions & { dialect: D },
): Transport & { readonly dialect: D }
export function webSocket(options: WebSocketOptions): Transport
export function webSocket(options: WebSocketOptions): Transport {
  return socketTransport(options, { audio: 'events' })
}
