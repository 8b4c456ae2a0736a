import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { Response } from '../../protocol/response.js'

/** The fields of a response that decide what happens to its calls. */
export type FinishedResponse = Pick<
  DeepReadonly<Response>,
  'id' | 'status' | 'output' | 'status_details' | 'conversation_id'
>

/** Returns why a response was cancelled, or `undefined` if it was not. */
export function cancelReason({ status, status_details: details }: FinishedResponse): string | undefined {
  if (status !== 'cancelled') return undefined
  return (typeof details === 'string' ? details : details?.reason) ?? 'client_cancelled'
}
