import { encodeBase64 } from '../../audio/base64.js'
import { createId } from '../../internal/id.js'
import { assertCrypto, bytesOf, hmac, keysOf, signedBytes, type WebhookBody } from './signature.js'
import type { WallClock } from './wall-clock.js'

/** Options of {@link signWebhook}. */
export interface SignWebhookOptions {
  /** The signing secret, `whsec_…` or any other text. With several, each makes a signature, as while a secret is replaced. */
  secrets: string | readonly string[]
  /**
   * What tells this webhook from all others; a redelivery has the same.
   * @defaultValue a random one
   */
  id?: string
  /**
   * When it is sent.
   * @defaultValue the system clock
   */
  clock?: WallClock
}

/** The headers that a webhook carries beside its body. */
export type SignedWebhookHeaders = {
  'webhook-id': string
  /** Seconds since 1970. */
  'webhook-timestamp': string
  /** `v1,` and base64; several are apart by spaces. */
  'webhook-signature': string
}

/**
 * Signs a webhook as the service does, to test what receives it.
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
