import { type Clock, systemClock } from '../../internal/clock.js'
import type { ApiKey, KeyKind } from '../credentials.js'
import { TransportError } from '../error.js'
import { wholeNumber } from '../reconnect/whole-number.js'
import type { MediaSource, MediaTrack, PeerConnectionClass, PlatformTrack } from './peer.js'

/** What is spoken into: a track, or a stream, of which the first audio track counts. */
export type Microphone<Track extends MediaTrack = PlatformTrack> = Track | MediaSource<Track>

/** The parts of {@link WebRtcOptions} that say nothing of who answers. */
export interface WebRtcMediaOptions<Track extends MediaTrack = PlatformTrack> {
  /**
   * What is spoken into. A track or stream stays yours. A function is called for each connection, and what it gives is stopped when that
   * connection ends.
   * @default none: see `direction`
   */
  microphone?: Microphone<Track> | (() => Microphone<Track> | Promise<Microphone<Track>>)
  /**
   * `sendrecv` speaks and listens; without a microphone it is silent until `replaceTrack` gives it one. `recvonly` listens. `none` has no
   * sound at all, only events.
   * @default 'sendrecv' with a microphone, 'recvonly' without
   */
  direction?: 'sendrecv' | 'recvonly' | 'none'
  /**
   * Makes the connection; for runtimes without one of their own (Node.js), or with one under another name (React Native).
   * @default the runtime's RTCPeerConnection
   */
  RTCPeerConnection?: PeerConnectionClass
  /** What that class is given, such as `{ iceServers }`. */
  configuration?: object
  /**
   * How long it may take until events can flow, fetching a key and a microphone included, in milliseconds. Less than a session waits, so that
   * {@link withFallback} has time for the other way.
   * @default 10_000
   */
  connectTimeoutMs?: number
  /**
   * How long a connection may be interrupted before it counts as broken, in milliseconds. A change of network heals within this time, or
   * not at all.
   * @default 10_000
   */
  disconnectTimeoutMs?: number
  /**
   * Where time comes from.
   * @default the clock on the wall
   */
  clock?: Clock
}

/** The library asks the API to answer. */
export interface WebRtcCallOptions {
  /**
   * A client secret `ek_…`, which carries its session (anywhere), or a standard key (on servers). A function is called for each
   * connection. It never appears in an error, a log or an inspection of the transport.
   */
  key: ApiKey
  /** The session to begin, such as `{ type: 'realtime', model: 'gpt-realtime-2.1' }`: with a standard key, and only with one. */
  session?: object
  /**
   * Where the API is, up to and including its version; `ws(s):` is read as `http(s):`.
   * @default 'https://api.openai.com/v1'
   */
  baseUrl?: string | URL
  /** Headers of the request. They win over those that the library sets. */
  headers?: Readonly<Record<string, string>>
  /**
   * Lets a standard key be used in a browser. Whoever can open the page can then read the key and spend with it.
   * @default false
   */
  allowStandardKeyInBrowser?: boolean
  /**
   * What kind of credential `key` is. Set `client-secret` when a gateway issues tokens for pages that do not begin with `ek_`.
   * @default 'client-secret' for a value that begins with `ek_`, 'standard' otherwise
   */
  keyKind?: KeyKind
  exchangeSdp?: never
}

/** You ask someone to answer: your own server, which has the key. */
export interface WebRtcExchangeOptions {
  /** Takes the offer to whoever answers it. The signal is aborted when the answer is no longer wanted. */
  exchangeSdp: (offer: string, context: { readonly signal: AbortSignal }) => SdpAnswer | Promise<SdpAnswer>
  key?: never
  session?: never
  baseUrl?: never
  headers?: never
  allowStandardKeyInBrowser?: never
  keyKind?: never
}

/** An SDP answer, and the call that it begins where that is known. */
export type SdpAnswer = string | { readonly sdp: string; readonly callId?: string }

/** Options of `webRTC`: exactly one of `key` and `exchangeSdp`, and what is optional. */
export type WebRtcOptions<Track extends MediaTrack = PlatformTrack> = WebRtcMediaOptions<Track> &
  (WebRtcCallOptions | WebRtcExchangeOptions)

/** What a connection needs to know of the options, checked. */
export interface ConnectionSettings {
  readonly direction: 'sendrecv' | 'recvonly' | 'none'
  readonly connectTimeoutMs: number
  readonly disconnectTimeoutMs: number
  readonly clock: Clock
}

/**
 * The settings that the options amount to.
 * @throws {TransportError} `INVALID_OPTION` names the option that cannot work.
 */
export function connectionSettings<Track extends MediaTrack>(options: WebRtcOptions<Track>): ConnectionSettings {
  const { microphone, direction = microphone === undefined ? 'recvonly' : 'sendrecv', clock = systemClock } = options
  if ((options.key === undefined) === (options.exchangeSdp === undefined))
    refuse('key', 'or "exchangeSdp" must be given, and not both')
  if (!['sendrecv', 'recvonly', 'none'].includes(direction))
    refuse('direction', 'must be "sendrecv", "recvonly" or "none"')
  if (direction !== 'sendrecv' && microphone !== undefined)
    refuse('microphone', `has no meaning with the direction "${direction}"`)
  const connectTimeoutMs = wholeNumber('connectTimeoutMs', options.connectTimeoutMs ?? 10_000, 1)
  const disconnectTimeoutMs = wholeNumber('disconnectTimeoutMs', options.disconnectTimeoutMs ?? 10_000, 0)
  return { direction, connectTimeoutMs, disconnectTimeoutMs, clock }
}

export function refuse(option: string, problem: string): never {
  throw new TransportError('INVALID_OPTION', { option, problem })
}
