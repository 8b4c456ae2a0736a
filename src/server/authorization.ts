import { resolveApiKey } from '../transports/credentials.js'
import { isLoopback } from '../transports/endpoint.js'
import { isTransportError } from '../transports/error.js'
import { HttpError } from './error.js'
import { carriesCredential, type Settings, throwInvalidOption } from './options.js'

/** Credentials of a request. */
export interface Authorization {
  readonly headers: Readonly<Record<string, string>>
  /** All secrets in the request. Errors must not contain them, even if the server echoes them. */
  readonly secrets: readonly string[]
}

/**
 * Resolves the API key, and throws where using it would expose it.
 * @throws {HttpError} `KEY_EXPOSED` in a browser, `INVALID_OPTION` when the key is missing, malformed, or would be sent over a network
 *   without encryption. Errors of a key function are passed on unchanged.
 */
export async function authorize(settings: Settings): Promise<Authorization> {
  const { apiKey, apiKeyHeader, baseUrl, headers } = settings
  const own = [...headers].flatMap(([name, value]) => (value && carriesCredential(name) ? [value] : []))
  const isAuthorized = own.length > 0
  // Any header of the app may contain a secret.
  const secrets = [...headers.values()].flatMap((value) => (value === null ? [] : [value, ...value.split(/[\s;,=]+/)]))
  if (apiKey === undefined && !isAuthorized && baseUrl.hostname !== 'api.openai.com') return { headers: {}, secrets }
  if (baseUrl.protocol === 'http:' && !isLoopback(baseUrl))
    throwInvalidOption('baseUrl', 'would send credentials without encryption; use an "https:" URL')
  try {
    // A credential in `headers` that is not a client secret is treated as a standard key. This only checks whether one is allowed here.
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
