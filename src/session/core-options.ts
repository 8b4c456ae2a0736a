import type { Clock } from '../internal/clock.js'
import type { Codec, InvalidEvent } from '../protocol/codec.js'
import type { Transport } from '../transports/transport.js'
import type { Restored, SessionStatus } from './events.js'
import type { SessionClose } from './options.js'

/** The least that a core must know of an event it sends. */
export interface ClientFrame {
  readonly type: string
  readonly event_id?: string | undefined
}

/** What every session consists of, whatever it speaks. */
export interface CoreOptions<Client extends ClientFrame, Server extends { type: string }> {
  readonly transport: Transport
  readonly codec: Codec<Client, Server>
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  /** How much sound may wait while there is no connection, in bytes of frames. */
  readonly maxWaitingAudioBytes: number
  /** How much the transport may buffer before sound waits here, in bytes. */
  readonly highWaterMark: number
  /** How much of the sound that was sent and not committed must be told to a new server, in bytes of frames. */
  readonly unsettledAudioBytes: () => number
  /** What is still to be agreed with the server after its `session.created`, or at once where a running session is joined. */
  readonly configure: (link: Link<Client, Server>) => Promise<void>
  /** What a new session on the server must be told of before, once it is configured; at the first connection that is nothing. */
  readonly restore: (link: Link<Client, Server>) => Promise<Restored>
  /** Sees each event that is sent. */
  readonly sent: (event: Client) => void
  /** Sees each event before any listener does; true keeps it from the listeners of its type. */
  readonly receive: (event: Server) => boolean
  readonly receiveInvalid: (event: InvalidEvent) => void
  readonly onStatus: (status: SessionStatus) => void
  /** Runs when the connection drops and the transport tries again. */
  readonly onLost: () => void
  /** Runs once, before listeners hear of the end. */
  readonly onClose: (close: SessionClose) => void
}

/** The server, past everything that waits its turn. */
export interface Link<Client, Server> {
  request(event: Client): Promise<Server>
}
