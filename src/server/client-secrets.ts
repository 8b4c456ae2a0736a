import {
  ClientSecret,
  type ClientSecretCreateParams,
  type ClientSecretExpiry,
  ClientSecretCreateParams as ClientSecretSchema,
  TranslationClientSecret,
  TranslationClientSecretCreateParams,
  type TranslationSessionCreateParams,
} from '../protocol/rest.js'
import { jsonReader } from './response.js'
import { jsonBody } from './request-body.js'
import type { ServerOptions } from './options.js'
import { request } from './request.js'

/** What a client secret for a translation session is made from. */
export interface TranslationSecretParams {
  /** @defaultValue 600 seconds from now */
  expires_after?: ClientSecretExpiry
  session: TranslationSessionCreateParams & {
    /** Chooses the translation service; it is not sent. */
    type: 'translation'
  }
}

/**
 * Mints a key that a browser or an app may hold: it starts sessions as configured until it expires, and can do nothing else. The type of
 * the session chooses the service.
 *
 * ```ts
 * const { value, expires_at } = await createClientSecret({ session: { type: 'realtime', model: 'gpt-realtime-2.1' } }, { apiKey })
 * ```
 * @throws {HttpError}
 */
export function createClientSecret(
  params: TranslationSecretParams,
  options?: ServerOptions,
): Promise<TranslationClientSecret>
export function createClientSecret(params?: ClientSecretCreateParams, options?: ServerOptions): Promise<ClientSecret>
export async function createClientSecret(
  params: ClientSecretCreateParams | TranslationSecretParams = {},
  options: ServerOptions = {},
): Promise<ClientSecret | TranslationClientSecret> {
  const shared = { accept: 'application/json', isIdempotent: true }
  if (isForTranslation(params)) {
    const { type: _, ...session } = params.session
    const body = jsonBody(TranslationClientSecretCreateParams, { ...params, session }, '')
    const path = ['realtime', 'translations', 'client_secrets']
    return request<TranslationClientSecret>(
      { ...shared, path, body, read: jsonReader(TranslationClientSecret) },
      options,
    )
  }
  const body = jsonBody(ClientSecretSchema, params, '')
  return request<ClientSecret>(
    { ...shared, path: ['realtime', 'client_secrets'], body, read: jsonReader(ClientSecret) },
    options,
  )
}

function isForTranslation(
  params: ClientSecretCreateParams | TranslationSecretParams,
): params is TranslationSecretParams {
  return params?.session?.type === 'translation'
}
