import type { Clock } from '../../internal/clock.js'
import type { Codec, Decoded, InvalidEvent, UnknownEvent } from '../../protocol/codec.js'
import type { Transport } from '../../transports/transport.js'
import type { ReconnectAttempt, Restored, SessionStatus } from '../events.js'
import type { SessionClose } from '../options.js'

/** The fields of a client event that a connection uses. */
export interface ClientFrame {
  readonly type: string
  readonly event_id?: string | undefined
}

/** The field of a server event that every connection uses. */
export interface ServerFrame {
  readonly type: string
}

/** Options of a connection, which is the part that all kinds of sessions share. */
export interface ConnectionOptions<Client extends ClientFrame, Server extends ServerFrame, Session = unknown>
  extends ConnectionSettings {
  readonly handlers: ConnectionHandlers<Client, Server, Session>
  /** What the handlers receive as their last argument. */
  readonly session: Session
}

/** The settings of a connection. */
export interface ConnectionSettings {
  readonly transport: Transport
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  /** How much audio may wait to be sent, in bytes of its frames. */
  readonly maxWaitingAudioBytes: number
  /** How much the transport may buffer before audio waits in the session, in bytes. */
  readonly highWaterMark: number
}

/**
 * What a connection calls of its session. The session is the last argument of each function, so that all sessions of a kind can share the
 * functions: a closure for each would take memory that the processor has to load with every event.
 */
export interface ConnectionHandlers<Client extends ClientFrame, Server extends ServerFrame, Session> {
  /** Called for each frame, because the next connection may lead to a server with another dialect. */
  getCodec(session: Session): Codec<Client, Server>
  /**
   * Returns how much of the audio that was sent last must be sent again to a new server, in bytes of its frames; `Infinity` for all that is
   * not acknowledged. At most `maxWaitingAudioBytes` of it are kept; the rest is reported as dropped.
   */
  unsettledAudioBytes(session: Session): number
  /** Receives the length of each append that has left, in bytes of audio and in bytes of its frame. */
  onAudioSent?(audioBytes: number, frameBytes: number, session: Session): void
  /**
   * Whether an event empties the server's whole input buffer. Without it every commit and clear does. Where it returns false,
   * `unsettledAudioBytes` alone decides what is sent again after a drop.
   */
  emptiesInputBuffer?(event: Server, session: Session): boolean
  /** Sends the configuration: after `session.created`, or at once where an existing session is joined. */
  configure(handshake: Handshake<Client, Server>, session: Session): Promise<void>
  /** Sends the history to a new session on the server, after the configuration. */
  restore(handshake: Handshake<Client, Server>, session: Session): Promise<Restored>
  /** Connects the stages that decoded events pass before the session. Returns `undefined` when there are none. */
  connectStages?(deliver: (decoded: Decoded<Server>) => void, session: Session): ConnectedStages<Server> | undefined
  /** Adds to a received event, which is no delta, what its server leaves out and this library relies on. */
  complete?(event: Server): void
  /** Returns the event that the server left out before a received one. */
  startBefore?(event: Server, session: Session): Server | undefined
  /** Receives each event that is sent, before it leaves. It may have to wait for a connection. */
  beforeSend?(event: Client, session: Session): void
  /**
   * Receives each event before the listeners, with the sent events that it acknowledges. If it returns true, the listeners do not receive the
   * event.
   */
  receive(event: Server, acknowledged: readonly Client[], session: Session): boolean
  /** Receives deltas, which are nine of ten events and acknowledge nothing. Without it, `receive` does. Returns what `receive` returns. */
  receiveDelta?(event: Server, session: Session): boolean
  /** Receives an event that cannot be used, with the sent events that it may acknowledge. */
  receiveInvalid(event: InvalidEvent, acknowledged: readonly Client[], session: Session): void
  receiveUnknown?(event: UnknownEvent, session: Session): void
  /** Runs when the status changes and nothing else does. */
  onStatus(status: SessionStatus, reconnect: ReconnectAttempt | undefined, session: Session): void
  /** The listeners of `status` were called: what they sent goes before what waited. */
  afterStatus?(status: SessionStatus, session: Session): void
  /**
   * Runs when the connection is lost, with the status from then on. It must change the status, the state, the playback and the responses
   * together, so that no subscriber sees the new status beside a response of the lost connection.
   */
  onConnectionLost(status: SessionStatus, reconnect: ReconnectAttempt | undefined, session: Session): void
  /** Runs once, before listeners receive `close`. It changes the status to `closed` together with everything that ends. */
  onClose(close: SessionClose, session: Session): void
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
