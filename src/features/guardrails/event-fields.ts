import type { Decoded } from '../../protocol/codec.js'
import type { ServerEvent } from '../../protocol/server-events.js'

/** The fields of an event that {@link holdBack} reads. Events may be unknown or invalid, so each field can have any type. */
export interface EventFields {
  readonly type?: unknown
  readonly response_id?: unknown
  readonly item_id?: unknown
  readonly content_index?: unknown
  readonly delta?: unknown
  readonly transcript?: unknown
  readonly response?: { readonly id?: unknown; readonly conversation_id?: unknown } | null
  readonly item?: { readonly id?: unknown } | null
}

/** Returns the fields of a decoded event, or `undefined` for a frame that contains no object. Only invalid frames are parsed again. */
export function fieldsOf(decoded: Decoded<ServerEvent>): EventFields | undefined {
  return decoded.kind === 'invalid' ? parse(decoded.event.frame) : (decoded.event as EventFields)
}

function parse(frame: string): EventFields | undefined {
  try {
    const value: unknown = JSON.parse(frame)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Returns the id of the response that an event names. */
export function responseIdOf({ response_id, response }: EventFields): string | undefined {
  if (typeof response_id === 'string') return response_id
  return typeof response?.id === 'string' ? response.id : undefined
}
