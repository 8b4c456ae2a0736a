/*
 * The members of WebRTC objects that the transport uses. Objects of browsers, werift, and react-native-webrtc have them. The DOM types are not
 * needed.
 */

/** A peer connection. */
export interface PeerConnection {
  readonly connectionState: string
  readonly localDescription: { readonly sdp: string } | null
  /** Maximum size of a message in bytes. In browsers, the smaller limit of both peers. */
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

/** Constructor of peer connections: `RTCPeerConnection`, or a class with its own configuration. */
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

/** Sender and receiver of a media line. */
export interface MediaTransceiver {
  readonly sender: { replaceTrack(track: MediaTrack | null): Promise<void> }
}

/** An audio track. */
export interface MediaTrack {
  readonly kind: string
  /** Whether the track sends audio. A disabled track sends silence. */
  enabled: boolean
  stop(): void
}

/** A stream with audio tracks. */
export interface MediaSource<Track extends MediaTrack = MediaTrack> {
  getAudioTracks(): readonly Track[]
}

/** `MediaStreamTrack` if the DOM types are loaded, otherwise {@link MediaTrack}. */
export type PlatformTrack = typeof globalThis extends { MediaStreamTrack: { prototype: infer Track } }
  ? Track extends MediaTrack
    ? Track
    : MediaTrack
  : MediaTrack

/** `MediaStream` if the DOM types are loaded, otherwise `object`. */
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
