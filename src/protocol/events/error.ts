import * as z from 'zod/mini'
import { open, type Schema } from '../open.js'

/** An error, as the server describes it. */
export const ServerError = /* @__PURE__ */ open({
  /** The category, such as `invalid_request_error` or `server_error`. */
  type: z.nullish(z.string()) as unknown as Schema<string>,
  /** The error code, such as `response_cancel_not_active`. It may be free text or `null`. */
  code: z.nullish(z.string()),
  /** The description of the error. */
  message: z.nullish(z.string()) as unknown as Schema<string>,
  /** The field that caused the error. */
  param: z.nullish(z.string()),
  /** The client event that caused the error. The server does not always report it. */
  event_id: z.nullish(z.string()),
})
export interface ServerError extends z.infer<typeof ServerError> {}

/** An error occurred. Most errors are recoverable, and the session stays open. */
export const ServerErrorEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('error'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The error. */
  error: ServerError as Schema<ServerError>,
})
export interface ServerErrorEvent extends z.infer<typeof ServerErrorEvent> {}
