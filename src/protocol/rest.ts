import * as z from 'zod/mini'
import { integer } from './bounds.js'
import { AnySession, AnySessionConfig } from './events/session.js'
import { open, openString, type Schema } from './open.js'
import { SessionConfig } from './session.js'
import { TranslationAudioConfig, TranslationModel, TranslationSession } from './translation-session.js'

/** How long a client secret can be used to start a session. */
export const ClientSecretExpiry = z.strictObject({
  anchor: z.literal('created_at'),
  /** 10 to 7200 seconds. @default 600 */
  seconds: z.optional(z.number().check(/* @__PURE__ */ integer(10, 7200))),
})
export interface ClientSecretExpiry extends z.infer<typeof ClientSecretExpiry> {}

/** The body of `POST /v1/realtime/client_secrets`. */
export const ClientSecretCreateParams = z.strictObject({
  expires_after: z.optional(ClientSecretExpiry as Schema<ClientSecretExpiry>),
  session: z.optional(AnySessionConfig),
})
export interface ClientSecretCreateParams extends z.infer<typeof ClientSecretCreateParams> {}

/** The answer of `POST /v1/realtime/client_secrets`: a key that a browser may hold. */
export const ClientSecret = /* @__PURE__ */ open({
  /** Begins with `ek_`. */
  value: z.string(),
  /** Seconds since 1970. */
  expires_at: z.number(),
  /** The session that it starts; its `expires_at` is 0 until then. */
  session: AnySession,
})
export interface ClientSecret extends z.infer<typeof ClientSecret> {}

/** What a translation session starts with. */
export const TranslationSessionCreateParams = z.strictObject({
  model: TranslationModel,
  audio: z.optional(TranslationAudioConfig as Schema<TranslationAudioConfig>),
})
export interface TranslationSessionCreateParams extends z.infer<typeof TranslationSessionCreateParams> {}

/** The body of `POST /v1/realtime/translations/client_secrets`. */
export const TranslationClientSecretCreateParams = z.strictObject({
  expires_after: z.optional(ClientSecretExpiry as Schema<ClientSecretExpiry>),
  session: TranslationSessionCreateParams as Schema<TranslationSessionCreateParams>,
})
export interface TranslationClientSecretCreateParams extends z.infer<typeof TranslationClientSecretCreateParams> {}

/** The answer of `POST /v1/realtime/translations/client_secrets`. */
export const TranslationClientSecret = /* @__PURE__ */ open({
  value: z.string(),
  /** Seconds since 1970. */
  expires_at: z.number(),
  session: TranslationSession as Schema<TranslationSession>,
})
export interface TranslationClientSecret extends z.infer<typeof TranslationClientSecret> {}

/** The parts of `POST /v1/realtime/calls` as multipart form data; the answer is SDP, and its `Location` names the call. */
export const CallCreateParams = z.strictObject({
  /** The offer of the caller. */
  sdp: z.string(),
  session: z.optional(SessionConfig as Schema<SessionConfig>),
})
export interface CallCreateParams extends z.infer<typeof CallCreateParams> {}

/** The body of `POST /v1/realtime/calls/{call_id}/accept`. */
export { SessionConfig as CallAcceptParams } from './session.js'

/** The body of `POST /v1/realtime/calls/{call_id}/refer`. */
export const CallReferParams = z.strictObject({
  /** Where to send the caller: `tel:+14155550123` or `sip:agent@example.com`. */
  target_uri: z.string(),
})
export interface CallReferParams extends z.infer<typeof CallReferParams> {}

/** The body of `POST /v1/realtime/calls/{call_id}/reject`. */
export const CallRejectParams = z.strictObject({
  /** A SIP code. @default 603 */
  status_code: z.optional(z.number().check(/* @__PURE__ */ integer())),
})
export interface CallRejectParams extends z.infer<typeof CallRejectParams> {}

/** A header of a SIP call. */
export const SipHeader = /* @__PURE__ */ open({ name: z.string(), value: z.string() })
export interface SipHeader extends z.infer<typeof SipHeader> {}

/** The webhook that tells of a SIP call which waits to be accepted or rejected. */
export const RealtimeCallIncomingEvent = /* @__PURE__ */ open({
  type: z.literal('realtime.call.incoming'),
  /** The webhook event's own identifier. */
  id: z.string(),
  object: z.nullish(/* @__PURE__ */ openString<'event'>()),
  /** Seconds since 1970. */
  created_at: z.number(),
  data: /* @__PURE__ */ open({
    call_id: z.string(),
    sip_headers: z.array(SipHeader as Schema<SipHeader>),
    /** How the media of the call travel: `srtp` is encrypted, `rtp` is not. */
    sip_media_security: z.nullish(/* @__PURE__ */ openString<'rtp' | 'srtp'>()),
  }),
})
export interface RealtimeCallIncomingEvent extends z.infer<typeof RealtimeCallIncomingEvent> {}
