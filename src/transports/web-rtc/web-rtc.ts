import { abortReason, throwIfAborted } from '../../internal/abort.js'
import { createDeferred, type Deferred } from '../../internal/deferred.js'
import { createEmitter } from '../../internal/emitter.js'
import { assertClosable } from '../close.js'
import { TransportError } from '../error.js'
import type { Transport, TransportEvents } from '../transport.js'
import { beginConnection, type Connection } from './connection.js'
import { createExchange } from './exchange.js'
import { connectionSettings, type WebRtcOptions } from './options.js'
import type { MediaTrack, PeerConnection, PlatformStream, PlatformTrack } from './peer.js'
import { createSoundLine, type RemoteSound, type StreamPlayer } from './sound.js'

/** What a WebRTC transport tells its listeners, beside what every transport tells. */
export interface WebRtcEvents<Track extends MediaTrack = PlatformTrack> extends TransportEvents {
  /** The other end's sound is there to be played, once for each connection. */
  remoteSound: RemoteSound<Track>
  /** How the connection stands: `connecting`, `connected`, `disconnected` (which may pass). */
  connectionState: string
  /**
   * `mute()` or `unmute()` could not change what the connection sends. The track itself is disabled or enabled. This happens only with
   * tracks that are not the browser's own.
   */
  trackError: TransportError<'REPLACE_TRACK_FAILED'>
}

/** A transport whose sound travels beside the events. */
export interface WebRtcTransport<Track extends MediaTrack = PlatformTrack> extends Transport {
  readonly audio: 'media'
  /** The call (`rtc_…`) of the last connection, if the answer named it: for `sideband` and for hanging up. */
  readonly callId: string | undefined
  /** The connection, while there is one: for `getStats`. */
  readonly peerConnection: PeerConnection | undefined
  /** What the other end says, while it is connected. */
  readonly remoteTrack: Track | undefined
  /** The same as a stream, where the runtime has streams. */
  readonly remoteStream: PlatformStream | undefined
  /** Plays what the other end says on an `<audio>` element, over all connections, until the answer is called. */
  attach(player: StreamPlayer): () => void
  /** Whether the microphone is silent. */
  readonly isMuted: boolean
  /** Silences the microphone: before, during and after a connection, and each track that replaces it. */
  mute(): void
  /** Ends `mute()`. A track that the app itself disabled stays disabled. */
  unmute(): void
  /**
   * Speaks into another track from now on, in connections to come too; `null` speaks into none. The track stays yours.
   * @throws {TransportError} `INVALID_OPTION` when the direction is not `sendrecv` or the track has no audio. `REPLACE_TRACK_FAILED` when
   *   the connection refuses the track; it then keeps the track that it had.
   */
  replaceTrack(track: Track | null): Promise<void>
  on<K extends keyof WebRtcEvents<Track>>(type: K, listener: (event: WebRtcEvents<Track>[K]) => void): () => void
}

/**
 * A WebRTC connection to a Realtime server: sound in a media track both ways, events in the data channel `oai-events`. It connects when it
 * is opened, and may be opened again after it closed; key and microphone are then asked for anew if they are functions.
 *
 * A connection that is interrupted is waited for (`disconnectTimeoutMs`), then closed with code 1006. When the server hangs up it is 1000.
 *
 * ```ts
 * const transport = webRTC({ key: 'ek_…', microphone: () => navigator.mediaDevices.getUserMedia({ audio: true }) })
 * transport.attach(document.querySelector('audio'))
 * ```
 * @throws {TransportError} `INVALID_OPTION` at once when the options contradict each other.
 */
export function webRTC<Track extends MediaTrack = PlatformTrack>(
  options: WebRtcOptions<Track>,
): WebRtcTransport<Track> {
  const settings = connectionSettings(options)
  const exchange = createExchange(options)
  const sound = createSoundLine<Track>(settings.direction)
  const emitter = createEmitter<WebRtcEvents<Track>>()
  sound.onRemote((remote) => emitter.emit('remoteSound', remote))
  sound.onTrackError((error) => emitter.emit('trackError', error))
  let state: Transport['state'] = 'idle'
  let connection: Connection | undefined
  let callId: string | undefined
  let opening: Deferred<void> | undefined
  let closing: Promise<void> | undefined

  /** Ends an opening that will not succeed. */
  function giveUp(error: unknown): void {
    const waiting = opening
    if (!waiting) return
    opening = undefined
    state = 'closed'
    connection?.abandon()
    connection = undefined
    waiting.reject(error)
  }

  async function connect(signal: AbortSignal | undefined): Promise<void> {
    const outcome = createDeferred<void>()
    const onAbort = () => giveUp(abortReason(signal))
    signal?.addEventListener('abort', onAbort, { once: true })
    opening = outcome
    state = 'opening'
    callId = undefined
    const begun = beginConnection(
      { settings, media: options, exchange, sound },
      {
        onOpen() {
          state = 'open'
          callId = begun.callId
          opening = undefined
          outcome.resolve()
          emitter.emit('open', undefined)
        },
        onMessage: (frame) => emitter.emit('message', frame),
        onState: (connectionState) => emitter.emit('connectionState', connectionState),
        onFailed: giveUp,
        onClose(close) {
          state = 'closed'
          connection = undefined
          emitter.emit('close', close)
        },
      },
    )
    connection = begun
    try {
      await outcome.promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async function closeOpen(current: Connection, code: number, reason: string): Promise<void> {
    await current.close()
    state = 'closed'
    connection = undefined
    closing = undefined
    emitter.emit('close', { code, reason, wasClean: true })
  }

  return {
    audio: 'media',
    get state() {
      return state
    },
    get bufferedAmount() {
      return connection?.bufferedAmount ?? 0
    },
    get callId() {
      return callId
    },
    get peerConnection() {
      return connection?.peer
    },
    get remoteTrack() {
      return sound.remote?.track
    },
    get remoteStream() {
      return sound.remote?.stream
    },
    get isMuted() {
      return sound.isMuted
    },
    attach: sound.attach,
    mute: sound.mute,
    unmute: sound.unmute,
    replaceTrack: sound.replaceTrack,
    async open(signal) {
      if (closing) await closing
      if (state === 'open') return
      throwIfAborted(signal)
      await (opening?.promise ?? connect(signal))
    },
    send(frame) {
      if (state !== 'open' || closing || !connection)
        throw new TransportError('NOT_OPEN', { state: state === 'open' ? 'closed' : state })
      connection.send(frame)
    },
    async close(code = 1000, reason = '') {
      assertClosable(code, reason)
      giveUp(new TransportError('CLOSED', { code, reason }))
      if (closing) return closing
      if (connection && state === 'open') {
        closing = closeOpen(connection, code, reason)
        return closing
      }
      state = 'closed'
    },
    on: (type, listener) => emitter.on(type, listener),
  }
}
