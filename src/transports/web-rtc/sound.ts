import { createEmitter, reportToHost } from '../../internal/emitter.js'
import { createTrackSilencer } from '../../internal/track-silencer.js'
import { isTransportError, TransportError } from '../error.js'
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
  /** @throws {TransportError} `INVALID_OPTION` when nothing can be sent or the track has no audio; `REPLACE_TRACK_FAILED`. */
  replaceTrack(track: Track | null): Promise<void>
  attach(player: StreamPlayer): () => void
  onRemote(listener: (sound: RemoteSound<Track>) => void): () => void
  onTrackError(listener: (error: TransportError<'REPLACE_TRACK_FAILED'>) => void): () => void
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
  const emitter = createEmitter<{ remote: RemoteSound<Track>; trackError: TransportError<'REPLACE_TRACK_FAILED'> }>()
  const players = new Set<StreamPlayer>()
  const silencer = createTrackSilencer()
  /** The current track, and tracks that the connection may still send because their replacement is pending. */
  const held = new Set<Track>()
  let isMuted = false
  let remote: RemoteSound<Track> | undefined
  /** The track that replaced the microphone of the options. Later connections use it too. */
  let replacement: { readonly track: Track | null } | undefined
  let track: Track | null = null
  let sender: MediaTransceiver['sender'] | undefined

  /**
   * Returns the track to send. A disabled track of the browser sends silence. What another library's track does is unknown, so while muted
   * nothing is sent in its place.
   */
  function outgoing(): Track | null {
    return track && isMuted && !isPlatformTrack(track) ? null : track
  }

  /** @throws {TransportError} `REPLACE_TRACK_FAILED`, unless the connection ended meanwhile. */
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

  function hold(next: Track | null): void {
    if (!next) return
    held.add(next)
    if (isMuted) silencer.silence(next)
  }

  /** Leaves a track as it was: other parts of the app may use it too. */
  function letGo(previous: Track | null): void {
    if (previous && held.delete(previous)) silencer.restore(previous)
  }

  function play(player: StreamPlayer): void {
    player.srcObject = remote?.stream ?? null
  }

  /** Players belong to the app. One that throws must not keep the others from playing or the connection from being released. */
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
      if (direction !== 'sendrecv') refuse('direction', 'must be "sendrecv" for a track to be sent')
      if (next) assertAudio(next)
      const [previous, previousReplacement] = [track, replacement]
      replacement = { track: next }
      track = next
      hold(next)
      try {
        await update()
      } catch (error) {
        // The connection still sends the previous track, so `mute()` must silence that one.
        if (track === next) {
          track = previous
          replacement = previousReplacement
        }
        if (next !== track) letGo(next)
        throw error
      }
      if (previous !== track) letGo(previous)
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
      hold(track)
      sender = peer.addTransceiver(outgoing() ?? 'audio', { direction }).sender
    },
    receive(event) {
      const { track: arrived, streams } = event as { track: Track; streams?: readonly unknown[] }
      if (arrived.kind !== 'audio') return
      remote = { track: arrived, stream: (streams?.[0] as PlatformStream | undefined) ?? streamOf(arrived) }
      playAll()
      emitter.emit('remote', remote)
    },
    release() {
      remote = undefined
      sender = undefined
      track = null
      for (const each of held) letGo(each)
      playAll()
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
