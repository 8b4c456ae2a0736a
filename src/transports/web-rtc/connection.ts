import { reportToHost } from '../../internal/emitter.js'
import { decodeUtf8 } from '../../internal/utf8.js'
import { isTransportError, TransportError } from '../error.js'
import type { TransportClose } from '../transport.js'
import type { CallAudio } from './call-audio.js'
import { createDataChannelWriter, type DataChannelWriter } from './data-channel.js'
import { type ConnectionSettings, type Microphone, rejectOption, type WebRtcMediaOptions } from './options.js'
import { type DataChannel, listen, type MediaSource, type MediaTrack, type PeerConnection } from './peer-connection.js'
import type { Signaling } from './signaling.js'

/** Parts of a connection. */
export interface ConnectionOptions<Track extends MediaTrack> {
  readonly settings: ConnectionSettings
  readonly media: WebRtcMediaOptions<Track>
  readonly signaling: Signaling
  readonly audio: CallAudio<Track>
}

/** Callbacks of a connection. None is called after `onFailed` or `onClose`. */
export interface ConnectionHandlers {
  onOpen(): void
  onMessage(frame: string): void
  /** The `connectionState` of the peer connection changed. */
  onState(state: string): void
  /** The connection could not be opened. */
  onFailed(error: unknown): void
  /** The open connection closed without a call to `close()`. */
  onClose(close: TransportClose): void
}

/** A connection, from its offer to its close. */
export interface Connection {
  readonly peer: PeerConnection | undefined
  readonly callId: string | undefined
  readonly bufferedAmount: number
  /** @throws {TransportError} `NOT_OPEN`, `FRAME_TOO_LARGE`, `SEND_FAILED`. */
  send(frame: string): void
  /** Sends buffered frames, then closes. No callback is called afterwards. */
  close(): Promise<void>
  /** Closes immediately. No callback is called afterwards. */
  abandon(): void
}

/** How long the peer may take to close the data channel, in milliseconds. */
const channelCloseTimeoutMs = 1_000

/** The phase of a connection. While `closing`, the data channel is closing and no callback is called. */
type Phase =
  | { readonly name: 'opening'; readonly isAnswered: boolean }
  | { readonly name: 'open'; readonly writer: DataChannelWriter }
  | { readonly name: 'closing'; readonly writer: DataChannelWriter }
  | { readonly name: 'closed' }

/** Starts a connection. It is open when the answer is applied, the peers are connected, and the channel is open, in any order. */
export function startConnection<Track extends MediaTrack>(
  { settings, media, signaling, audio }: ConnectionOptions<Track>,
  handlers: ConnectionHandlers,
): Connection {
  const { clock } = settings
  const abort = new AbortController()
  const unsubscribe: (() => void)[] = []
  const earlyFrames: string[] = []
  let phase: Phase = { name: 'opening', isAnswered: false }
  let channelFailure: 'broken' | 'aborted by peer' | undefined
  let peer: PeerConnection | undefined
  let channel: DataChannel | undefined
  let ownTracks: readonly MediaTrack[] = []
  let callId: string | undefined
  let cancelDisconnectTimer = () => {}
  const cancelDeadline = clock.after(settings.connectTimeoutMs, () => {
    fail(new TransportError('CONNECT_TIMEOUT', { url: signaling.peer, timeoutMs: settings.connectTimeoutMs }))
  })

  /** Releases all resources. Every other function that closes the connection calls this one. */
  function release(): void {
    if (phase.name === 'closed') return
    if (phase.name !== 'opening') phase.writer.release()
    phase = { name: 'closed' }
    cancelDeadline()
    cancelDisconnectTimer()
    abort.abort()
    for (const off of unsubscribe.splice(0)) off()
    audio.release()
    const closers = [...ownTracks.map((track) => () => track.stop()), () => channel?.close(), () => peer?.close()]
    // A part that is already closed may throw. The others must still be closed.
    for (const close of closers) void (async () => close())().catch(() => {})
  }

  function fail(error: unknown): void {
    if (phase.name !== 'opening') return
    release()
    handlers.onFailed(error)
  }

  function end(close: TransportClose): void {
    if (phase.name !== 'open') return
    release()
    handlers.onClose(close)
  }

  const isClosed = () => phase.name === 'closed'
  const lost = (reason: string) => end({ code: 1006, reason, wasClean: false })
  const hangUp = () => end({ code: 1000, reason: '', wasClean: true })

  function onState(): void {
    const state = peer?.connectionState ?? ''
    cancelDisconnectTimer()
    cancelDisconnectTimer = () => {}
    if (state === 'failed' || state === 'closed') {
      const reason = 'no network path to the server was found; UDP may be blocked, so use a WebSocket'
      fail(new TransportError('CONNECT_FAILED', { url: signaling.peer, reason }))
      if (channelFailure === 'aborted by peer') hangUp()
      else lost(`the connection ${state}`)
      return
    }
    if (state === 'disconnected' && phase.name === 'open')
      cancelDisconnectTimer = clock.after(settings.disconnectTimeoutMs, () =>
        lost('the connection was interrupted for longer than disconnectTimeoutMs'),
      )
    handlers.onState(state)
    becomeOpen()
  }

  function onChannelClose(): void {
    fail(new TransportError('CLOSED', { code: 1006, reason: 'the data channel closed before it was open' }))
    if (channelFailure === 'broken') lost('the data channel broke')
    // A data channel closes without a code. A channel that closes without a failure means that the server hung up, and another call
    // would be unwanted.
    else hangUp()
  }

  function onChannelError(event: unknown): void {
    channelFailure = isAbortByPeer(event) ? 'aborted by peer' : 'broken'
  }

  function onMessage({ data }: { data: unknown }): void {
    const frame = textOf(data)
    if (frame === undefined) return
    if (phase.name === 'open') handlers.onMessage(frame)
    else if (phase.name === 'opening') earlyFrames.push(frame)
  }

  function becomeOpen(): void {
    if (phase.name !== 'opening' || !phase.isAnswered || !peer || !channel) return
    if (peer.connectionState !== 'connected' || channel.readyState !== 'open') return
    const onBroken = () => lost('the data channel rejected a frame')
    phase = { name: 'open', writer: createDataChannelWriter(channel, peer.sctp?.maxMessageSize, onBroken) }
    cancelDeadline()
    handlers.onOpen()
    // The server sends `session.created` first, which can arrive before this peer is connected.
    for (const frame of earlyFrames.splice(0)) if (phase.name === 'open') handlers.onMessage(frame)
  }

  async function negotiate(): Promise<void> {
    const microphone = await openMicrophone()
    if (isClosed()) return
    const offer = await negotiationStep('offer', async () => {
      const connection = createPeerConnection(media)
      peer = connection
      channel = connection.createDataChannel('oai-events')
      unsubscribe.push(
        listen(connection, 'connectionstatechange', onState),
        listen(connection, 'track', (event) => audio.receive(event)),
        listen(channel, 'open', becomeOpen),
        listen(channel, 'message', onMessage),
        listen(channel, 'error', onChannelError),
        listen(channel, 'close', onChannelClose),
      )
      audio.prepare(connection, microphone)
      await connection.setLocalDescription((await connection.createOffer()) as never)
      return connection.localDescription?.sdp
    })
    if (isClosed()) return
    if (!offer) {
      const reason = 'the peer connection has no local description'
      throw new TransportError('SIGNALING_FAILED', { phase: 'offer', reason })
    }
    const answer = await signaling.requestAnswer(offer, abort.signal)
    if (isClosed()) return
    callId = answer.callId
    await negotiationStep('answer', () => peer?.setRemoteDescription({ type: 'answer', sdp: answer.sdp }))
    // The connection may have been abandoned in the meantime.
    if (phase.name === 'opening') phase = { name: 'opening', isAnswered: true }
    becomeOpen()
  }

  async function openMicrophone(): Promise<Microphone<Track> | undefined> {
    if (typeof media.microphone !== 'function') return media.microphone
    const microphone = await (media.microphone as () => Microphone<Track> | Promise<Microphone<Track>>)()
    if (!microphone) rejectOption('microphone', 'must be an audio track or a stream with one')
    ownTracks = tracksOf(microphone)
    if (isClosed()) for (const track of ownTracks) track.stop()
    return microphone
  }

  negotiate().catch(fail)

  return {
    get peer() {
      return phase.name === 'open' || phase.name === 'opening' ? peer : undefined
    },
    get callId() {
      return callId
    },
    get bufferedAmount() {
      return phase.name === 'open' || phase.name === 'closing' ? phase.writer.bufferedAmount : 0
    },
    send(frame) {
      if (phase.name !== 'open' || channel?.readyState !== 'open')
        throw new TransportError('NOT_OPEN', { state: phase.name === 'opening' ? 'opening' : 'closed' })
      phase.writer.send(frame)
    },
    async close() {
      if (phase.name === 'open' && channel && peer?.connectionState === 'connected') {
        const current = channel
        phase = { name: 'closing', writer: phase.writer }
        cancelDisconnectTimer()
        await new Promise<void>((resolve) => {
          const cancel = clock.after(channelCloseTimeoutMs, resolve)
          unsubscribe.push(
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

function createPeerConnection<Track extends MediaTrack>({
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

/** Runs a step of the negotiation. Throws `SIGNALING_FAILED` with the original error as its cause. */
async function negotiationStep<T>(phase: 'offer' | 'answer', run: () => T | Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (isTransportError(cause)) throw cause
    const reason = 'the peer connection rejected it; its error is the cause'
    throw new TransportError('SIGNALING_FAILED', { phase, reason }, { cause })
  }
}

/** The service sends text. Other servers may send the same text as bytes. */
function textOf(data: unknown): string | undefined {
  if (typeof data === 'string') return data
  try {
    return decodeUtf8(data as ArrayBuffer)
  } catch {
    reportToHost(new TypeError('a data channel received a message that is neither text nor bytes'))
    return undefined
  }
}
