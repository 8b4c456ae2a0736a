/** A parsed event. */
export type Json = Record<string, unknown>

/** The dialects that the emulator can speak. `minimal` leaves out everything that some servers leave out. */
export type EmulatedDialect = 'ga' | 'beta' | 'xai' | 'azure' | 'azure-voice-live' | 'inworld' | 'minimal'

/** Translates between a client of a dialect and the emulator, which speaks GA. One per connection. */
export interface DialectServer {
  /** Returns the events to send to the client for one of the emulator. */
  toClient(event: Json): readonly Json[]
  /** Returns the GA event for one of the client, or the error to send back. */
  toEmulator(event: Json): { readonly event: Json } | { readonly error: Json }
}

/** Creates the part of a server that translates. `model` is the name that the client connects with. */
export type CreateDialectServer = (model: string | undefined) => DialectServer

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the error of a server that does not know an event type. */
export function unknownType({ type, event_id }: Json): { readonly error: Json } {
  return {
    error: {
      type: 'error',
      error: {
        type: 'invalid_request_error',
        code: 'invalid_value',
        message: `Invalid event type: ${String(type)}`,
        param: 'type',
        event_id: event_id ?? null,
      },
    },
  }
}
