import type { ServerDialect } from './dialect.js'
import type { TransportError } from './error.js'

/**
 * Carries text frames to a Realtime server and back, for example over a WebSocket, a data channel, or in memory. A transport does not parse
 * events.
 */
export interface Transport {
  /** State of the connection. A closed transport can be opened again unless its documentation says otherwise. */
  readonly state: 'idle' | 'opening' | 'open' | 'closed'
  /** Audio mode: inside events (`events`) or on media tracks (`media`). */
  readonly audio: 'events' | 'media'
  /**
   * Whether each connection creates a session on the server (`own`) or joins an existing one (`joined`). A joined connection gets no
   * `session.created`, and the server keeps the session when the connection is lost.
   * @defaultValue 'own'
   */
  readonly session?: 'own' | 'joined'
  /**
   * Dialect of the server that the transport connects to. It may change with each connection.
   * @defaultValue the GA protocol of OpenAI
   */
  readonly dialect?: ServerDialect | undefined
  /** Bytes that were accepted by `send` and not yet sent. */
  readonly bufferedAmount: number
  /**
   * Opens the connection. Resolves when frames can be sent. Concurrent calls share one attempt.
   * @throws {TransportError} `CONNECT_FAILED`, `CONNECT_TIMEOUT`, `CLOSED`, `INVALID_OPTION`, `KEY_EXPOSED`, `UNSUPPORTED_RUNTIME` or
   *   `RECONNECT_EXHAUSTED`.
   */
  open(signal?: AbortSignal): Promise<void>
  /**
   * Sends one frame.
   * @throws {TransportError} `NOT_OPEN`.
   */
  send(frame: string): void
  /** Closes the connection. Resolves when it is closed. Concurrent calls settle together. */
  close(code?: number, reason?: string): Promise<void>
  /**
   * Replaces the open connection by the retry policy of the transport, as if the attempt had failed with `cause`. Sessions call it when a
   * session could not be restored over a new connection. Only transports that reconnect have this method.
   *
   * Returns `false`, and does nothing, when the transport is not open or cannot reconnect.
   */
  reconnect?(cause: Error): boolean
  /**
   * Continues with the next server after one could not start or restore a session, also for reasons that a retry does not change, such as a
   * rejected key. Only transports with several servers have this method.
   *
   * Returns `false`, and does nothing, when no server is left.
   */
  failOver?(cause: Error): boolean
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof TransportEvents>(type: K, listener: (event: TransportEvents[K]) => void): () => void
}

/** Events of a transport. */
export interface TransportEvents {
  /** The connection is open. Emitted for each connection. */
  open: undefined
  /** A frame arrived. */
  message: string
  /**
   * The connection was lost, or an attempt failed, and another attempt follows. Frames cannot be sent until the next `open`. Only transports
   * that reconnect emit it.
   */
  reconnecting: TransportReconnecting
  /** The connection closed. Emitted once per open connection. Transports that reconnect emit it once, when they stop retrying. */
  close: TransportClose
}

/** An upcoming attempt to reconnect. */
export interface TransportReconnecting {
  /** Number of the next attempt, from 1 in each outage. The first attempt of `open()` counts, and has no event. */
  readonly attempt: number
  /** Delay before the attempt in milliseconds. In browsers it can end earlier, when the network returns or the page becomes visible. */
  readonly delayMs: number
  /** The close of the lost connection, or the error of the last attempt. */
  readonly cause: TransportClose | Error
}

/** How a connection closed. */
export interface TransportClose {
  /** WebSocket close code. 1006 when the connection was lost without a close frame. */
  readonly code: number
  /** Reason that the peer sent, or an empty string. */
  readonly reason: string
  /** Whether both peers completed the closing handshake. */
  readonly wasClean: boolean
  /** Error with more details than the code, if the transport has one. */
  readonly error?: TransportError
}
