import * as z from 'zod/mini'
import { integer } from './bounds.js'
import { AnySession, AnySessionConfig } from './events/session.js'
import { open, openString, type Schema, strict } from './open.js'
import { SessionConfig } from './session.js'
import { TranslationAudioConfig, TranslationModel, TranslationSession } from './translation-session.js'

/** How long a client secret can start sessions. A session that runs outlives its secret. */
export const ClientSecretExpiry = /* @__PURE__ */ strict({
  /** The time that `seconds` counts from: the creation of the secret. */
  anchor: z.literal('created_at'),
  /** Lifetime in whole seconds, from 10 to 7200. @defaultValue 600 */
  seconds: z.optional(z.number().check(/* @__PURE__ */ integer(10, 7200))),
})
export interface ClientSecretExpiry extends z.infer<typeof ClientSecretExpiry> {}

/** The body of `POST /v1/realtime/client_secrets`. */
export const ClientSecretCreateParams = /* @__PURE__ */ strict({
  /** How long the secret can start sessions. @defaultValue 600 seconds */
  expires_after: z.optional(ClientSecretExpiry as Schema<ClientSecretExpiry>),
  /** The configuration that a session starts with: a conversation or a transcription. */
  session: z.optional(AnySessionConfig),
})
export interface ClientSecretCreateParams extends z.infer<typeof ClientSecretCreateParams> {}

/** The response of `POST /v1/realtime/client_secrets`: a credential that may be given to a browser. */
export const ClientSecret = /* @__PURE__ */ open({
  /** The secret. It starts with `ek_`. */
  value: z.string(),
  /** When the secret expires, in seconds since 1970. */
  expires_at: z.number(),
  /** The configuration that a session starts with. Its `expires_at` is 0. */
  session: AnySession,
})
export interface ClientSecret extends z.infer<typeof ClientSecret> {}

/** The configuration that a translation session starts with. */
export const TranslationSessionCreateParams = /* @__PURE__ */ strict({
  /** The translation model, such as `gpt-realtime-translate`. It cannot change. */
  model: TranslationModel,
  /** The configuration of input and output audio. */
  audio: z.optional(TranslationAudioConfig as Schema<TranslationAudioConfig>),
})
export interface TranslationSessionCreateParams extends z.infer<typeof TranslationSessionCreateParams> {}

/** The body of `POST /v1/realtime/translations/client_secrets`. */
export const TranslationClientSecretCreateParams = /* @__PURE__ */ strict({
  /** How long the secret can start sessions. @defaultValue 600 seconds */
  expires_after: z.optional(ClientSecretExpiry as Schema<ClientSecretExpiry>),
  /** The configuration that a session starts with. */
  session: TranslationSessionCreateParams as Schema<TranslationSessionCreateParams>,
})
export interface TranslationClientSecretCreateParams extends z.infer<typeof TranslationClientSecretCreateParams> {}

/** The response of `POST /v1/realtime/translations/client_secrets`. */
export const TranslationClientSecret = /* @__PURE__ */ open({
  /** The secret, which may be given to a browser. */
  value: z.string(),
  /** When the secret expires, in seconds since 1970. */
  expires_at: z.number(),
  /** The configuration that a session starts with. */
  session: TranslationSession as Schema<TranslationSession>,
})
export interface TranslationClientSecret extends z.infer<typeof TranslationClientSecret> {}

/**
 * The parts of `POST /v1/realtime/calls` as multipart form data. The response is an SDP answer; its `Location` header
 * names the call.
 */
export const CallCreateParams = /* @__PURE__ */ strict({
  /** The SDP offer of the caller. */
  sdp: z.string(),
  /** The configuration that the session starts with. */
  session: z.optional(SessionConfig as Schema<SessionConfig>),
})
export interface CallCreateParams extends z.infer<typeof CallCreateParams> {}

/** The body of `POST /v1/realtime/calls/{call_id}/accept`. */
export { SessionConfig as CallAcceptParams } from './session.js'

/** The body of `POST /v1/realtime/calls/{call_id}/refer`. */
export const CallReferParams = /* @__PURE__ */ strict({
  /**
   * The destination of the transfer, such as `tel:+14155550123` or `sip:agent@example.com`. It becomes the SIP
   * `Refer-To` header.
   */
  target_uri: z.string(),
})
export interface CallReferParams extends z.infer<typeof CallReferParams> {}

/** The body of `POST /v1/realtime/calls/{call_id}/reject`. */
export const CallRejectParams = /* @__PURE__ */ strict({
  /** The SIP status code that the caller receives, an integer. @defaultValue 603 */
  status_code: z.optional(z.number().check(/* @__PURE__ */ integer())),
})
export interface CallRejectParams extends z.infer<typeof CallRejectParams> {}

/** A header of the SIP INVITE. */
export const SipHeader = /* @__PURE__ */ open({
  /** The name of the header, such as `From`. */
  name: z.string(),
  /** The value of the header. */
  value: z.string(),
})
export interface SipHeader extends z.infer<typeof SipHeader> {}

/** The webhook for an incoming SIP call, which waits to be accepted or rejected. */
export const RealtimeCallIncomingEvent = /* @__PURE__ */ open({
  /** The type of the webhook. */
  type: z.literal('realtime.call.incoming'),
  /** The identifier of the webhook event. */
  id: z.string(),
  /** The kind of resource. */
  object: z.nullish(/* @__PURE__ */ openString<'event'>()),
  /** When the event was created, in seconds since 1970. */
  created_at: z.number(),
  /** The call. */
  data: /* @__PURE__ */ open({
    /** The identifier of the call, such as `rtc_…`. Accept, reject, refer, hang-up, and the sideband use it. */
    call_id: z.string(),
    /** The headers of the SIP INVITE. */
    sip_headers: z.array(SipHeader as Schema<SipHeader>),
    /** How the media of the call travel: `srtp` is encrypted, `rtp` is not. */
    sip_media_security: z.nullish(/* @__PURE__ */ openString<'rtp' | 'srtp'>()),
  }),
})
export interface RealtimeCallIncomingEvent extends z.infer<typeof RealtimeCallIncomingEvent> {}
