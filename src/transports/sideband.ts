import type { ServerDialect } from './dialect.js'
import { type SocketOptions, socketTransport } from './socket-transport.js'
import type { Transport } from './transport.js'

/** Options of {@link sideband}. Pass exactly one of `callId` and `url`. */
export interface SidebandOptions extends Omit<SocketOptions, 'model' | 'intent' | 'service'> {}

/**
 * Connects a server to a live WebRTC or SIP call. The browser or phone carries the audio. The sideband receives the events, and can update
 * the configuration, run tools, and interrupt. The session exists before the connection and continues after it. The server closes the
 * connection with code 1000 when the call ends.
 *
 * @example
 * ```ts
 * const session = createSession({ transport: sideband({ apiKey, callId: 'rtc_…' }) })
 * ```
 * @throws {TransportError} `INVALID_OPTION` when an option is missing or invalid.
 */
export function sideband<const D extends ServerDialect>(
  options: SidebandOptions & { dialect: D },
): Transport & { readonly dialect: D }
export function sideband(options: SidebandOptions): Transport
export function sideband(options: SidebandOptions): Transport {
  return socketTransport(options, { audio: 'media', session: 'joined' })
}
