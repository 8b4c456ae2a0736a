import * as z from 'zod/mini'
import { open, type Schema } from '../open.js'

/** What went wrong, in the server's words. */
export const ServerError = /* @__PURE__ */ open({
  /** Such as `invalid_request_error` or `server_error`. */
  type: z.string(),
  /** Such as `response_cancel_not_active`; may be free text, or nothing. */
  code: z.nullish(z.string()),
  message: z.string(),
  /** The field that is at fault. */
  param: z.nullish(z.string()),
  /** The client event that is at fault; the server does not always say. */
  event_id: z.nullish(z.string()),
})
export interface ServerError extends z.infer<typeof ServerError> {}

/** Something went wrong; most errors are recoverable and the session stays open. */
export const ServerErrorEvent = /* @__PURE__ */ open({
  type: z.literal('error'),
  event_id: z.string(),
  error: ServerError as Schema<ServerError>,
})
export interface ServerErrorEvent extends z.infer<typeof ServerErrorEvent> {}
