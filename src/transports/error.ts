import { defineErrors, isErrorOf, type MessageTable } from '../errors.js'

/** Data of a {@link TransportError} by code. URLs contain no query values that could be credentials. */
export interface TransportErrorData {
  /** The connection was refused, or failed before it was open. */
  CONNECT_FAILED: {
    /** URL without query values. */
    url: string
    /** HTTP status, if the runtime reports it. */
    status?: number
    /** Code of a TLS failure, if the runtime reports it. */
    tlsCode?: string
    /** Why the connection failed. */
    reason: string
    /** Delay that the server requested, in milliseconds. */
    retryAfterMs?: number
  }
  /** The connection was not open within `connectTimeoutMs`. */
  CONNECT_TIMEOUT: {
    /** URL without query values. */
    url: string
    /** The timeout, in milliseconds. */
    timeoutMs: number
  }
  /** The WebRTC negotiation failed. If there is an original error, it is the cause. */
  SIGNALING_FAILED: {
    /** The step that failed: creating the offer, exchanging it for an answer, or applying the answer. */
    phase: 'offer' | 'exchange' | 'answer'
    /** Why it failed. */
    reason: string
  }
  /** The transport was closed during the operation. */
  CLOSED: {
    /** WebSocket close code. */
    code: number
    /** Reason of the close. Can be empty. */
    reason: string
  }
  /** A frame was sent while the transport was not open. */
  NOT_OPEN: {
    /** State of the transport. */
    state: 'idle' | 'opening' | 'closed'
  }
  /** A frame is larger than the data channel allows. It was not sent, and the transport stays open. */
  FRAME_TOO_LARGE: {
    /** Size of the frame, in bytes. */
    bytes: number
    /** Maximum message size of the data channel, in bytes. */
    limitBytes: number
  }
  /** The server sent a frame above the size limit, and the connection was closed with code 1009. */
  RECEIVED_TOO_LARGE: {
    /** The limit, in bytes. */
    limitBytes: number
  }
  /** The data channel threw an error for a frame, which was not sent. The cause is that error. */
  SEND_FAILED: {
    /** Size of the frame, in bytes. */
    bytes: number
  }
  /** The peer connection rejected a new outgoing track. The cause is its error. */
  REPLACE_TRACK_FAILED: object
  /** All connection attempts of a reconnecting transport failed. The cause is the error of the last one. */
  RECONNECT_EXHAUSTED: {
    /** Number of attempts. */
    attempts: number
    /** Why the last attempt failed. */
    lastReason: string
  }
  /** An option is missing, conflicts with another one, or has an invalid value. */
  INVALID_OPTION: {
    /** Name of the option. */
    option: string
    /** What is wrong, such as `must be a non-empty string`. */
    problem: string
  }
  /** A standard API key would have been used where every visitor can read it. */
  KEY_EXPOSED: {
    /** Kind of runtime, such as `browser`. */
    runtime: string
  }
  /** The runtime lacks a feature that the transport needs. */
  UNSUPPORTED_RUNTIME: {
    /** The missing feature, such as `RTCPeerConnection`. */
    missing: string
  }
}

/** Codes of {@link TransportError}. */
export type TransportErrorCode = keyof TransportErrorData

const messages: MessageTable<TransportErrorData> = {
  CONNECT_FAILED: ({ url, status, reason }) =>
    `Could not connect to ${url}${status === undefined ? '' : ` (HTTP ${status})`}: ${reason}.`,
  CONNECT_TIMEOUT: ({ url, timeoutMs }) =>
    `The connection to ${url} was not open within ${timeoutMs} ms. Check the URL and the network, or raise connectTimeoutMs.`,
  SIGNALING_FAILED: ({ phase, reason }) => `The WebRTC ${phase} failed: ${reason}.`,
  CLOSED: ({ code, reason }) =>
    `The transport was closed (${code}${reason ? `: ${reason}` : ''}). Open it again to continue.`,
  NOT_OPEN: ({ state }) => `The transport is ${state}. Await open() before send().`,
  FRAME_TOO_LARGE: ({ bytes, limitBytes }) =>
    `The frame has ${bytes} bytes, but the data channel allows ${limitBytes}. Reduce it, or send it over a sideband connection.`,
  RECEIVED_TOO_LARGE: ({ limitBytes }) =>
    `The server sent a frame of more than ${limitBytes} bytes, so the connection was closed. Configure the server to send smaller frames.`,
  SEND_FAILED: ({ bytes }) =>
    `The data channel rejected a frame of ${bytes} bytes. Wait until bufferedAmount decreases.`,
  REPLACE_TRACK_FAILED: () =>
    'The peer connection rejected the outgoing track, and error.cause has the reason. Pass a live track to replaceTrack(), or open the transport again.',
  RECONNECT_EXHAUSTED: ({ attempts, lastReason }) =>
    `No connection after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} (${lastReason}). Check the network and the server, or raise maxAttempts.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  KEY_EXPOSED: ({ runtime }) =>
    `A standard API key must not be used in a ${runtime}, where every visitor can read it. Create a client secret (ek_…) on your server, or pass allowStandardKeyInBrowser: true if no one else can load this page.`,
  UNSUPPORTED_RUNTIME: ({ missing }) =>
    `This runtime has no ${missing}, which the transport needs. Use another transport or runtime.`,
}

/** Error of a transport: a failed connection, a frame that cannot be sent, or an invalid option. */
export class TransportError<
  Code extends TransportErrorCode = TransportErrorCode,
> extends /* @__PURE__ */ defineErrors<TransportErrorData>('TransportError', messages)<Code> {}

/**
 * Returns whether a value is a {@link TransportError}, optionally with a given code. Narrows the type of `data`.
 *
 * @example
 * ```ts
 * session.connect().catch((error: unknown) => {
 *   if (isTransportError(error, 'CONNECT_FAILED')) console.error(error.data.status)
 * })
 * ```
 */
export function isTransportError<Code extends TransportErrorCode = TransportErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: TransportError<C> }[Code] {
  return isErrorOf(value, 'TransportError', code)
}
