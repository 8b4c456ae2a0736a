import { utf8Length } from '../internal/utf8.js'
import { TransportError } from './error.js'
import type { TransportClose } from './transport.js'

/** What a close means for whoever might connect again. */
export interface CloseMeaning {
  /** `normal`: as wanted. `transient`: another attempt may succeed. `fatal`: it will end the same way. */
  readonly kind: 'normal' | 'transient' | 'fatal'
  /** In plain words. */
  readonly meaning: string
}

/** RFC 6455 section 7.4.1, and 3000 and 4000 as the Realtime service uses them. */
const meanings: Readonly<Record<number, CloseMeaning>> = {
  1000: { kind: 'normal', meaning: 'the connection was closed in order' },
  1001: { kind: 'transient', meaning: 'the server went away, or the session reached its time limit' },
  1002: { kind: 'fatal', meaning: 'one side broke the WebSocket protocol' },
  1003: { kind: 'fatal', meaning: 'one side sent a kind of data that the other does not take' },
  1005: { kind: 'transient', meaning: 'the peer closed without a code' },
  1006: { kind: 'transient', meaning: 'the connection broke without a farewell' },
  1007: { kind: 'fatal', meaning: 'a text frame was not UTF-8' },
  1008: { kind: 'fatal', meaning: 'the server refuses this client by policy' },
  1009: { kind: 'fatal', meaning: 'a frame was larger than the receiver takes' },
  1010: { kind: 'fatal', meaning: 'the server lacks an extension' },
  1011: { kind: 'transient', meaning: 'the server failed inside' },
  1012: { kind: 'transient', meaning: 'the server restarts' },
  1013: { kind: 'transient', meaning: 'the server is overloaded' },
  1014: { kind: 'transient', meaning: 'a gateway got no good answer from the server' },
  1015: { kind: 'fatal', meaning: 'TLS failed' },
  3000: { kind: 'fatal', meaning: 'the key is missing or was refused' },
  4000: { kind: 'fatal', meaning: 'the request named no valid model, or spoke the beta protocol' },
}

/** What a close code means, and whether connecting again can help. */
export function explainClose({ code }: Pick<TransportClose, 'code'>): CloseMeaning {
  return meanings[code] ?? { kind: code >= 4000 ? 'fatal' : 'transient', meaning: `the peer closed with code ${code}` }
}

/**
 * Refuses a code or a reason with which no WebSocket can be closed.
 * @throws {TransportError} `INVALID_OPTION`.
 */
export function assertClosable(code: number, reason: string): void {
  if (code !== 1000 && !(Number.isInteger(code) && code >= 3000 && code <= 4999))
    throw new TransportError('INVALID_OPTION', { option: 'code', problem: 'must be 1000 or between 3000 and 4999' })
  if (utf8Length(reason) > 123)
    throw new TransportError('INVALID_OPTION', { option: 'reason', problem: 'must be at most 123 bytes' })
}
