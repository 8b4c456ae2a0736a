import { throwIfAborted } from '../../internal/abort.js'
import { type Address, formatAddress, parseAddress, schemeOf } from '../address.js'
import { assertKeyKind, isClientSecret, resolveApiKey } from '../credentials.js'
import { isLoopback } from '../endpoint.js'
import { isTransportError, TransportError } from '../error.js'
import { retryAfterMs } from '../open-socket/socket.js'
import { refuse, type SdpAnswer, type WebRtcCallOptions, type WebRtcExchangeOptions } from './options.js'

/** Gets an answer to an offer. */
export interface Exchange {
  /** Whom it asks, for messages. */
  readonly peer: string
  /**
   * @throws {TransportError} `CONNECT_FAILED`, `SIGNALING_FAILED`, `INVALID_OPTION`, `KEY_EXPOSED`. What a key function throws is passed on as it is.
   */
  answer(offer: string, signal: AbortSignal): Promise<{ readonly sdp: string; readonly callId?: string }>
}

/**
 * The exchange that the options ask for.
 * @throws {TransportError} `INVALID_OPTION` at once when they cannot name an address.
 */
export function createExchange(options: WebRtcCallOptions | WebRtcExchangeOptions): Exchange {
  if (options.exchangeSdp === undefined) return callExchange(options)
  const { exchangeSdp } = options
  return {
    peer: 'the peer',
    async answer(offer, signal) {
      try {
        return assertAnswer(await exchangeSdp(offer, { signal }))
      } catch (cause) {
        if (isTransportError(cause)) throw cause
        const reason = 'exchangeSdp threw; its error is the cause'
        throw new TransportError('SIGNALING_FAILED', { phase: 'exchange', reason }, { cause })
      }
    },
  }
}

function callExchange({ key, session, headers = {}, ...options }: WebRtcCallOptions): Exchange {
  assertKeyKind(options.keyKind)
  const url = callsUrl(options.baseUrl ?? 'https://api.openai.com/v1')
  const isSafe = url.protocol === 'https:' || isLoopback(url)
  if (!isSafe) refuse('baseUrl', 'would send the key over the network in clear text; use an "https:" address')

  async function resolveKey(): Promise<string> {
    try {
      return (await resolveApiKey({ ...options, apiKey: key }, url)) as string
    } catch (error) {
      // The option has another name here than where sockets take it.
      if (!isTransportError(error, 'INVALID_OPTION') || error.data.option !== 'apiKey') throw error
      throw new TransportError('INVALID_OPTION', { ...error.data, option: 'key' })
    }
  }

  return {
    peer: url.href,
    async answer(offer, signal) {
      const secret = await resolveKey()
      throwIfAborted(signal)
      const isSecret = isClientSecret(secret, options.keyKind)
      if (isSecret && session !== undefined) refuse('session', 'cannot stand beside a client secret, which has one')
      if (!isSecret && session === undefined)
        refuse(
          'session',
          'is missing; a standard key needs one, such as { type: "realtime", model: "gpt-realtime-2.1" }; for a client secret that does not begin with "ek_" pass keyKind: "client-secret"',
        )
      const body = session === undefined ? sdpBody(offer) : multipartBody(offer, session)
      const response = await unlessItFails(url, () =>
        fetch(url.href, {
          method: 'POST',
          headers: merged({ authorization: `Bearer ${secret}`, ...body.headers }, headers),
          body: body.content,
          // A redirect could carry the key to anyone.
          redirect: 'manual',
          signal,
        }),
      )
      if (response.status !== 200 && response.status !== 201) throw await refusal(url, response)
      const sdp = await unlessItFails(url, () => response.text())
      const callId = callIdOf(response.headers.get('location'))
      return assertAnswer(callId === undefined ? sdp : { sdp, callId })
    },
  }
}

function callsUrl(baseUrl: string | URL): Address {
  const parts = parseAddress(baseUrl)
  const given = parts?.protocol ?? schemeOf(baseUrl)
  const protocol = given === 'wss:' ? 'https:' : given === 'ws:' ? 'http:' : given
  if (protocol !== undefined && protocol !== 'https:' && protocol !== 'http:')
    refuse('baseUrl', `must begin with "https:" or "http:", not "${protocol}"`)
  if (!parts || protocol === undefined)
    return refuse('baseUrl', 'is not an address; give one such as "https://example.com/v1"')
  if (parts.hasUserInfo) refuse('baseUrl', 'must not carry a user or password; pass key')
  const pathname = `${parts.pathname.replace(/\/+$/, '')}/realtime/calls`
  // A query could contain a secret, and the route takes none.
  return formatAddress({ ...parts, protocol, pathname, query: [] })
}

interface Body {
  readonly headers: Readonly<Record<string, string>>
  readonly content: string | FormData
}

function sdpBody(offer: string): Body {
  return { headers: { 'content-type': 'application/sdp' }, content: offer }
}

/** The content type is left to the runtime, which alone knows the boundary. */
function multipartBody(offer: string, session: object): Body {
  const content = new FormData()
  // React Native has no `set`.
  content.append('sdp', offer)
  content.append('session', JSON.stringify(session))
  return { headers: {}, content }
}

function merged(own: Record<string, string>, given: Readonly<Record<string, string>>): Headers {
  const headers = new Headers(own)
  for (const [name, value] of Object.entries(given)) headers.set(name, value)
  return headers
}

/** The error for an HTTP answer that is no SDP. */
async function refusal(url: Address, response: Response): Promise<TransportError<'CONNECT_FAILED'>> {
  const { status, headers } = response
  const code = await codeOf(response)
  const delayMs = retryAfterMs(headers.get('retry-after'))
  return new TransportError('CONNECT_FAILED', {
    url: url.href,
    // A page is not told of a redirect, not even the status.
    ...(status === 0 ? {} : { status }),
    reason: meaningOf(status) + (code === undefined ? '' : ` (${code})`),
    ...(delayMs === undefined ? {} : { retryAfterMs: delayMs }),
  })
}

/** What the server calls the reason. Its message stays unread: it may quote the key or the offer. */
async function codeOf(response: Response): Promise<string | undefined> {
  try {
    const body = (await response.json()) as { error?: { code?: unknown; type?: unknown } }
    return [body.error?.code, body.error?.type].find(
      (code): code is string => typeof code === 'string' && /^[a-z][a-z_]{0,63}$/.test(code),
    )
  } catch {
    return undefined
  }
}

function meaningOf(status: number): string {
  if (status === 0 || (status >= 300 && status < 400))
    return 'the server redirects, and credentials do not follow a redirect; give the address that it leads to'
  if (status === 401) return 'the key was refused, or is a client secret that was used or is too old'
  if (status === 403) return 'the key may not use this endpoint'
  if (status === 404) return 'there is no such endpoint; check baseUrl'
  if (status === 429) return 'too many requests, or nothing left to spend'
  if (status >= 500) return 'the server failed; try again'
  return 'the server refused the call; check session and key'
}

/** `rtc_…` of `/v1/realtime/calls/rtc_…`, which may be a whole address. */
function callIdOf(location: string | null): string | undefined {
  return /\/calls\/([^/?#\s]+)/.exec(location ?? '')?.[1]
}

function assertAnswer(answer: unknown): { sdp: string; callId?: string } {
  const { sdp, callId } = (typeof answer === 'string' ? { sdp: answer } : (answer ?? {})) as Exclude<SdpAnswer, string>
  if (typeof sdp !== 'string' || !sdp.startsWith('v=0')) {
    const reason = 'what came back is no SDP; it must begin with "v=0"'
    throw new TransportError('SIGNALING_FAILED', { phase: 'exchange', reason })
  }
  return typeof callId === 'string' ? { sdp, callId } : { sdp }
}

/** Runs a step of the request; what it throws is the cause of a typed error. */
async function unlessItFails<T>(url: Address, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (cause) {
    const reason = 'the request failed; check the address and the network'
    throw new TransportError('CONNECT_FAILED', { url: url.href, reason }, { cause })
  }
}
