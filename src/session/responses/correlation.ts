import type { ResponseCreateParams } from '../../protocol/response.js'
import { isInBand } from '../state/response.js'

/** The metadata key under which a response contains the `event_id` of the `response.create` that requested it. */
const requestIdKey = 'client_event_id'

/** The service refuses more metadata pairs than this. */
const maxMetadataPairs = 16

/** The fields of a response that identify its request. */
export interface CreatedResponse {
  readonly id?: unknown
  readonly conversation_id?: unknown
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined
}

/** A `response.create` that the server has not replied to. */
export interface ResponseRequest {
  readonly isInBand: boolean
  /** Whether its metadata contains its `event_id`. */
  readonly isNamed: boolean
}

/** What decides which request a new response belongs to. */
export interface Candidates<Request extends ResponseRequest> {
  /** Requests in the order of sending, by `event_id`. */
  readonly pending: ReadonlyMap<string, Request>
  /** Requests that settled before the server replied, in the order of sending, by `event_id`. */
  readonly abandoned: ReadonlyMap<string, Request>
  /** Whether the server has returned metadata before. Then a response without it belongs to no request that sent it. */
  readonly returnsMetadata: boolean
  /** Whether the server is about to create a response by itself, because a turn of the user has ended. */
  readonly expectsServerResponse: boolean
}

/** Returns the parameters with the `event_id` of their request in the metadata, or unchanged when the metadata is full. */
export function addRequestId(params: ResponseCreateParams, eventId: string): ResponseCreateParams {
  const { metadata } = params
  if (Object.keys(metadata ?? {}).length >= maxMetadataPairs) return params
  return { ...params, metadata: { ...metadata, [requestIdKey]: eventId } }
}

/** Returns the `event_id` of the request that a response names in its metadata. */
export function requestIdOf({ metadata }: CreatedResponse): string | undefined {
  const eventId = metadata?.[requestIdKey]
  return typeof eventId === 'string' ? eventId : undefined
}

/**
 * Returns the request that a new response belongs to, or `undefined` when the server created the response by itself. Metadata decides. A
 * server that does not return metadata creates responses in the order of the requests, and abandoned requests are considered last.
 */
export function findRequest<Request extends ResponseRequest>(
  response: CreatedResponse,
  { pending, abandoned, returnsMetadata, expectsServerResponse }: Candidates<Request>,
): Request | undefined {
  const eventId = requestIdOf(response)
  if (eventId !== undefined) return pending.get(eventId) ?? abandoned.get(eventId)
  const inBand = isInBand(response)
  if (expectsServerResponse && inBand) return undefined
  for (const request of [...pending.values(), ...abandoned.values()])
    if (request.isInBand === inBand && !(request.isNamed && returnsMetadata)) return request
  return undefined
}

/** Returns the response in the frame of an invalid event. Its fields may have any type. */
export function readResponse(frame: string): CreatedResponse {
  try {
    const response: unknown = JSON.parse(frame)?.response
    if (typeof response !== 'object' || response === null) return {}
    const { id, conversation_id, metadata } = response as Record<string, unknown>
    return {
      id,
      conversation_id,
      metadata: typeof metadata === 'object' ? (metadata as Record<string, unknown>) : null,
    }
  } catch {
    return {}
  }
}

/** Returns the response id in the frame of an invalid event. */
export function responseIdIn(frame: string): string | undefined {
  const { id } = readResponse(frame)
  return typeof id === 'string' ? id : undefined
}
