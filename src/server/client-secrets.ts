import {
  ClientSecret,
  type ClientSecretCreateParams,
  type ClientSecretExpiry,
  ClientSecretCreateParams as ClientSecretSchema,
  TranslationClientSecret,
  TranslationClientSecretCreateParams,
  type TranslationSessionCreateParams,
} from '../protocol/rest.js'
import { request } from './api-request.js'
import { jsonReader } from './api-response.js'
import type { ServerOptions } from './options.js'
import { jsonBody } from './request-body.js'

/** Parameters of {@link createClientSecret} for a translation session. */
export interface TranslationSecretParams {
  /** @defaultValue 600 seconds from now */
  expires_after?: ClientSecretExpiry
  session: TranslationSessionCreateParams & {
    /** Selects the translation service. It is not sent. */
    type: 'translation'
  }
}

/**
 * Creates a client secret: a key for browsers and apps that can only start sessions with the given configuration, until it expires.
 * `session.type` selects the service.
 *
 * @example
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
