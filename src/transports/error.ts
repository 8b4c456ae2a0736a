import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'

/** Data of each transport error. URLs contain no query values that could be credentials. */
export interface TransportErrorData {
  /**
   * The connection was refused or failed before it was open. `status` is the HTTP status and `tlsCode` the code of a TLS failure, if the
   * runtime reports them. `retryAfterMs` is the delay that the server requested.
   */
  CONNECT_FAILED: { url: string; status?: number; tlsCode?: string; reason: string; retryAfterMs?: number }
  /** The handshake did not complete within `connectTimeoutMs`. */
  CONNECT_TIMEOUT: { url: string; timeoutMs: number }
  /**
   * The WebRTC negotiation failed in one of its phases: creating the `offer`, the `exchange` of offer and answer, or applying the `answer`.
   * The original error is the cause.
   */
  SIGNALING_FAILED: { phase: 'offer' | 'exchange' | 'answer'; reason: string }
  /** The transport was closed while an operation was pending. */
  CLOSED: { code: number; reason: string }
  /** A frame was sent while the transport was not open. */
  NOT_OPEN: { state: 'idle' | 'opening' | 'closed' }
  /** A frame exceeds the maximum message size of the data channel. Nothing was sent, and the transport stays open. */
  FRAME_TOO_LARGE: { bytes: number; limitBytes: number }
  /** The server sent a frame above the size limit, and the connection was closed with code 1009. */
  RECEIVED_TOO_LARGE: { limitBytes: number }
  /** The data channel rejected a frame. Nothing was sent. */
  SEND_FAILED: { bytes: number }
  /** The peer connection rejected the new outgoing track. Its error is the cause. */
  REPLACE_TRACK_FAILED: object
  /** All attempts of an outage failed. `attempts` is their number, and the error of the last one is the cause. */
  RECONNECT_EXHAUSTED: { attempts: number; lastReason: string }
  /** An option is missing, conflicts with another, or has an invalid value. */
  INVALID_OPTION: { option: string; problem: string }
  /** A standard API key would have been used in a runtime where every visitor can read it. */
  KEY_EXPOSED: { runtime: string }
  /** This runtime lacks a feature that the transport needs. */
  UNSUPPORTED_RUNTIME: { missing: string }
}

export type TransportErrorCode = keyof TransportErrorData

const messages: MessageTable<TransportErrorData> = {
  CONNECT_FAILED: ({ url, status, reason }) =>
    `Could not connect to ${url}${status === undefined ? '' : ` (HTTP ${status})`}: ${reason}.`,
  CONNECT_TIMEOUT: ({ url, timeoutMs }) =>
    `${url} did not complete the handshake within ${timeoutMs} ms; check the URL and the network, or raise connectTimeoutMs.`,
  SIGNALING_FAILED: ({ phase, reason }) => `The WebRTC ${phase} failed: ${reason}.`,
  CLOSED: ({ code, reason }) =>
    `The transport was closed (${code}${reason ? `: ${reason}` : ''}); open it again to continue.`,
  NOT_OPEN: ({ state }) => `The transport is ${state}; await open() before send().`,
  FRAME_TOO_LARGE: ({ bytes, limitBytes }) =>
    `A frame of ${bytes} bytes exceeds the limit of the data channel, ${limitBytes} bytes; send smaller frames, or send it over a sideband.`,
  RECEIVED_TOO_LARGE: ({ limitBytes }) =>
    `The server sent a frame of more than ${limitBytes} bytes, so the connection was closed; configure the server to send smaller frames.`,
  SEND_FAILED: ({ bytes }) =>
    `The data channel rejected a frame of ${bytes} bytes; wait until bufferedAmount falls, or open the transport again.`,
  REPLACE_TRACK_FAILED: () =>
    'The peer connection rejected the outgoing track; its error is the cause. Pass a live track to replaceTrack(), or close the transport and open it again.',
  RECONNECT_EXHAUSTED: ({ attempts, lastReason }) =>
    `No connection after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} (${lastReason}); check the network and the server, or raise maxAttempts.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  KEY_EXPOSED: ({ runtime }) =>
    `A standard API key must not be used in a ${runtime}, where every visitor can read it; mint a client secret (ek_…) on your server, or pass allowStandardKeyInBrowser: true if no one else can load this page.`,
  UNSUPPORTED_RUNTIME: ({ missing }) =>
    `This runtime has no ${missing}, which the transport needs; use another transport or runtime.`,
}

/** An error of a transport: connecting, sending, or invalid options. */
export class TransportError<Code extends TransportErrorCode = TransportErrorCode> extends RealtimeError<
  Code,
  TransportErrorData[Code]
> {
  constructor(code: Code, data: TransportErrorData[Code], options?: ErrorOptions) {
    super('TransportError', code, messages[code](data), data, options)
  }
}

/** Returns whether a value is a {@link TransportError}, optionally with a given code. Narrows the type of `data`. */
export function isTransportError<Code extends TransportErrorCode = TransportErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: TransportError<C> }[Code] {
  return isErrorOf(value, 'TransportError', code)
}
