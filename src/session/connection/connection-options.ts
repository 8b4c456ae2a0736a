import type { Clock } from '../../internal/clock.js'
import type { Codec, InvalidEvent, UnknownEvent } from '../../protocol/codec.js'
import type { Transport } from '../../transports/transport.js'
import type { Restored, SessionStatus } from '../events.js'
import type { EventsOptions, RequestOptions, SessionClose, WaitForOptions, WaitOptions } from '../options.js'

/** The least that a core must know of an event it sends. */
export interface ClientFrame {
  readonly type: string
  readonly event_id?: string | undefined
}

/** What every session consists of, whatever it speaks. */
export interface ConnectionOptions<Client extends ClientFrame, Server extends { type: string }> {
  readonly transport: Transport
  readonly codec: Codec<Client, Server>
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  /** How much sound may wait while there is no connection, in bytes of frames. */
  readonly maxWaitingAudioBytes: number
  /** How much the transport may buffer before sound waits here, in bytes. */
  readonly highWaterMark: number
  /**
   * How much of the audio that was sent last must be sent again to a new server, in bytes of frames; `Infinity` for all that is not settled.
   * At most `maxWaitingAudioBytes` of it are kept; the rest is reported as dropped. Called whenever a frame of audio has left, and without a
   * frame when the connection is lost.
   */
  readonly unsettledAudioBytes: (frame?: string) => number
  /**
   * Whether an event empties the server's whole input buffer. Without it every commit and clear does. Where it returns false,
   * `unsettledAudioBytes` alone decides what is sent again after a drop.
   */
  readonly emptiesInputBuffer?: (event: Server) => boolean
  /** What is still to be agreed with the server after its `session.created`, or at once where a running session is joined. */
  readonly configure: (link: Link<Client, Server>) => Promise<void>
  /** What a new session on the server must be told of before, once it is configured; at the first connection that is nothing. */
  readonly restore: (link: Link<Client, Server>) => Promise<Restored>
  /** Sees each event that is sent, also one that waits for a connection. */
  readonly sent: (event: Client) => void
  /** Sees the `event_id` of each event that has left on the current connection. */
  readonly left?: (eventId: string | undefined) => void
  /** Sees each event before any listener does; true keeps it from the listeners of its type. */
  readonly receive: (event: Server) => boolean
  readonly receiveInvalid: (event: InvalidEvent) => void
  /** Runs when the status changes and nothing else does. */
  readonly onStatus: (status: SessionStatus) => void
  /** The listeners of `status` were called: what they sent goes before what waited. */
  readonly afterStatus?: (status: SessionStatus) => void
  /**
   * Runs when the connection is lost, with the status from then on. It must change the status, the state, the playback and the responses
   * together, so that no subscriber sees the new status beside a response of the lost connection.
   */
  readonly onLost: (status: SessionStatus) => void
  /** Runs once, before listeners receive `close`. It changes the status to `closed` together with everything that ends. */
  readonly onClose: (close: SessionClose) => void
}

/** The server, past everything that waits its turn. */
export interface Link<Client, Server> {
  request(event: Client): Promise<Server>
}

/** A session without state: the wire, waiting, and the end. `ByType` maps every event, local ones included, to its shape. */
export interface Connection<Client extends ClientFrame, Server extends { type: string }, ByType> {
  readonly status: SessionStatus
  readonly closed: Promise<SessionClose>
  connect(options?: { signal?: AbortSignal | undefined }): Promise<void>
  send(event: Client): string
  /** Sends an event that nobody will ask about again: without a name, for what is sent fifty times a second. */
  post(event: Client): void
  request(event: Client, options?: RequestOptions): Promise<Server>
  on<K extends keyof ByType>(type: K, listener: (event: ByType[K]) => void): () => void
  /** Takes back an event that has not left yet; false when it has. */
  withdraw(eventId: string): boolean
  /** Tells listeners of something that no server said; false when there are none. */
  emit<K extends keyof ByType>(type: K, event: ByType[K]): boolean
  events(options?: EventsOptions): AsyncIterableIterator<Server | UnknownEvent>
  waitFor<K extends keyof ByType>(type: K, options?: WaitForOptions<ByType[K]>): Promise<ByType[K]>
  /** Resolves when nothing waits and the transport has room. */
  drained(options?: WaitOptions): Promise<void>
  /** Leaves the server's session for a new one, as after a drop. */
  rotate(): Promise<void>
  close(code?: number, reason?: string): Promise<void>
}
