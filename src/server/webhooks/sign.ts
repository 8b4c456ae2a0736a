import { encodeBase64 } from '../../audio/base64.js'
import { createId } from '../../internal/id.js'
import { assertCrypto, bytesOf, hmac, keysOf, signedBytes, type WebhookBody } from './signature.js'
import type { WallClock } from './wall-clock.js'

/** Options of {@link signWebhook}. */
export interface SignWebhookOptions {
  /** Signing secret, `whsec_…` or any other string. Each of several secrets adds a signature, as during secret rotation. */
  secrets: string | readonly string[]
  /**
   * Unique id of the webhook. A redelivery has the same id.
   * @defaultValue a random id
   */
  id?: string
  /**
   * Source of the timestamp.
   * @defaultValue the system clock
   */
  clock?: WallClock
}

/** Headers of a signed webhook. */
export type SignedWebhookHeaders = {
  'webhook-id': string
  /** Seconds since 1970. */
  'webhook-timestamp': string
  /** `v1,` and base64. Several signatures are separated by spaces. */
  'webhook-signature': string
}

/**
 * Signs a webhook as the service does, for tests of webhook endpoints.
 *
 * @example
 * ```ts
 * const headers = await signWebhook(body, { secrets: 'whsec_dGVzdA==' })
 * ```
 * @throws {WebhookError} `INVALID_OPTION` or `UNSUPPORTED_RUNTIME`.
 */
export async function signWebhook(rawBody: WebhookBody, options: SignWebhookOptions): Promise<SignedWebhookHeaders> {
  assertCrypto()
  const { id = createId('wh'), clock = Date } = options
  const keys = keysOf(options.secrets)
  const timestamp = String(Math.floor(clock.now() / 1000))
  const content = signedBytes(id, timestamp, bytesOf(rawBody))
  const signatures = await Promise.all(keys.map((key) => hmac(key, content)))
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.map((signature) => `v1,${encodeBase64(signature)}`).join(' '),
  }
}
