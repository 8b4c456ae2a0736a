import { throwIfAborted } from '../../internal/abort.js'
import { apiErrorCode, callIdFromLocation, callsPath, isSdp } from '../../internal/realtime-calls.js'
import { callRefusal } from '../connection-refusal.js'
import { assertKeyKind, isClientSecret, resolveApiKey } from '../credentials.js'
import { isLoopback } from '../endpoint.js'
import { isTransportError, TransportError } from '../error.js'
import { formatUrl, joinPath, type ParsedUrl, parseConfiguredUrl } from '../url.js'
import { rejectOption, type SdpAnswer, type WebRtcCallOptions, type WebRtcExchangeOptions } from './options.js'

/** Exchanges an SDP offer for an answer. */
export interface Signaling {
  /** The URL that receives the offer, for error messages. */
  readonly peer: string
  /**
   * Sends an offer and returns the answer.
   * @throws {TransportError} `CONNECT_FAILED`, `SIGNALING_FAILED`, `INVALID_OPTION`, or `KEY_EXPOSED`. An error of a key function is rethrown
   *   unchanged.
   */
  requestAnswer(offer: string, signal: AbortSignal): Promise<{ readonly sdp: string; readonly callId?: string }>
}

/**
 * Creates the signaling for the options: `exchangeSdp` of the app, or a request to `/realtime/calls`.
 * @throws {TransportError} `INVALID_OPTION` for an unusable `baseUrl` or `keyKind`.
 */
export function createSignaling(options: WebRtcCallOptions | WebRtcExchangeOptions): Signaling {
  if (options.exchangeSdp === undefined) return createCallsSignaling(options)
  const { exchangeSdp } = options
  return {
    peer: 'the peer',
    async requestAnswer(offer, signal) {
      try {
        return parseAnswer(await exchangeSdp(offer, { signal }))
      } catch (cause) {
        if (isTransportError(cause)) throw cause
        const reason = 'exchangeSdp threw an error, which is the cause'
        throw new TransportError('SIGNALING_FAILED', { phase: 'exchange', reason }, { cause })
      }
    },
  }
}

function createCallsSignaling({ session, headers = {}, ...options }: WebRtcCallOptions): Signaling {
  const { keyKind } = options
  assertKeyKind(keyKind)
  const url = callsUrl(options.baseUrl ?? 'https://api.openai.com/v1')
  if (url.protocol !== 'https:' && !isLoopback(url))
    rejectOption('baseUrl', 'would send the API key over the network in clear text; use an "https:" URL')

  return {
    peer: url.href,
    async requestAnswer(offer, signal) {
      const key = (await resolveApiKey(options, url)) as string
      throwIfAborted(signal)
      assertSessionFits(session, isClientSecret(key, keyKind))
      const body = session === undefined ? sdpBody(offer) : multipartBody(offer, session)
      const response = await withConnectError(url, () =>
        fetch(url.href, {
          method: 'POST',
          headers: mergeHeaders({ authorization: `Bearer ${key}`, ...body.headers }, headers),
          body: body.content,
          // A redirect could send the key to another host.
          redirect: 'manual',
          signal,
        }),
      )
      if (response.status !== 200 && response.status !== 201) {
        const apiCode = apiErrorCode(await jsonOf(response))
        const refusal = callRefusal(response.status, response.headers.get('retry-after'), apiCode)
        throw new TransportError('CONNECT_FAILED', { url: url.href, ...refusal })
      }
      const sdp = await withConnectError(url, () => response.text())
      const callId = callIdFromLocation(response.headers.get('location'))
      return parseAnswer(callId === undefined ? sdp : { sdp, callId })
    },
  }
}

/** A client secret contains its session. A standard key needs one. */
function assertSessionFits(session: object | undefined, hasClientSecret: boolean): void {
  if (hasClientSecret && session !== undefined)
    rejectOption('session', 'cannot be combined with a client secret, because the secret contains the session')
  if (!hasClientSecret && session === undefined)
    rejectOption(
      'session',
      'is missing; a standard key needs one, such as { type: "realtime", model: "gpt-realtime-2.1" }; for a client secret that does not begin with "ek_" pass keyKind: "client-secret"',
    )
}

function callsUrl(baseUrl: string | URL): ParsedUrl {
  const parts = parseConfiguredUrl(baseUrl, 'http')
  if ('problem' in parts) return rejectOption('baseUrl', parts.problem)
  // The endpoint takes no query, and a query could contain a secret.
  return formatUrl({ ...parts, pathname: joinPath(parts.pathname, callsPath), query: [] })
}

interface RequestBody {
  readonly headers: Readonly<Record<string, string>>
  readonly content: string | FormData
}

function sdpBody(offer: string): RequestBody {
  return { headers: { 'content-type': 'application/sdp' }, content: offer }
}

/** The runtime sets the content type, which contains the boundary. */
function multipartBody(offer: string, session: object): RequestBody {
  const content = new FormData()
  // React Native has no `FormData.set`.
  content.append('sdp', offer)
  content.append('session', JSON.stringify(session))
  return { headers: {}, content }
}

function mergeHeaders(defaults: Record<string, string>, overrides: Readonly<Record<string, string>>): Headers {
  const headers = new Headers(defaults)
  for (const [name, value] of Object.entries(overrides)) headers.set(name, value)
  return headers
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}

function parseAnswer(answer: unknown): { sdp: string; callId?: string } {
  const { sdp, callId } = (typeof answer === 'string' ? { sdp: answer } : (answer ?? {})) as Exclude<SdpAnswer, string>
  if (!isSdp(sdp)) {
    const reason = 'the answer is not SDP; it must begin with "v=0"'
    throw new TransportError('SIGNALING_FAILED', { phase: 'exchange', reason })
  }
  return typeof callId === 'string' ? { sdp, callId } : { sdp }
}

/** Runs a part of the request. Throws `CONNECT_FAILED` with the original error as its cause. */
async function withConnectError<T>(url: ParsedUrl, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    const reason = 'the request failed; check the URL and the network'
    throw new TransportError('CONNECT_FAILED', { url: url.href, reason }, { cause })
  }
}
