import { createEmitter, reportToHost } from '../../internal/emitter.js'
import { createTrackSilencer } from '../../internal/track-silencer.js'
import { isTransportError, TransportError } from '../error.js'
import { type ConnectionSettings, type Microphone, rejectOption } from './options.js'
import type { MediaSource, MediaTrack, MediaTransceiver, PeerConnection, PlatformStream } from './peer-connection.js'

/** An `<audio>` element, or another object that plays a stream. */
export interface StreamPlayer {
  srcObject: unknown
}

/** Audio of the remote peer. */
export interface RemoteAudio<Track extends MediaTrack> {
  readonly track: Track
  /** A stream with the track, in runtimes that have streams. */
  readonly stream: PlatformStream | undefined
}

/** Local and remote audio of a transport, across its connections. */
export interface CallAudio<Track extends MediaTrack> {
  readonly remote: RemoteAudio<Track> | undefined
  readonly isMuted: boolean
  mute(): void
  unmute(): void
  /** @throws {TransportError} `INVALID_OPTION` when the direction is not `sendrecv` or the track has no audio; `REPLACE_TRACK_FAILED`. */
  replaceTrack(track: Track | null): Promise<void>
  attach(player: StreamPlayer): () => void
  onRemote(listener: (remote: RemoteAudio<Track>) => void): () => void
  onTrackError(listener: (error: TransportError<'REPLACE_TRACK_FAILED'>) => void): () => void
  /** Adds the outgoing track to a new connection. @throws {TransportError} `INVALID_OPTION` for an invalid microphone. */
  prepare(peer: PeerConnection, microphone: Microphone<Track> | undefined): void
  /** Handles the `track` event of a connection. */
  receive(event: unknown): void
  /** Releases the tracks of a closed connection. */
  release(): void
}

export function createCallAudio<Track extends MediaTrack>(
  direction: ConnectionSettings['direction'],
): CallAudio<Track> {
  const emitter = createEmitter<{ remote: RemoteAudio<Track>; trackError: TransportError<'REPLACE_TRACK_FAILED'> }>()
  const players = new Set<StreamPlayer>()
  const silencer = createTrackSilencer()
  /** The current track, and tracks that the connection may still send because their replacement is pending. */
  const held = new Set<Track>()
  let isMuted = false
  let remote: RemoteAudio<Track> | undefined
  /** The track that replaced the microphone of the options. Later connections use it too. */
  let replacement: { readonly track: Track | null } | undefined
  let track: Track | null = null
  let sender: MediaTransceiver['sender'] | undefined

  /**
   * Returns the track to send. A disabled track of a browser sends silence. The behavior of other tracks is unknown, so `null` is sent
   * while muted.
   */
  function outgoing(): Track | null {
    return track && isMuted && !isPlatformTrack(track) ? null : track
  }

  /** @throws {TransportError} `REPLACE_TRACK_FAILED`, unless the connection closed in the meantime. */
  async function update(): Promise<void> {
    const used = sender
    try {
      await used?.replaceTrack(outgoing())
    } catch (cause) {
      if (sender === used) throw new TransportError('REPLACE_TRACK_FAILED', {}, { cause })
    }
  }

  function setMuted(muted: boolean): void {
    isMuted = muted
    for (const each of held) muted ? silencer.silence(each) : silencer.restore(each)
    if (!track || isPlatformTrack(track)) return
    update().catch((error: unknown) => {
      if (isTransportError(error, 'REPLACE_TRACK_FAILED')) emitter.emit('trackError', error)
    })
  }

  function holdTrack(next: Track | null): void {
    if (!next) return
    held.add(next)
    if (isMuted) silencer.silence(next)
  }

  /** Restores `enabled` of a track, because other parts of the app may use the track. */
  function releaseTrack(previous: Track | null): void {
    if (previous && held.delete(previous)) silencer.restore(previous)
  }

  function play(player: StreamPlayer): void {
    player.srcObject = remote?.stream ?? null
  }

  /** A player of the app that throws must not affect other players or the release of the connection. */
  function playAll(): void {
    for (const player of players) {
      try {
        play(player)
      } catch (error) {
        reportToHost(error)
      }
    }
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
      if (direction !== 'sendrecv') rejectOption('direction', 'must be "sendrecv" to send a track')
      if (next) assertAudio(next)
      const [previous, previousReplacement] = [track, replacement]
      replacement = { track: next }
      track = next
      holdTrack(next)
      try {
        await update()
      } catch (error) {
        // The connection still sends the previous track, so `mute()` must silence that one.
        if (track === next) {
          track = previous
          replacement = previousReplacement
        }
        if (next !== track) releaseTrack(next)
        throw error
      }
      if (previous !== track) releaseTrack(previous)
    },
    attach(player) {
      players.add(player)
      play(player)
      return () => {
        if (players.delete(player)) player.srcObject = null
      }
    },
    onRemote: (listener) => emitter.on('remote', listener),
    onTrackError: (listener) => emitter.on('trackError', listener),
    prepare(peer, microphone) {
      if (direction === 'none') return
      track = replacement ? replacement.track : microphone === undefined ? null : trackOf(microphone)
      holdTrack(track)
      sender = peer.addTransceiver(outgoing() ?? 'audio', { direction }).sender
    },
    receive(event) {
      const { track: remoteTrack, streams } = event as { track: Track; streams?: readonly unknown[] }
      if (remoteTrack.kind !== 'audio') return
      remote = { track: remoteTrack, stream: (streams?.[0] as PlatformStream | undefined) ?? streamOf(remoteTrack) }
      playAll()
      emitter.emit('remote', remote)
    },
    release() {
      remote = undefined
      sender = undefined
      track = null
      for (const each of held) releaseTrack(each)
      playAll()
    },
  }
}

/** Returns the track of a microphone: the track itself, or the first audio track of a stream. */
function trackOf<Track extends MediaTrack>(microphone: Microphone<Track>): Track {
  const source = microphone as Partial<MediaSource<Track>>
  if (typeof source?.getAudioTracks === 'function') {
    const [first] = source.getAudioTracks()
    return first ?? rejectOption('microphone', 'is a stream without an audio track; pass one that has audio')
  }
  assertAudio(microphone as Track)
  return microphone as Track
}

function assertAudio(track: MediaTrack): void {
  if ((track as Partial<MediaTrack> | null)?.kind !== 'audio')
    rejectOption('microphone', 'must be an audio track or a stream with one')
}

function isPlatformTrack(track: MediaTrack): boolean {
  const { MediaStreamTrack } = globalThis as { MediaStreamTrack?: unknown }
  return typeof MediaStreamTrack === 'function' && track instanceof MediaStreamTrack
}

/** Creates a stream for a track that arrived without one. */
function streamOf(track: MediaTrack): PlatformStream | undefined {
  const { MediaStream } = globalThis as { MediaStream?: new (tracks: readonly unknown[]) => PlatformStream }
  return isPlatformTrack(track) && MediaStream ? new MediaStream([track]) : undefined
}
