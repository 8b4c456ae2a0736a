/*
 * The few parts of WebRTC that the transport touches. A browser's own classes fit, and so do those of werift, react-native-webrtc and
 * others: whatever has these members, with or without the types of the DOM.
 */

/** A peer connection. */
export interface PeerConnection {
  readonly connectionState: string
  readonly localDescription: { readonly sdp: string } | null
  /** How long a message the other end takes; the smaller of the two ends' limits in browsers. */
  readonly sctp?: { readonly maxMessageSize?: number } | null
  createDataChannel(label: string): DataChannel
  addTransceiver(trackOrKind: MediaTrack | string, init?: { direction?: 'sendrecv' | 'recvonly' }): MediaTransceiver
  createOffer(): Promise<unknown>
  setLocalDescription(description?: never): Promise<unknown>
  setRemoteDescription(description: { type: 'answer'; sdp: string }): Promise<unknown>
  addEventListener(type: string, listener: (event: unknown) => void): void
  removeEventListener(type: string, listener: (event: unknown) => void): void
  close(): unknown
}

/** How the transport makes its connection: `RTCPeerConnection`, or another class that takes a configuration of its own. */
export type PeerConnectionClass = new (configuration?: never) => PeerConnection

/** A data channel. */
export interface DataChannel {
  readonly readyState: string
  readonly bufferedAmount: number
  bufferedAmountLowThreshold: number
  send(data: string): void
  close(): void
  addEventListener(type: string, listener: (event: unknown) => void): void
  removeEventListener(type: string, listener: (event: unknown) => void): void
}

/** The two directions of one medium. */
export interface MediaTransceiver {
  readonly sender: { replaceTrack(track: MediaTrack | null): Promise<void> }
}

/** A track of sound. */
export interface MediaTrack {
  readonly kind: string
  /** Whether it carries its sound, or silence. */
  enabled: boolean
  stop(): void
}

/** A stream, as far as one is sent. */
export interface MediaSource<Track extends MediaTrack = MediaTrack> {
  getAudioTracks(): readonly Track[]
}

/** The runtime's own tracks where their types are known, any track elsewhere. */
export type PlatformTrack = typeof globalThis extends { MediaStreamTrack: { prototype: infer Track } }
  ? Track extends MediaTrack
    ? Track
    : MediaTrack
  : MediaTrack

/** The runtime's own streams where their types are known. */
export type PlatformStream = typeof globalThis extends { MediaStream: { prototype: infer Stream } } ? Stream : object

/** Subscribes to an event of a peer connection or data channel. Returns an unsubscribe function. */
export function listen<Event>(
  target: Pick<PeerConnection, 'addEventListener' | 'removeEventListener'>,
  type: string,
  listener: (event: Event) => void,
): () => void {
  const typed = listener as (event: unknown) => void
  target.addEventListener(type, typed)
  return () => target.removeEventListener(type, typed)
}
