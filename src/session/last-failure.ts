import { isTransportError, TransportError } from '../transports/error.js'
import type { TransportReconnecting } from '../transports/transport.js'

/** Why the last attempt of a transport that reconnects failed. */
export interface LastFailure {
  /** In a few words, for a sentence. */
  readonly reason: string
  readonly error: Error
}

/** Describes a failed attempt. The words of an error that is not ours stay out of the sentence: they can hold a secret. */
export function lastFailureOf({ cause }: TransportReconnecting): LastFailure {
  if (!(cause instanceof Error)) {
    const { code, reason } = cause
    return {
      reason: `it closed with code ${code}`,
      error: cause.error ?? new TransportError('CLOSED', { code, reason }),
    }
  }
  return { reason: reasonOf(cause), error: cause }
}

function reasonOf(error: Error): string {
  if (isTransportError(error, 'CONNECT_FAILED')) {
    const { status, reason } = error.data
    return status === undefined ? reason : `HTTP ${status}: ${reason}`
  }
  return isTransportError(error) ? error.code : `${error.name}, see error.cause`
}
