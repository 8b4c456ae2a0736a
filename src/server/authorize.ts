import { resolveApiKey } from '../transports/credentials.js'
import { isLoopback } from '../transports/endpoint.js'
import { isTransportError } from '../transports/error.js'
import { HttpError } from './error.js'
import { carriesCredential, throwInvalidOption, type Settings } from './options.js'

/** What a request carries to be let in. */
export interface Authorization {
  readonly headers: Readonly<Record<string, string>>
  /** Every secret in the request; nothing that the server says may repeat one of them. */
  readonly secrets: readonly string[]
}

/**
 * Fetches the key and refuses to use it where it would leak.
 * @throws {HttpError} `KEY_EXPOSED` in a browser, `INVALID_OPTION` when the key is missing, malformed, or would cross a network in clear
 *   text. What a key function throws is passed on as it is.
 */
export async function authorize(settings: Settings): Promise<Authorization> {
  const { apiKey, apiKeyHeader, baseUrl, headers } = settings
  const own = [...headers].flatMap(([name, value]) => (value && carriesCredential(name) ? [value] : []))
  const isAuthorized = own.length > 0
  // Whatever the caller adds to a request may be a secret, whatever it is called.
  const secrets = [...headers.values()].flatMap((value) => (value === null ? [] : [value, ...value.split(/[\s;,=]+/)]))
  if (apiKey === undefined && !isAuthorized && baseUrl.hostname !== 'api.openai.com') return { headers: {}, secrets }
  if (baseUrl.protocol === 'http:' && !isLoopback(baseUrl))
    throwInvalidOption('baseUrl', 'would carry credentials across the network in clear text; use an "https:" address')
  try {
    // A header of the caller's own is a standard key until proven otherwise: this asks only whether one may be used here.
    if (own.some((value) => !/^(\w+ )?ek_/.test(value))) await resolveApiKey({ apiKey: 'standard' }, baseUrl)
    if (apiKey === undefined && isAuthorized) return { headers: {}, secrets }
    const key = await resolveApiKey(apiKey === undefined ? {} : { apiKey }, baseUrl)
    if (key === undefined) return { headers: {}, secrets }
    return {
      headers: { [apiKeyHeader]: apiKeyHeader === 'authorization' ? `Bearer ${key}` : key },
      secrets: [key, ...secrets],
    }
  } catch (error) {
    if (isTransportError(error, 'KEY_EXPOSED')) throw new HttpError('KEY_EXPOSED', error.data)
    if (isTransportError(error, 'INVALID_OPTION')) throw new HttpError('INVALID_OPTION', error.data)
    throw error
  }
}
