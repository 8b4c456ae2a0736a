import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'

/** What each transport error knows. URLs in it carry no query value that could be a credential. */
export interface TransportErrorData {
  /**
   * The connection was refused or failed before it was open. `status` is the HTTP status and `tlsCode` the code of a TLS failure, where
   * the runtime tells them.
   */
  CONNECT_FAILED: { url: string; status?: number; tlsCode?: string; reason: string; retryAfterMs?: number }
  /** The peer did not finish the handshake in time. */
  CONNECT_TIMEOUT: { url: string; timeoutMs: number }
  /**
   * The two ends of a WebRTC connection did not come to terms: `offer` could not be made, `exchange` brought no answer, or the `answer` does
   * not fit. What was thrown is the cause.
   */
  SIGNALING_FAILED: { phase: 'offer' | 'exchange' | 'answer'; reason: string }
  /** The pipe was closed while something waited for it. */
  CLOSED: { code: number; reason: string }
  /** A frame was sent while the pipe was not open. */
  NOT_OPEN: { state: 'idle' | 'opening' | 'closed' }
  /** A frame was longer than a data channel carries in one message; nothing was sent, and the pipe is as it was. */
  FRAME_TOO_LARGE: { bytes: number; limitBytes: number }
  /** The server sent a frame that is longer than this side accepts, and the connection was closed with code 1009. */
  RECEIVED_TOO_LARGE: { limitBytes: number }
  /** The runtime did not take a frame; nothing of it was sent. */
  SEND_FAILED: { bytes: number }
  /** The peer connection refused another outgoing track; its error is the cause. */
  REPLACE_TRACK_FAILED: object
  /** No attempt of an outage succeeded; `attempts` is how many there were, and the error of the last one is the cause. */
  RECONNECT_EXHAUSTED: { attempts: number; lastReason: string }
  /** An option is missing, contradicts another, or has a value that cannot work. */
  INVALID_OPTION: { option: string; problem: string }
  /** A standard API key was about to be used where every visitor could read it. */
  KEY_EXPOSED: { runtime: string }
  /** This runtime lacks something that the transport needs. */
  UNSUPPORTED_RUNTIME: { missing: string }
}

export type TransportErrorCode = keyof TransportErrorData

const messages: MessageTable<TransportErrorData> = {
  CONNECT_FAILED: ({ url, status, reason }) =>
    `Could not connect to ${url}${status === undefined ? '' : ` (HTTP ${status})`}: ${reason}.`,
  CONNECT_TIMEOUT: ({ url, timeoutMs }) =>
    `${url} did not answer the handshake within ${timeoutMs} ms; check the address and the network, or raise connectTimeoutMs.`,
  SIGNALING_FAILED: ({ phase, reason }) => `The WebRTC ${phase} failed: ${reason}.`,
  CLOSED: ({ code, reason }) =>
    `The transport was closed (${code}${reason ? `: ${reason}` : ''}); open it again to go on.`,
  NOT_OPEN: ({ state }) => `The transport is ${state}; await open() before send().`,
  FRAME_TOO_LARGE: ({ bytes, limitBytes }) =>
    `A frame of ${bytes} bytes does not fit into a data channel, which carries ${limitBytes}; send less at once, or send it over a sideband.`,
  RECEIVED_TOO_LARGE: ({ limitBytes }) =>
    `The server sent a frame of more than ${limitBytes} bytes, so the connection was closed; have the server send less in one frame.`,
  SEND_FAILED: ({ bytes }) =>
    `The data channel did not take a frame of ${bytes} bytes; wait until it has room, or open it again.`,
  REPLACE_TRACK_FAILED: () =>
    'The peer connection refused the outgoing track; its error is the cause. Pass a live track to replaceTrack(), or close the transport and open it again.',
  RECONNECT_EXHAUSTED: ({ attempts, lastReason }) =>
    `No connection after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} (${lastReason}); check the network and the server, or raise maxAttempts.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  KEY_EXPOSED: ({ runtime }) =>
    `A standard API key must not be used in a ${runtime}, where every visitor can read it; mint a client secret (ek_…) on your server, or pass allowStandardKeyInBrowser: true if nobody else can load this page.`,
  UNSUPPORTED_RUNTIME: ({ missing }) => `This runtime has no ${missing}; the transport cannot work without it.`,
}

/** A failure of a transport: connecting, sending, or how it was set up. */
export class TransportError<Code extends TransportErrorCode = TransportErrorCode> extends RealtimeError<
  Code,
  TransportErrorData[Code]
> {
  constructor(code: Code, data: TransportErrorData[Code], options?: ErrorOptions) {
    super('TransportError', code, messages[code](data), data, options)
  }
}

/** Whether a value is a {@link TransportError}, of the given code if one is given; it narrows `data`. */
export function isTransportError<Code extends TransportErrorCode = TransportErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: TransportError<C> }[Code] {
  return isErrorOf(value, 'TransportError', code)
}
