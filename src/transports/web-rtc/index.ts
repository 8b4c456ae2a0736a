/**
 * WebRTC transport, and a fallback to WebSocket for networks that block UDP.
 *
 * @example
 * ```ts
 * const transport = webRTC({ apiKey: fetchClientSecret, microphone: () => navigator.mediaDevices.getUserMedia({ audio: true }) })
 * transport.attach(audioElement)
 * await createSession({ transport }).connect()
 * ```
 *
 * @module realtime-primitives/webrtc
 */

export type { RemoteAudio, StreamPlayer } from './call-audio.js'
export type {
  Microphone,
  SdpAnswer,
  WebRtcCallOptions,
  WebRtcExchangeOptions,
  WebRtcMediaOptions,
  WebRtcOptions,
} from './options.js'
export type {
  DataChannel,
  MediaSource,
  MediaTrack,
  MediaTransceiver,
  PeerConnection,
  PeerConnectionClass,
  PlatformStream,
  PlatformTrack,
} from './peer-connection.js'
export { type WebRtcEvents, type WebRtcTransport, webRTC } from './web-rtc.js'
export { type FallbackOptions, type FallbackTransport, withFallback } from './with-fallback.js'
