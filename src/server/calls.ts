import { CallAcceptParams, CallReferParams, CallRejectParams } from '../protocol/rest.js'
import type { SessionConfigInput } from '../session/options.js'
import { type ApiResponse, invalidResponseError } from './response.js'
import { type Body, jsonBody, jsonText, multipartBody } from './request-body.js'
import { throwInvalidOption, type ServerOptions } from './options.js'
import { request } from './request.js'

/** What a WebRTC call is made from. */
export interface CallParams {
  /** The offer of the caller, from `RTCPeerConnection`. */
  sdp: string
  /** The session that answers. Give it with a standard key; with a client secret leave it out, which brings its own. */
  session?: SessionConfigInput
}

/** A WebRTC call that was answered. */
export interface CreatedCall {
  /** What to give to `setRemoteDescription` as the answer. */
  sdp: string
  /** `rtc_…`, to attach to the call and to end it; undefined when a proxy swallowed the `Location` header. */
  callId: string | undefined
}

/**
 * Makes a WebRTC call: the answer to an offer. It is sent once, unless the server says that it did nothing.
 *
 * ```ts
 * const { sdp, callId } = await createCall({ sdp: offer, session: { model: 'gpt-realtime-2.1' } }, { apiKey })
 * ```
 * @throws {HttpError}
 */
export async function createCall(params: CallParams, options: ServerOptions = {}): Promise<CreatedCall> {
  const { sdp, session }: Partial<CallParams> = params ?? {}
  if (typeof sdp !== 'string' || !sdp.startsWith('v=0'))
    throwInvalidOption('sdp', 'must be an offer that begins with "v=0"; pass localDescription.sdp')
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
 * Takes a SIP call that `realtime.call.incoming` told of, with the configuration that `createSession` takes. It is sent once, unless the
 * server says that it did nothing.
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
 * Declines a SIP call; the caller hears what `status_code` means: 486 busy, 603 declined.
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
 * Sends the caller of a SIP call on to `target_uri`, such as `tel:+14155550123` or `sip:agent@example.com`; the session then ends. It is
 * sent once, unless the server says that it did nothing.
 * @throws {HttpError}
 */
export async function referCall(callId: string, params: CallReferParams, options: ServerOptions = {}): Promise<void> {
  return control(callId, 'refer', jsonBody(CallReferParams, params, ''), false, options)
}

/**
 * Ends a WebRTC or SIP call.
 * @throws {HttpError} `STATUS` 404 when the call is over already.
 */
export async function hangupCall(callId: string, options: ServerOptions = {}): Promise<void> {
  return control(callId, 'hangup', undefined, true, options)
}

async function control(
  callId: string,
  action: string,
  body: Body | undefined,
  isRepeatable: boolean,
  options: ServerOptions,
): Promise<void> {
  // The path escapes all but dots, and an address takes "." and ".." out of its path: the request would go elsewhere. And a key that was
  // mistaken for an id would stand in the address, where logs keep it.
  if (typeof callId !== 'string' || !/^(?!\.{1,2}$|sk-|ek_)[\x21-\x7e]{1,256}$/.test(callId))
    throwInvalidOption('callId', 'must be the id of a call, such as "rtc_…"')
  const path = ['realtime', 'calls', callId, action]
  return request({ path, accept: 'application/json', body, isIdempotent: isRepeatable, read: () => undefined }, options)
}

/** The type that the service wants in every configuration; what is no configuration is left to the check. */
function withType(config: SessionConfigInput): unknown {
  return typeof config === 'object' && config !== null && !Array.isArray(config)
    ? { ...config, type: config.type ?? 'realtime' }
    : config
}

function readCall(answer: ApiResponse): CreatedCall {
  const { text, headers } = answer
  if (!text?.startsWith('v=0')) throw invalidResponseError(answer, '', 'SDP that begins with "v=0"', 'other text')
  const [, id] = /\/calls\/([^/?#]+)\/?(?:[?#].*)?$/.exec(headers.get('location') ?? '') ?? []
  return { sdp: text, callId: id === undefined ? undefined : decoded(id) }
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
