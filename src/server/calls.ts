import { callIdFromLocation, isSdp } from '../internal/realtime-calls.js'
import { CallAcceptParams, CallReferParams, CallRejectParams } from '../protocol/rest.js'
import type { SessionConfigInput } from '../session/options.js'
import { request } from './api-request.js'
import { type ApiResponse, invalidResponseError } from './api-response.js'
import { type ServerOptions, throwInvalidOption } from './options.js'
import { type Body, jsonBody, jsonText, multipartBody } from './request-body.js'

/** Parameters of {@link createCall}. */
export interface CallParams {
  /** SDP offer of the `RTCPeerConnection`. */
  sdp: string
  /** Session configuration. Required with a standard key. Omit it with a client secret, which contains one. */
  session?: SessionConfigInput
}

/** A created WebRTC call. */
export interface CreatedCall {
  /** SDP answer for `setRemoteDescription`. */
  sdp: string
  /** Id of the call (`rtc_…`), to attach to it and to end it. `undefined` when a proxy removed the `Location` header. */
  callId: string | undefined
}

/**
 * Creates a WebRTC call: sends an SDP offer and returns the answer. The request is retried only if the server has not processed it.
 *
 * @example
 * ```ts
 * const { sdp, callId } = await createCall({ sdp: offer, session: { model: 'gpt-realtime-2.1' } }, { apiKey })
 * ```
 * @throws {HttpError}
 */
export async function createCall(params: CallParams, options: ServerOptions = {}): Promise<CreatedCall> {
  const { sdp, session }: Partial<CallParams> = params ?? {}
  if (!isSdp(sdp)) throwInvalidOption('sdp', 'must be an SDP offer that starts with "v=0"; pass localDescription.sdp')
  const body: Body =
    session === undefined
      ? { contentType: 'application/sdp', text: sdp }
      : multipartBody([
          { name: 'sdp', type: 'application/sdp', text: sdp },
          { name: 'session', type: 'application/json', text: jsonText(CallAcceptParams, withType(session), 'session') },
        ])
  const path = ['realtime', 'calls']
  return request({ path, accept: 'application/sdp', body, isIdempotent: false, read: readCall }, options)
}

/**
 * Accepts the SIP call of a `realtime.call.incoming` webhook with a session configuration, as for `createSession`. The request is retried only
 * if the server has not processed it.
 *
 * @example
 * ```ts
 * await acceptCall(event.data.call_id, { model: 'gpt-realtime-2.1', instructions: 'Be brief.' }, { apiKey })
 * ```
 * @throws {HttpError}
 */
export async function acceptCall(
  callId: string,
  config: SessionConfigInput,
  options: ServerOptions = {},
): Promise<void> {
  const body = jsonBody(CallAcceptParams, withType(config), 'config')
  return control(callId, 'accept', body, false, options)
}

/**
 * Rejects a SIP call with a SIP status code, such as 486 (busy) or 603 (declined).
 *
 * @example
 * ```ts
 * await rejectCall(callId, { status_code: 486 }, { apiKey })
 * ```
 * @throws {HttpError}
 */
export async function rejectCall(
  callId: string,
  params: CallRejectParams = {},
  options: ServerOptions = {},
): Promise<void> {
  return control(callId, 'reject', jsonBody(CallRejectParams, params, ''), true, options)
}

/**
 * Transfers a SIP call to `target_uri`, such as `tel:+14155550123` or `sip:agent@example.com`. The session then ends. The request is retried
 * only if the server has not processed it.
 *
 * @example
 * ```ts
 * await referCall(callId, { target_uri: 'tel:+14155550123' }, { apiKey })
 * ```
 * @throws {HttpError}
 */
export async function referCall(callId: string, params: CallReferParams, options: ServerOptions = {}): Promise<void> {
  return control(callId, 'refer', jsonBody(CallReferParams, params, ''), false, options)
}

/**
 * Ends a WebRTC or SIP call.
 *
 * @example
 * ```ts
 * await hangupCall(callId, { apiKey })
 * ```
 * @throws {HttpError} `STATUS` with 404 when the call has already ended.
 */
export async function hangupCall(callId: string, options: ServerOptions = {}): Promise<void> {
  return control(callId, 'hangup', undefined, true, options)
}

async function control(
  callId: string,
  action: string,
  body: Body | undefined,
  isIdempotent: boolean,
  options: ServerOptions,
): Promise<void> {
  // "." and ".." are not escaped and would change the path of the URL. A key that is passed as an id would appear in logs of URLs.
  if (typeof callId !== 'string' || !/^(?!\.{1,2}$|sk-|ek_)[\x21-\x7e]{1,256}$/.test(callId))
    throwInvalidOption('callId', 'must be the id of a call, such as "rtc_…"')
  const path = ['realtime', 'calls', callId, action]
  return request({ path, accept: 'application/json', body, isIdempotent: isIdempotent, read: () => undefined }, options)
}

/** Adds the `type` that the service requires. Values that are not objects are left to validation. */
function withType(config: SessionConfigInput): unknown {
  return typeof config === 'object' && config !== null && !Array.isArray(config)
    ? { ...config, type: config.type ?? 'realtime' }
    : config
}

function readCall(response: ApiResponse): CreatedCall {
  const { text, headers } = response
  if (!isSdp(text)) throw invalidResponseError(response, '', 'SDP that starts with "v=0"', 'other text')
  return { sdp: text, callId: callIdFromLocation(headers.get('location')) }
}
