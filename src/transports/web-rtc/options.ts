import { type Clock, systemClock } from '../../internal/clock.js'
import type { ApiKey, KeyKind } from '../credentials.js'
import { TransportError } from '../error.js'
import { integerOption } from '../integer-option.js'
import type { MediaSource, MediaTrack, PeerConnectionClass, PlatformTrack } from './peer-connection.js'

/** Source of the outgoing audio: a track, or a stream, whose first audio track is used. */
export type Microphone<Track extends MediaTrack = PlatformTrack> = Track | MediaSource<Track>

/** Options of {@link WebRtcOptions} for media and the connection. */
export interface WebRtcMediaOptions<Track extends MediaTrack = PlatformTrack> {
  /**
   * Source of the outgoing audio. A track or stream is never stopped. A function is called for each connection, and its tracks are stopped
   * when that connection closes.
   * @defaultValue none, see `direction`
   */
  microphone?: Microphone<Track> | (() => Microphone<Track> | Promise<Microphone<Track>>)
  /**
   * Direction of the audio. `sendrecv` sends and receives; without a microphone it sends nothing until `replaceTrack` sets a track.
   * `recvonly` receives only. `none` has no audio, only events.
   * @defaultValue 'sendrecv' with a microphone, 'recvonly' without
   */
  direction?: 'sendrecv' | 'recvonly' | 'none'
  /**
   * Class of the peer connection, for runtimes that have none (Node.js) or none with this global name (React Native).
   * @defaultValue the global RTCPeerConnection
   */
  RTCPeerConnection?: PeerConnectionClass
  /** Configuration for the constructor of the peer connection, such as `{ iceServers }`. */
  configuration?: object
  /**
   * Timeout of `open()`, including functions for key and microphone, in milliseconds. It is shorter than the timeout of `session.connect()`, so
   * that {@link withFallback} has time to open the second transport.
   * @defaultValue 10_000
   */
  connectTimeoutMs?: number
  /**
   * How long a connection may be `disconnected` before it is closed, in milliseconds. After a change of network, connections recover within
   * this time or not at all.
   * @defaultValue 10_000
   */
  disconnectTimeoutMs?: number
  /**
   * Clock for timeouts.
   * @defaultValue the system clock
   */
  clock?: Clock
}

/** Options for signaling through `/realtime/calls` of the API. */
export interface WebRtcCallOptions {
  /**
   * A client secret `ek_…`, which contains its session (anywhere), or a standard key (on servers). A function is called for each connection.
   * The key never appears in an error, a log, or an inspection of the transport.
   */
  apiKey: ApiKey
  /** Session configuration, such as `{ type: 'realtime', model: 'gpt-realtime-2.1' }`. Required with a standard key, and only allowed with one. */
  session?: object
  /**
   * Base URL of the API, including its version. `ws(s):` becomes `http(s):`.
   * @defaultValue 'https://api.openai.com/v1'
   */
  baseUrl?: string | URL
  /** Headers of the request. They override headers of the library. */
  headers?: Readonly<Record<string, string>>
  /**
   * Allows a standard key in a browser. Every visitor of the page can then read the key and use your account.
   * @defaultValue false
   */
  allowStandardKeyInBrowser?: boolean
  /**
   * Kind of `apiKey`. Set `client-secret` when a gateway issues tokens for pages that do not begin with `ek_`.
   * @defaultValue 'client-secret' for a value that begins with `ek_`, 'standard' otherwise
   */
  keyKind?: KeyKind
  exchangeSdp?: never
}

/** Options for signaling through your own server, which has the API key. */
export interface WebRtcExchangeOptions {
  /** Sends the offer to your server and returns its answer. The signal is aborted when the answer is no longer needed. */
  exchangeSdp: (offer: string, context: { readonly signal: AbortSignal }) => SdpAnswer | Promise<SdpAnswer>
  apiKey?: never
  session?: never
  baseUrl?: never
  headers?: never
  allowStandardKeyInBrowser?: never
  keyKind?: never
}

/** An SDP answer, optionally with the id of the call. */
export type SdpAnswer = string | { readonly sdp: string; readonly callId?: string }

/** Options of `webRTC`. Pass exactly one of `apiKey` and `exchangeSdp`. */
export type WebRtcOptions<Track extends MediaTrack = PlatformTrack> = WebRtcMediaOptions<Track> &
  (WebRtcCallOptions | WebRtcExchangeOptions)

/** Validated options of a connection. */
export interface ConnectionSettings {
  readonly direction: 'sendrecv' | 'recvonly' | 'none'
  readonly connectTimeoutMs: number
  readonly disconnectTimeoutMs: number
  readonly clock: Clock
}

/**
 * Validates the options and applies the defaults.
 * @throws {TransportError} `INVALID_OPTION` with the name of the invalid option.
 */
export function resolveConnectionSettings<Track extends MediaTrack>(options: WebRtcOptions<Track>): ConnectionSettings {
  const { microphone, direction = microphone === undefined ? 'recvonly' : 'sendrecv', clock = systemClock } = options
  if ((options.apiKey === undefined) === (options.exchangeSdp === undefined))
    rejectOption('apiKey', 'or "exchangeSdp" is required, and only one of them is allowed')
  if (!['sendrecv', 'recvonly', 'none'].includes(direction))
    rejectOption('direction', 'must be "sendrecv", "recvonly", or "none"')
  if (direction !== 'sendrecv' && microphone !== undefined)
    rejectOption('microphone', `cannot be used with the direction "${direction}"; omit one of them`)
  const connectTimeoutMs = integerOption('connectTimeoutMs', options.connectTimeoutMs ?? 10_000, 1)
  const disconnectTimeoutMs = integerOption('disconnectTimeoutMs', options.disconnectTimeoutMs ?? 10_000, 0)
  return { direction, connectTimeoutMs, disconnectTimeoutMs, clock }
}

export function rejectOption(option: string, problem: string): never {
  throw new TransportError('INVALID_OPTION', { option, problem })
}
