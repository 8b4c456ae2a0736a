import * as z from 'zod/mini'
import { open, type Schema, strict, variants } from '../open.js'
import { JsonObject as AnyObject, ClientEventId } from '../scalars.js'
import { Session, SessionConfig } from '../session.js'
import { TranscriptionSession, TranscriptionSessionConfig } from '../transcription-session.js'

/** The session of an event: a conversation or a transcription, selected by `type`. */
export type AnySession = Session | TranscriptionSession
/** The session of an event: a conversation or a transcription, selected by `type`. */
export const AnySession: Schema<AnySession> = /* @__PURE__ */ variants('type', [Session, TranscriptionSession])

/** The configuration to request for a session: a conversation or a transcription, selected by `type`. */
export type AnySessionConfig = SessionConfig | TranscriptionSessionConfig
/** The configuration to request for a session: a conversation or a transcription, selected by `type`. */
export const AnySessionConfig: Schema<AnySessionConfig> = /* @__PURE__ */ variants('type', [
  SessionConfig,
  TranscriptionSessionConfig,
])

/** Changes the session. The server sends `session.updated`, or an `error`; after an error nothing has changed. */
export const SessionUpdateEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('session.update'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
  /** The fields to change. */
  session: AnySessionConfig,
})
export interface SessionUpdateEvent extends z.infer<typeof SessionUpdateEvent> {}

/**
 * The session exists, with the defaults of the server. It is the first event of every connection except a sideband. Any object passes as its
 * `session`; a session leaves out the fields that cannot be read.
 */
export const SessionCreatedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('session.created'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The whole configuration. */
  session: AnyObject as unknown as Schema<AnySession>,
})
export interface SessionCreatedEvent extends z.infer<typeof SessionCreatedEvent> {}

/** The session changed. Any object passes as its `session`, as in {@link SessionCreatedEvent}. */
export const SessionUpdatedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('session.updated'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The whole configuration, as the server applied it. */
  session: AnyObject as unknown as Schema<AnySession>,
})
export interface SessionUpdatedEvent extends z.infer<typeof SessionUpdatedEvent> {}
