import { createEmitter, reportToHost } from '../../internal/emitter.js'
import { type ConnectionSettings, type Microphone, refuse } from './options.js'
import type { MediaSource, MediaTrack, MediaTransceiver, PeerConnection, PlatformStream } from './peer.js'

/** An `<audio>` element, or whatever else plays a stream. */
export interface StreamPlayer {
  srcObject: unknown
}

/** Sound that comes from the other end. */
export interface RemoteSound<Track extends MediaTrack> {
  readonly track: Track
  /** A stream with that track, where the runtime has streams. */
  readonly stream: PlatformStream | undefined
}

/** The sound of a transport, over all its connections. */
export interface SoundLine<Track extends MediaTrack> {
  readonly remote: RemoteSound<Track> | undefined
  readonly isMuted: boolean
  mute(): void
  unmute(): void
  /** @throws {TransportError} `INVALID_OPTION` when nothing can be sent, or the track is none of sound. */
  replaceTrack(track: Track | null): Promise<void>
  attach(player: StreamPlayer): () => void
  onRemote(listener: (sound: RemoteSound<Track>) => void): () => void
  /** Gives a new connection what it is to carry. @throws {TransportError} `INVALID_OPTION` for a microphone that is none. */
  prepare(peer: PeerConnection, microphone: Microphone<Track> | undefined): void
  /** Sound has arrived on a connection. */
  receive(event: unknown): void
  /** The connection is gone. */
  release(): void
}

export function createSoundLine<Track extends MediaTrack>(
  direction: ConnectionSettings['direction'],
): SoundLine<Track> {
  const emitter = createEmitter<{ remote: RemoteSound<Track> }>()
  const players = new Set<StreamPlayer>()
  let isMuted = false
  let remote: RemoteSound<Track> | undefined
  /** What replaced the microphone of the options; it stays for the connections to come. */
  let replacement: { readonly track: Track | null } | undefined
  let track: Track | null = null
  let sender: MediaTransceiver['sender'] | undefined

  /** What the sender carries: while muted nothing at all, unless the track is one of a runtime whose tracks fall silent by themselves. */
  function outgoing(): Track | null {
    return track && isMuted && !isPlatformTrack(track) ? null : track
  }

  function setMuted(muted: boolean): void {
    isMuted = muted
    if (track) track.enabled = !muted
    if (track && !isPlatformTrack(track)) sender?.replaceTrack(outgoing()).catch(reportToHost)
  }

  function take(next: Track | null): void {
    track = next
    if (track && isMuted) track.enabled = false
  }

  /** Leaves the track as it was: others may listen to it too. */
  function letGo(): void {
    if (track && isMuted) track.enabled = true
    track = null
  }

  function play(player: StreamPlayer): void {
    player.srcObject = remote?.stream ?? null
  }

  return {
    get remote() {
      return remote
    },
    get isMuted() {
      return isMuted
    },
    mute: () => setMuted(true),
    unmute: () => setMuted(false),
    async replaceTrack(next) {
      if (direction !== 'sendrecv') refuse('direction', 'must be "sendrecv" for a track to be sent')
      if (next) assertAudio(next)
      replacement = { track: next }
      letGo()
      take(next)
      await sender?.replaceTrack(outgoing())
    },
    attach(player) {
      players.add(player)
      play(player)
      return () => {
        if (players.delete(player)) player.srcObject = null
      }
    },
    onRemote: (listener) => emitter.on('remote', listener),
    prepare(peer, microphone) {
      if (direction === 'none') return
      take(replacement ? replacement.track : microphone === undefined ? null : trackOf(microphone))
      sender = peer.addTransceiver(outgoing() ?? 'audio', { direction }).sender
    },
    receive(event) {
      const { track: arrived, streams } = event as { track: Track; streams?: readonly unknown[] }
      if (arrived.kind !== 'audio') return
      remote = { track: arrived, stream: (streams?.[0] as PlatformStream | undefined) ?? streamOf(arrived) }
      for (const player of players) play(player)
      emitter.emit('remote', remote)
    },
    release() {
      remote = undefined
      sender = undefined
      letGo()
      for (const player of players) play(player)
    },
  }
}

/** The first audio track of what a user gave as a microphone. */
function trackOf<Track extends MediaTrack>(microphone: Microphone<Track>): Track {
  const source = microphone as Partial<MediaSource<Track>>
  if (typeof source?.getAudioTracks === 'function') {
    const [first] = source.getAudioTracks()
    return first ?? refuse('microphone', 'is a stream without an audio track')
  }
  assertAudio(microphone as Track)
  return microphone as Track
}

function assertAudio(track: MediaTrack): void {
  if ((track as Partial<MediaTrack> | null)?.kind !== 'audio')
    refuse('microphone', 'must be an audio track or a stream with one')
}

function isPlatformTrack(track: MediaTrack): boolean {
  const { MediaStreamTrack } = globalThis as { MediaStreamTrack?: unknown }
  return typeof MediaStreamTrack === 'function' && track instanceof MediaStreamTrack
}

/** A stream for a track that came without one. */
function streamOf(track: MediaTrack): PlatformStream | undefined {
  const { MediaStream } = globalThis as { MediaStream?: new (tracks: readonly unknown[]) => PlatformStream }
  return isPlatformTrack(track) && MediaStream ? new MediaStream([track]) : undefined
}
