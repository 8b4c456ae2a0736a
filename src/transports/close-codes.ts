import { utf8Length } from '../internal/utf8.js'
import { TransportError } from './error.js'
import type { TransportClose } from './transport.js'

/** Meaning of a close code, and whether a new connection can help. */
export interface CloseMeaning {
  /** `normal`: an orderly close. `transient`: another attempt may succeed. `fatal`: another attempt would end in the same way. */
  readonly kind: 'normal' | 'transient' | 'fatal'
  /** Description of the close code. */
  readonly meaning: string
}

/** Codes of RFC 6455 section 7.4.1, and 3000 and 4000 of the Realtime service (PROTOCOL.md, "Errors"). */
const meanings: Readonly<Record<number, CloseMeaning>> = {
  1000: { kind: 'normal', meaning: 'the connection was closed normally' },
  1001: { kind: 'transient', meaning: 'the server is going away, or the session reached its time limit' },
  1002: { kind: 'fatal', meaning: 'a peer violated the WebSocket protocol' },
  1003: { kind: 'fatal', meaning: 'a peer received a type of data that it does not accept' },
  1005: { kind: 'transient', meaning: 'the peer closed without a code' },
  1006: { kind: 'transient', meaning: 'the connection was lost without a close frame' },
  1007: { kind: 'fatal', meaning: 'a text frame was not UTF-8' },
  1008: { kind: 'fatal', meaning: 'the server rejected the connection by policy' },
  1009: { kind: 'fatal', meaning: 'a frame was larger than the receiver accepts' },
  1010: { kind: 'fatal', meaning: 'the server lacks a required extension' },
  1011: { kind: 'transient', meaning: 'the server had an internal error' },
  1012: { kind: 'transient', meaning: 'the server is restarting' },
  1013: { kind: 'transient', meaning: 'the server is overloaded' },
  1014: { kind: 'transient', meaning: 'a gateway received an invalid response from the server' },
  1015: { kind: 'fatal', meaning: 'the TLS handshake failed' },
  3000: { kind: 'fatal', meaning: 'the API key is missing or was rejected' },
  4000: { kind: 'fatal', meaning: 'the model is missing or invalid, or the client used the beta protocol' },
}

/** Returns the meaning of a close code, and whether a new connection can help. */
export function explainClose({ code }: Pick<TransportClose, 'code'>): CloseMeaning {
  return meanings[code] ?? { kind: code >= 4000 ? 'fatal' : 'transient', meaning: `the peer closed with code ${code}` }
}

/**
 * Validates the arguments of `close()`: a WebSocket accepts no other codes, and no longer reasons.
 * @throws {TransportError} `INVALID_OPTION`.
 */
export function assertCloseArguments(code: number, reason: string): void {
  if (code !== 1000 && !(Number.isInteger(code) && code >= 3000 && code <= 4999))
    throw new TransportError('INVALID_OPTION', { option: 'code', problem: 'must be 1000 or between 3000 and 4999' })
  if (utf8Length(reason) > 123)
    throw new TransportError('INVALID_OPTION', { option: 'reason', problem: 'must be at most 123 bytes' })
}
