import type { TransportError } from './error.js'

/**
 * A pipe that carries text to a Realtime server and back. It never sees an event, so anything that can move strings can be one:
 * a socket, a data channel, a pair of functions in memory.
 */
export interface Transport {
  /** Where the pipe stands. A closed transport may be opened again unless its own documentation says otherwise. */
  readonly state: 'idle' | 'opening' | 'open' | 'closed'
  /** Whether sound rides in the events (`events`) or beside them in a media track (`media`). */
  readonly audio: 'events' | 'media'
  /**
   * Whether each connection begins a session of its own on the server, or joins one that is there already: then no `session.created`
   * comes, and what the server knows outlives a drop.
   * @default 'own'
   */
  readonly session?: 'own' | 'joined'
  /** Bytes that were accepted by `send` and have not left yet. */
  readonly bufferedAmount: number
  /**
   * Opens the pipe; resolves when frames can flow.
   * @throws {TransportError} `CONNECT_FAILED`, `CONNECT_TIMEOUT`, `CLOSED`, `INVALID_OPTION`, `KEY_EXPOSED`, `UNSUPPORTED_RUNTIME` or
   *   `RECONNECT_EXHAUSTED`.
   */
  open(signal?: AbortSignal): Promise<void>
  /**
   * Sends one frame.
   * @throws {TransportError} `NOT_OPEN`.
   */
  send(frame: string): void
  /** Closes the pipe; resolves when it is closed. A second call gives the same promise's outcome and does nothing more. */
  close(code?: number, reason?: string): Promise<void>
  /**
   * Abandons the open connection and opens another one by the transport's own retry policy, as if this attempt had failed with `cause`.
   * Sessions call it when a new connection opened and the session could not be restored over it. Only transports that reconnect have it.
   * Returns false, and does nothing, when the transport is not open or cannot reconnect.
   */
  reconnect?(cause: Error): boolean
  /** Subscribes to an event. Returns a function that unsubscribes. */
  on<K extends keyof TransportEvents>(type: K, listener: (event: TransportEvents[K]) => void): () => void
}

/** What a transport tells its listeners. */
export interface TransportEvents {
  /** Frames can flow. Every transport says so, each time that it has a connection; sessions wait for it. */
  open: undefined
  /** One frame arrived. */
  message: string
  /**
   * The pipe broke, or could not be opened, and another attempt follows; until the next `open` nothing can be sent. Only transports
   * that reconnect say so.
   */
  reconnecting: TransportReconnecting
  /** The pipe ended; it is said once for each time that it was open, and by a transport that reconnects once, when that is over. */
  close: TransportClose
}

/** One attempt to open a pipe again. */
export interface TransportReconnecting {
  /** The attempt that comes next, counted from 1 for each outage; the first attempt of `open()` counts and is not announced. */
  readonly attempt: number
  /** How long until then, in milliseconds; it may turn out shorter. */
  readonly delayMs: number
  /** How the pipe ended, the first time after each drop; then why the last attempt failed. */
  readonly cause: TransportClose | Error
}

/** How a pipe ended. */
export interface TransportClose {
  /** WebSocket close code; 1006 when the peer said none. */
  readonly code: number
  /** What the peer said, or an empty string. */
  readonly reason: string
  /** Whether both sides took leave in order. */
  readonly wasClean: boolean
  /** What went wrong, where the transport can say more than the code. */
  readonly error?: TransportError
}
