import * as z from 'zod/mini'
import { open, type Schema, strict, variants } from '../open.js'
import { ClientEventId } from '../scalars.js'
import { Session, SessionConfig } from '../session.js'
import { TranscriptionSession, TranscriptionSessionConfig } from '../transcription-session.js'

/** The session that an event tells of: a conversation or a transcription, told apart by `type`. */
export type AnySession = Session | TranscriptionSession
/** The session that an event tells of: a conversation or a transcription, told apart by `type`. */
export const AnySession: Schema<AnySession> = /* @__PURE__ */ variants('type', [Session, TranscriptionSession])

/** How a session shall be: a conversation or a transcription, told apart by `type`. */
export type AnySessionConfig = SessionConfig | TranscriptionSessionConfig
/** How a session shall be: a conversation or a transcription, told apart by `type`. */
export const AnySessionConfig: Schema<AnySessionConfig> = /* @__PURE__ */ variants('type', [
  SessionConfig,
  TranscriptionSessionConfig,
])

/** Changes the session; `session.updated` answers it, or an `error` that names it and then nothing has changed. */
export const SessionUpdateEvent = /* @__PURE__ */ strict({
  type: z.literal('session.update'),
  event_id: z.optional(ClientEventId),
  session: AnySessionConfig,
})
export interface SessionUpdateEvent extends z.infer<typeof SessionUpdateEvent> {}

/** The session exists, with the server's defaults; the first event of a connection that is not a sideband. */
export const SessionCreatedEvent = /* @__PURE__ */ open({
  type: z.literal('session.created'),
  event_id: z.string(),
  session: AnySession,
})
export interface SessionCreatedEvent extends z.infer<typeof SessionCreatedEvent> {}

/** The session has changed; it holds the whole configuration as the server understood it. */
export const SessionUpdatedEvent = /* @__PURE__ */ open({
  type: z.literal('session.updated'),
  event_id: z.string(),
  session: AnySession,
})
export interface SessionUpdatedEvent extends z.infer<typeof SessionUpdatedEvent> {}
