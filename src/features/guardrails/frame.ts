/** What hold-back reads of a frame; nothing of it can be relied on. */
export interface Frame {
  readonly type?: unknown
  readonly response_id?: unknown
  readonly item_id?: unknown
  readonly content_index?: unknown
  readonly delta?: unknown
  readonly transcript?: unknown
  readonly response?: { readonly id?: unknown; readonly conversation_id?: unknown } | null
  readonly item?: { readonly id?: unknown } | null
  readonly session?: {
    readonly audio?: {
      readonly input?: { readonly turn_detection?: { readonly interrupt_response?: unknown } | null } | null
      readonly output?: { readonly format?: { readonly type?: unknown } | null } | null
    } | null
  } | null
}

/** A frame as an object; undefined when it is none, which is for the session to complain about. */
export function readFrame(text: string): Frame | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** The response that a frame is about, as far as its own fields say. */
export function responseIdOf({ response_id, response }: Frame): string | undefined {
  if (typeof response_id === 'string') return response_id
  return typeof response?.id === 'string' ? response.id : undefined
}

/** How many bytes a base64 text stands for, or nearly. */
export function bytesOf(base64: string): number {
  return (base64.length * 3) / 4
}
