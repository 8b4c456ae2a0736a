import type { Clock } from '../../internal/clock.js'
import type { Codec, Decoded, InvalidEvent, UnknownEvent } from '../../protocol/codec.js'
import type { Transport } from '../../transports/transport.js'
import type { ReconnectAttempt, Restored, SessionStatus } from '../events.js'
import type { EventsOptions, RequestOptions, SessionClose, WaitForOptions, WaitOptions } from '../options.js'
import type { AcknowledgementOf } from './acknowledgements.js'

/** The fields of a client event that a connection uses. */
export interface ClientFrame {
  readonly type: string
  readonly event_id?: string | undefined
}

/** Options of a connection, which is the part that all kinds of sessions share. */
export interface ConnectionOptions<Client extends ClientFrame, Server extends { type: string }> {
  readonly transport: Transport
  /** Called for each frame, because the next connection may lead to a server with another dialect. */
  readonly getCodec: () => Codec<Client, Server>
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  /** How much audio may wait to be sent, in bytes of its frames. */
  readonly maxWaitingAudioBytes: number
  /** How much the transport may buffer before audio waits in the session, in bytes. */
  readonly highWaterMark: number
  /**
   * Returns how much of the audio that was sent last must be sent again to a new server, in bytes of its frames; `Infinity` for all that is
   * not acknowledged. At most `maxWaitingAudioBytes` of it are kept; the rest is reported as dropped.
   */
  readonly unsettledAudioBytes: () => number
  /** Receives the length of each append that has left, in bytes of audio and in bytes of its frame. */
  readonly onAudioSent?: (audioBytes: number, frameBytes: number) => void
  /**
   * Whether an event empties the server's whole input buffer. Without it every commit and clear does. Where it returns false,
   * `unsettledAudioBytes` alone decides what is sent again after a drop.
   */
  readonly emptiesInputBuffer?: (event: Server) => boolean
  /** Sends the configuration: after `session.created`, or at once where an existing session is joined. */
  readonly configure: (handshake: Handshake<Client, Server>) => Promise<void>
  /** Sends the history to a new session on the server, after the configuration. */
  readonly restore: (handshake: Handshake<Client, Server>) => Promise<Restored>
  /** Connects the stages that decoded events pass before the session. Without it, events are delivered at once. */
  readonly connectStages?: (deliver: (decoded: Decoded<Server>) => void) => ConnectedStages<Server>
  /** Adds to a received event what its server leaves out and this library relies on. */
  readonly complete?: (event: Server) => void
  /** Returns the event that the server left out before a received one. */
  readonly startBefore?: (event: Server) => Server | undefined
  /** Receives each event that is sent, before it leaves. It may have to wait for a connection. */
  readonly beforeSend?: (event: Client) => void
  /**
   * Receives each event before the listeners, with the sent events that it acknowledges. If it returns true, the listeners do not receive the
   * event.
   */
  readonly receive: (event: Server, acknowledged: readonly Client[]) => boolean
  /** Receives an event that cannot be used, with the sent events that it may acknowledge. */
  readonly receiveInvalid: (event: InvalidEvent, acknowledged: readonly Client[]) => void
  readonly receiveUnknown?: (event: UnknownEvent) => void
  /** Runs when the status changes and nothing else does. */
  readonly onStatus: (status: SessionStatus, reconnect: ReconnectAttempt | undefined) => void
  /** The listeners of `status` were called: what they sent goes before what waited. */
  readonly afterStatus?: (status: SessionStatus) => void
  /**
   * Runs when the connection is lost, with the status from then on. It must change the status, the state, the playback and the responses
   * together, so that no subscriber sees the new status beside a response of the lost connection.
   */
  readonly onConnectionLost: (status: SessionStatus, reconnect: ReconnectAttempt | undefined) => void
  /** Runs once, before listeners receive `close`. It changes the status to `closed` together with everything that ends. */
  readonly onClose: (close: SessionClose) => void
}

/** The stages of a connection. */
export interface ConnectedStages<Server> {
  /** Takes a decoded frame and its length in characters. */
  receive(decoded: Decoded<Server>, frameLength: number): void
  /** Drops held events: their connection was lost, closed, or replaced. */
  reset(): void
}

/** Sends requests during the handshake, ahead of everything that waits. */
export interface Handshake<Client, Server> {
  request(event: Client): Promise<Server>
}

/** A session without state: sending, receiving, waiting, and closing. `ByType` maps each event type, local ones included, to its event. */
export interface Connection<Client extends ClientFrame, Server extends { type: string }, ByType> {
  getStatus(): SessionStatus
  readonly closed: Promise<SessionClose>
  connect(options?: { signal?: AbortSignal | undefined }): Promise<void>
  /** Sends an event and returns its `event_id`. */
  send(event: Client): string
  /** Sends an event as it is, without an `event_id`. Used for audio, which the service does not acknowledge. */
  sendUnacknowledged(event: Client): void
  /** Sends an event, by `send` if it is given, and resolves with its acknowledgement. */
  request<Type extends Client['type']>(
    event: Client & { readonly type: Type },
    options?: RequestOptions,
    send?: (event: Client) => void,
  ): Promise<AcknowledgementOf<Type, Server>>
  /** Returns the requests that were not acknowledged. */
  unacknowledged(): readonly Client[]
  /** Returns whether an event of this type was sent on the current connection and is not acknowledged. */
  awaitsReply(type: Client['type']): boolean
  on<K extends keyof ByType>(type: K, listener: (event: ByType[K]) => void): () => void
  /** Removes an event that has not left yet. Returns false when it has. */
  cancelPending(eventId: string): boolean
  /** Emits a local event. */
  emit<K extends keyof ByType>(type: K, event: ByType[K]): void
  hasListeners(type: keyof ByType): boolean
  /** Processes an event as if the server had sent it. */
  dispatch(event: Server): void
  events(options?: EventsOptions): AsyncIterableIterator<Server | UnknownEvent>
  waitFor<K extends keyof ByType>(type: K, options?: WaitForOptions<ByType[K]>): Promise<ByType[K]>
  /** Resolves when nothing waits and the transport has room. */
  drained(options?: WaitOptions): Promise<void>
  /** Leaves the session on the server and opens a new one. It is restored as after a drop. */
  rotate(): Promise<void>
  close(code?: number, reason?: string): Promise<void>
}
