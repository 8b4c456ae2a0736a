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
} from './peer.js'
export type { RemoteSound, StreamPlayer } from './sound.js'
export { type WebRtcEvents, type WebRtcTransport, webRTC } from './web-rtc.js'
export { type FallbackOptions, withFallback } from './with-fallback.js'
