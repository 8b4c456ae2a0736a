import type { RealtimeError } from '../../errors.js'
import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { Response } from '../../protocol/response.js'
import { SessionError } from '../error.js'

/** The outcome of a response. Every response handle settles with exactly one. */
export type ResponseOutcome =
  | { readonly status: 'completed'; readonly response: DeepReadonly<Response> }
  | {
      readonly status: 'cancelled'
      readonly reason: CancelReason
      readonly response: DeepReadonly<Response> | undefined
    }
  | { readonly status: 'incomplete'; readonly reason: string; readonly response: DeepReadonly<Response> }
  | {
      readonly status: 'failed'
      readonly error: SessionError<'RESPONSE_FAILED'>
      readonly response: DeepReadonly<Response> | undefined
    }
  | { readonly status: 'rejected'; readonly error: RealtimeError }

/**
 * Why a response was cancelled: the user spoke (`turn_detected`), the client cancelled it, the session was closed, or the connection was
 * lost. The server may send other reasons.
 */
export type CancelReason =
  | 'turn_detected'
  | 'client_cancelled'
  | 'session_closed'
  | 'connection_lost'
  | (string & Record<never, never>)

/** The outcome of a response that the client cancelled before the server reported its end. */
export const cancelledByClient: ResponseOutcome = {
  status: 'cancelled',
  reason: 'client_cancelled',
  response: undefined,
}

/** Returns the outcome of a response from `response.done`. */
export function outcomeOf(response: Response): ResponseOutcome {
  switch (response.status) {
    case 'completed':
      return { status: 'completed', response }
    case 'cancelled':
      return { status: 'cancelled', reason: reasonOf(response) ?? 'client_cancelled', response }
    case 'incomplete':
      return { status: 'incomplete', reason: reasonOf(response) ?? 'unknown', response }
    default:
      return failedOutcome(response.id, response)
  }
}

/** Returns the outcome of a response that failed on the server, timed out, or has an invalid `response.done`. */
export function failedOutcome(responseId: string | undefined, response?: Response, cause?: unknown): ResponseOutcome {
  const error = new SessionError(
    'RESPONSE_FAILED',
    { responseId, response },
    cause === undefined ? undefined : { cause },
  )
  return { status: 'failed', error, response }
}

/** `status_details` is an object in the GA API and a string on some older servers. */
function reasonOf({ status_details: details }: Response): string | undefined {
  if (typeof details === 'string') return details
  return details?.reason ?? undefined
}
