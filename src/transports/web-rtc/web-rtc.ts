import { abortReason, throwIfAborted } from '../../internal/abort.js'
import { createDeferred, type Deferred } from '../../internal/deferred.js'
import { createEmitter } from '../../internal/emitter.js'
import { assertCloseArguments } from '../close-codes.js'
import { TransportError } from '../error.js'
import type { Transport, TransportEvents } from '../transport.js'
import { createCallAudio, type RemoteAudio, type StreamPlayer } from './call-audio.js'
import { type Connection, startConnection } from './connection.js'
import { resolveConnectionSettings, type WebRtcOptions } from './options.js'
import type { MediaTrack, PeerConnection, PlatformStream, PlatformTrack } from './peer-connection.js'
import { createSignaling } from './signaling.js'

/** Events of a WebRTC transport, in addition to those of every transport. */
export interface WebRtcEvents<Track extends MediaTrack = PlatformTrack> extends TransportEvents {
  /** The audio track of the remote peer arrived. Emitted once per connection. */
  remoteAudio: RemoteAudio<Track>
  /** `mute()` (`true`) or `unmute()` (`false`) took effect. */
  muted: boolean
  /** State of the peer connection: `connecting`, `connected`, or `disconnected`, which may be temporary. */
  connectionState: string
  /**
   * `mute()` or `unmute()` could not replace the track that the connection sends. The track itself is disabled or enabled. Occurs only with
   * tracks that are not `MediaStreamTrack`s of a browser.
   */
  trackError: TransportError<'REPLACE_TRACK_FAILED'>
}

/** A transport that carries audio on media tracks and events in a data channel. */
export interface WebRtcTransport<Track extends MediaTrack = PlatformTrack> extends Transport {
  readonly audio: 'media'
  /** Id of the last call (`rtc_…`), if the answer contained it. Used to attach a `sideband` and to hang up. */
  readonly callId: string | undefined
  /** The current peer connection, for example for `getStats`. */
  readonly peerConnection: PeerConnection | undefined
  /** Audio track of the remote peer while connected. */
  readonly remoteTrack: Track | undefined
  /** The remote track as a stream, in runtimes that have streams. */
  readonly remoteStream: PlatformStream | undefined
  /** Plays the remote audio on an `<audio>` element, across connections. Returns a function that detaches the element. */
  attach(player: StreamPlayer): () => void
  /** Whether the microphone is muted. */
  readonly isMuted: boolean
  /** Mutes the microphone, including later connections and replaced tracks. */
  mute(): void
  /** Unmutes the microphone. A track that the app disabled stays disabled. */
  unmute(): void
  /**
   * Sends another track, in this and later connections. `null` sends nothing. The track is never stopped by the transport.
   * @throws {TransportError} `INVALID_OPTION` when the direction is not `sendrecv` or the track has no audio. `REPLACE_TRACK_FAILED` when
   *   the connection rejects the track; the previous track stays in use.
   */
  replaceTrack(track: Track | null): Promise<void>
  on<K extends keyof WebRtcEvents<Track>>(type: K, listener: (event: WebRtcEvents<Track>[K]) => void): () => void
}

/** The phase of the transport. While `closing`, its state is still `open`. */
type Phase =
  | { readonly name: 'idle' | 'closed' }
  | { readonly name: 'opening'; readonly connection: Connection; readonly outcome: Deferred<void> }
  | { readonly name: 'open'; readonly connection: Connection }
  | { readonly name: 'closing'; readonly connection: Connection; readonly done: Promise<void> }

/**
 * Creates a WebRTC transport: audio on a media track in each direction, events in the data channel `oai-events`. It connects when it is
 * opened, and can be opened again after it closed. Functions for key and microphone are called for each connection.
 *
 * A connection that is `disconnected` for longer than `disconnectTimeoutMs` closes with code 1006. When the server hangs up, the code is 1000.
 *
 * @example
 * ```ts
 * const transport = webRTC({ apiKey: 'ek_…', microphone: () => navigator.mediaDevices.getUserMedia({ audio: true }) })
 * transport.attach(document.querySelector('audio'))
 * ```
 * @throws {TransportError} `INVALID_OPTION` when an option is missing, invalid, or conflicts with another.
 */
export function webRTC<Track extends MediaTrack = PlatformTrack>(
  options: WebRtcOptions<Track>,
): WebRtcTransport<Track> {
  const settings = resolveConnectionSettings(options)
  const signaling = createSignaling(options)
  const audio = createCallAudio<Track>(settings.direction)
  const emitter = createEmitter<WebRtcEvents<Track>>()
  audio.onRemote((remote) => emitter.emit('remoteAudio', remote))
  audio.onTrackError((error) => emitter.emit('trackError', error))
  let phase: Phase = { name: 'idle' }
  /** Calls of `close()`. A changed number shows that an `open()` that has waited for the last close is no longer wanted. */
  let closes = 0
  let callId: string | undefined

  /** Rejects `open()` and releases the connection. */
  function failOpening(error: unknown): void {
    if (phase.name !== 'opening') return
    const { connection, outcome } = phase
    phase = { name: 'closed' }
    connection.abandon()
    outcome.reject(error)
  }

  async function connect(signal: AbortSignal | undefined): Promise<void> {
    const outcome = createDeferred<void>()
    const onAbort = () => failOpening(abortReason(signal))
    signal?.addEventListener('abort', onAbort, { once: true })
    callId = undefined
    const connection = startConnection(
      { settings, media: options, signaling, audio },
      {
        onOpen() {
          phase = { name: 'open', connection }
          callId = connection.callId
          outcome.resolve()
          emitter.emit('open', undefined)
        },
        onMessage: (frame) => emitter.emit('message', frame),
        onState: (connectionState) => emitter.emit('connectionState', connectionState),
        onFailed: failOpening,
        onClose(close) {
          phase = { name: 'closed' }
          emitter.emit('close', close)
        },
      },
    )
    phase = { name: 'opening', connection, outcome }
    try {
      await outcome.promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async function closeOpen(connection: Connection, code: number, reason: string): Promise<void> {
    await connection.close()
    phase = { name: 'closed' }
    emitter.emit('close', { code, reason, wasClean: true })
  }

  function setMuted(isMuted: boolean): void {
    const wasMuted = audio.isMuted
    if (isMuted) audio.mute()
    else audio.unmute()
    if (wasMuted !== isMuted) emitter.emit('muted', isMuted)
  }

  const currentConnection = () => ('connection' in phase ? phase.connection : undefined)

  return {
    audio: 'media',
    get state() {
      return phase.name === 'closing' ? 'open' : phase.name
    },
    get bufferedAmount() {
      return currentConnection()?.bufferedAmount ?? 0
    },
    get callId() {
      return callId
    },
    get peerConnection() {
      return currentConnection()?.peer
    },
    get remoteTrack() {
      return audio.remote?.track
    },
    get remoteStream() {
      return audio.remote?.stream
    },
    get isMuted() {
      return audio.isMuted
    },
    attach: audio.attach,
    mute: () => setMuted(true),
    unmute: () => setMuted(false),
    replaceTrack: audio.replaceTrack,
    async open(signal) {
      const closesBefore = closes
      if (phase.name === 'closing') await phase.done
      if (closes !== closesBefore) throw new TransportError('CLOSED', { code: 1000, reason: '' })
      if (phase.name === 'open') return
      throwIfAborted(signal)
      await (phase.name === 'opening' ? phase.outcome.promise : connect(signal))
    },
    send(frame) {
      if (phase.name === 'open') return phase.connection.send(frame)
      throw new TransportError('NOT_OPEN', { state: phase.name === 'closing' ? 'closed' : phase.name })
    },
    async close(code = 1000, reason = '') {
      assertCloseArguments(code, reason)
      closes += 1
      failOpening(new TransportError('CLOSED', { code, reason }))
      if (phase.name === 'closing') return phase.done
      if (phase.name !== 'open') {
        phase = { name: 'closed' }
        return
      }
      const { connection } = phase
      const done = closeOpen(connection, code, reason)
      phase = { name: 'closing', connection, done }
      return done
    },
    on: (type, listener) => emitter.on(type, listener),
  }
}
