import { type SocketOptions, socketTransport } from './socket-transport.js'
import type { Transport } from './transport.js'

/** Options of {@link sideband}; exactly one of `callId` and `url` is given. */
export interface SidebandOptions extends Omit<SocketOptions, 'model' | 'intent' | 'service'> {}

/**
 * A second connection to a live WebRTC or SIP call: the browser or the phone has the sound, this side sees the events and may configure,
 * answer function calls, and interrupt. The session it joins is there already and outlives the connection; the server closes it cleanly when
 * the call ends.
 *
 * ```ts
 * const session = createSession({ transport: sideband({ apiKey, callId: 'rtc_…' }) })
 * ```
 * @throws {TransportError} `INVALID_OPTION` at once when the options cannot name an address.
 */
export function sideband(options: SidebandOptions): Transport {
  return socketTransport(options, { audio: 'media', session: 'joined' })
}
