import { reportToHost } from '../../internal/emitter.js'
import { decodeUtf8 } from '../../internal/utf8.js'
import { isTransportError, TransportError } from '../error.js'
import type { TransportClose } from '../transport.js'
import type { Exchange } from './exchange.js'
import { createLine, type Line } from './line.js'
import { type ConnectionSettings, type Microphone, refuse, type WebRtcMediaOptions } from './options.js'
import { type DataChannel, listen, type MediaSource, type MediaTrack, type PeerConnection } from './peer.js'
import type { SoundLine } from './sound.js'

/** What one connection is made of. */
export interface ConnectionOptions<Track extends MediaTrack> {
  readonly settings: ConnectionSettings
  readonly media: WebRtcMediaOptions<Track>
  readonly exchange: Exchange
  readonly sound: SoundLine<Track>
}

/** What it tells; `onFailed` or `onClose` is the last. */
export interface ConnectionHandlers {
  onOpen(): void
  onMessage(frame: string): void
  /** How the peer connection stands, in the words of WebRTC. */
  onState(state: string): void
  /** It could not be opened. */
  onFailed(error: unknown): void
  /** It was open, and ended by itself. */
  onClose(close: TransportClose): void
}

/** One connection, from its offer to its end. */
export interface Connection {
  readonly peer: PeerConnection | undefined
  readonly callId: string | undefined
  readonly bufferedAmount: number
  /** @throws {TransportError} `NOT_OPEN`, `FRAME_TOO_LARGE`, `SEND_FAILED`. */
  send(frame: string): void
  /** Lets what was sent arrive, then ends it; no handler is called any more. */
  close(): Promise<void>
  /** Ends it at once; no handler is called any more. */
  abandon(): void
}

/** How long the other end may take to agree that a channel is closed, in milliseconds. */
const farewellMs = 1_000

/** Begins a connection. It is open when the answer fits, the peers are connected and the channel is open, in whatever order that comes. */
export function beginConnection<Track extends MediaTrack>(
  { settings, media, exchange, sound }: ConnectionOptions<Track>,
  handlers: ConnectionHandlers,
): Connection {
  const { clock } = settings
  const abort = new AbortController()
  const undo: (() => void)[] = []
  const early: string[] = []
  let phase: 'opening' | 'open' | 'ended' = 'opening'
  let isAnswered = false
  let channelFailure: 'broken' | 'aborted by peer' | undefined
  let isReleased = false
  let peer: PeerConnection | undefined
  let channel: DataChannel | undefined
  let line: Line | undefined
  let ownTracks: readonly MediaTrack[] = []
  let callId: string | undefined
  let cancelPatience = () => {}
  const cancelDeadline = clock.after(settings.connectTimeoutMs, () => {
    fail(new TransportError('CONNECT_TIMEOUT', { url: exchange.peer, timeoutMs: settings.connectTimeoutMs }))
  })

  /** The one way out: whatever was taken is given back here. */
  function release(): void {
    phase = 'ended'
    if (isReleased) return
    isReleased = true
    cancelDeadline()
    cancelPatience()
    abort.abort()
    for (const off of undo.splice(0)) off()
    line?.release()
    sound.release()
    const closers = [...ownTracks.map((track) => () => track.stop()), () => channel?.close(), () => peer?.close()]
    // A part that is closed already may throw; the others must still be closed.
    for (const close of closers) void (async () => close())().catch(() => {})
  }

  function fail(error: unknown): void {
    if (phase !== 'opening') return
    release()
    handlers.onFailed(error)
  }

  function end(close: TransportClose): void {
    if (phase !== 'open') return
    release()
    handlers.onClose(close)
  }

  const isOver = () => phase === 'ended'
  const lost = (reason: string) => end({ code: 1006, reason, wasClean: false })
  const hungUp = () => end({ code: 1000, reason: '', wasClean: true })

  function onState(): void {
    const state = peer?.connectionState ?? ''
    cancelPatience()
    cancelPatience = () => {}
    if (state === 'failed' || state === 'closed') {
      const reason = 'no path to the server was found; UDP may be blocked, connect over a WebSocket instead'
      fail(new TransportError('CONNECT_FAILED', { url: exchange.peer, reason }))
      if (channelFailure === 'aborted by peer') hungUp()
      else lost(`the connection ${state}`)
      return
    }
    if (state === 'disconnected' && phase === 'open')
      cancelPatience = clock.after(settings.disconnectTimeoutMs, () =>
        lost('the connection was interrupted for too long'),
      )
    handlers.onState(state)
    becomeOpen()
  }

  function onChannelClose(): void {
    fail(new TransportError('CLOSED', { code: 1006, reason: 'the data channel closed before it was open' }))
    if (channelFailure === 'broken') lost('the data channel broke')
    // A data channel closes without a code. A channel that closes without a failure means that the server hung up, and another call
    // would be unwanted.
    else hungUp()
  }

  function onChannelError(event: unknown): void {
    channelFailure = isAbortByPeer(event) ? 'aborted by peer' : 'broken'
  }

  function onMessage({ data }: { data: unknown }): void {
    const frame = textOf(data)
    if (frame === undefined) return
    if (phase === 'open') handlers.onMessage(frame)
    else early.push(frame)
  }

  function becomeOpen(): void {
    if (phase !== 'opening' || !isAnswered || !peer || !channel) return
    if (peer.connectionState !== 'connected' || channel.readyState !== 'open') return
    phase = 'open'
    cancelDeadline()
    line = createLine(channel, peer.sctp?.maxMessageSize, () => lost('the data channel takes no more'))
    handlers.onOpen()
    // The server speaks first, perhaps before this end knows that it is connected.
    for (const frame of early.splice(0)) if (phase === 'open') handlers.onMessage(frame)
  }

  async function negotiate(): Promise<void> {
    const microphone = await openMicrophone()
    if (isOver()) return
    const offer = await step('offer', async () => {
      const connection = makePeer(media)
      peer = connection
      channel = connection.createDataChannel('oai-events')
      undo.push(
        listen(connection, 'connectionstatechange', onState),
        listen(connection, 'track', (event) => sound.receive(event)),
        listen(channel, 'open', becomeOpen),
        listen(channel, 'message', onMessage),
        listen(channel, 'error', onChannelError),
        listen(channel, 'close', onChannelClose),
      )
      sound.prepare(connection, microphone)
      await connection.setLocalDescription((await connection.createOffer()) as never)
      return connection.localDescription?.sdp
    })
    if (isOver()) return
    if (!offer) throw new TransportError('SIGNALING_FAILED', { phase: 'offer', reason: 'there is no description' })
    const answer = await exchange.answer(offer, abort.signal)
    if (isOver()) return
    callId = answer.callId
    await step('answer', () => peer?.setRemoteDescription({ type: 'answer', sdp: answer.sdp }))
    isAnswered = true
    becomeOpen()
  }

  async function openMicrophone(): Promise<Microphone<Track> | undefined> {
    if (typeof media.microphone !== 'function') return media.microphone
    const microphone = await (media.microphone as () => Microphone<Track> | Promise<Microphone<Track>>)()
    if (!microphone) refuse('microphone', 'must be an audio track or a stream with one')
    ownTracks = tracksOf(microphone)
    if (isOver()) for (const track of ownTracks) track.stop()
    return microphone
  }

  negotiate().catch(fail)

  return {
    get peer() {
      return phase === 'ended' ? undefined : peer
    },
    get callId() {
      return callId
    },
    get bufferedAmount() {
      return line?.bufferedAmount ?? 0
    },
    send(frame) {
      if (phase !== 'open' || !line || channel?.readyState !== 'open')
        throw new TransportError('NOT_OPEN', { state: phase === 'opening' ? 'opening' : 'closed' })
      line.send(frame)
    },
    async close() {
      if (phase === 'open' && channel && peer?.connectionState === 'connected') {
        const current = channel
        phase = 'ended'
        cancelPatience()
        await new Promise<void>((resolve) => {
          const cancel = clock.after(farewellMs, resolve)
          undo.push(
            cancel,
            listen(current, 'close', () => resolve()),
          )
          current.close()
        })
      }
      release()
    },
    abandon: release,
  }
}

function makePeer<Track extends MediaTrack>({
  RTCPeerConnection,
  configuration,
}: WebRtcMediaOptions<Track>): PeerConnection {
  const Peer = RTCPeerConnection ?? (globalThis as { RTCPeerConnection?: unknown }).RTCPeerConnection
  if (typeof Peer !== 'function') throw new TransportError('UNSUPPORTED_RUNTIME', { missing: 'RTCPeerConnection' })
  try {
    return new (Peer as new (configuration?: object) => PeerConnection)(configuration)
  } catch (cause) {
    const reason = 'RTCPeerConnection could not be created; its error is the cause; check the option "configuration"'
    throw new TransportError('SIGNALING_FAILED', { phase: 'offer', reason }, { cause })
  }
}

function tracksOf(microphone: Microphone<MediaTrack>): readonly MediaTrack[] {
  const source = microphone as Partial<MediaSource>
  return typeof source?.getAudioTracks === 'function' ? source.getAudioTracks() : [microphone as MediaTrack]
}

/** The cause code of an SCTP `ABORT` that the peer sent on purpose, RFC 9260 section 3.3.10.12. */
const userInitiatedAbort = 12

/**
 * Whether a data channel failed because the server closed its peer connection. Browsers report this as an error before the close
 * (https://github.com/w3c/webrtc-pc/issues/3127), although it is an ordinary hang-up.
 */
function isAbortByPeer(event: unknown): boolean {
  const { error } = (event ?? {}) as { error?: { sctpCauseCode?: unknown; message?: unknown } | null }
  if (typeof error?.sctpCauseCode === 'number') return error.sctpCauseCode === userInitiatedAbort
  return typeof error?.message === 'string' && /^user[- ]initiated abort/i.test(error.message)
}

/** Runs a step of the negotiation. Throws a typed error with the original one as its cause. */
async function step<T>(phase: 'offer' | 'answer', run: () => T | Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (isTransportError(cause)) throw cause
    const reason = 'the peer connection refused it; its error is the cause'
    throw new TransportError('SIGNALING_FAILED', { phase, reason }, { cause })
  }
}

/** The service sends text alone; what other servers send as bytes is text too, or the codec will say that it is none. */
function textOf(data: unknown): string | undefined {
  if (typeof data === 'string') return data
  try {
    return decodeUtf8(data as ArrayBuffer)
  } catch {
    reportToHost(new TypeError('a data channel gave a message that is neither text nor bytes'))
    return undefined
  }
}
