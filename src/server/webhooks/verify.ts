import { WebhookError } from './error.js'
import { readHeader, throwInvalidHeader, type WebhookHeaders } from './headers.js'
import type { ReplayStore } from './replay-store.js'
import {
  assertCrypto,
  bytesOf,
  hmac,
  isSame,
  keysOf,
  signaturesIn,
  signedBytes,
  type WebhookBody,
} from './signature.js'
import type { WallClock } from './wall-clock.js'

/** Options of {@link verifyWebhook} and {@link parseWebhook}. */
export interface VerifyWebhookOptions {
  /** The signing secret of the webhook, `whsec_…` or any other text; while it is being replaced, the old one and the new one. */
  secrets: string | readonly string[]
  /**
   * How far the time of sending may be from now, either way, in milliseconds: 0 to 604800000 (a week).
   * @defaultValue 300_000
   */
  toleranceMs?: number
  /**
   * Remembers the webhooks that were claimed. Without it, a copy of a webhook is accepted within the tolerance. When
   * handling a claimed webhook fails, `release` it; `createWebhookReceiver` does so.
   */
  replayStore?: ReplayStore
  /**
   * What time it is.
   * @defaultValue the system clock
   */
  clock?: WallClock
}

/** A webhook that is genuine. */
export interface WebhookDelivery {
  /** What tells it from all others; a redelivery has the same. */
  readonly id: string
  /** When it was sent, in milliseconds since 1970. */
  readonly sentAtMs: number
}

/** A webhook whose signature is valid and that is not claimed yet. */
export interface SignedWebhook extends WebhookDelivery {
  /** A copy of the signed bytes: a framework may reuse its buffer. */
  readonly body: Uint8Array
  /** Claims the webhook in the replay store. Throws `REPLAYED` when it was claimed before. */
  claim(): Promise<void>
}

const headerNames = { id: 'webhook-id', timestamp: 'webhook-timestamp', signature: 'webhook-signature' } as const
const maxIdLength = 512
const maxToleranceMs = 604_800_000

/**
 * Whether a webhook is genuine: signed over these very bytes with one of the secrets, sent just now, and not taken before.
 *
 * ```ts
 * const { id } = await verifyWebhook(await request.text(), request.headers, { secrets, replayStore })
 * ```
 * @throws {WebhookError} of every code but `INVALID_PAYLOAD`. What a replay store throws is passed on as it is.
 */
export async function verifyWebhook(
  rawBody: WebhookBody,
  headers: WebhookHeaders,
  options: VerifyWebhookOptions,
): Promise<WebhookDelivery> {
  const { id, sentAtMs, claim } = await verifySignature(rawBody, headers, options)
  await claim()
  return { id, sentAtMs }
}

/** All of {@link verifyWebhook} but the claim, which comes after whatever else could go wrong. */
export async function verifySignature(
  rawBody: WebhookBody,
  headers: WebhookHeaders,
  options: VerifyWebhookOptions,
): Promise<SignedWebhook> {
  assertCrypto()
  const { secrets, toleranceMs = 300_000, replayStore, clock = Date } = options ?? {}
  const keys = keysOf(secrets)
  if (typeof toleranceMs !== 'number' || !(toleranceMs >= 0 && toleranceMs <= maxToleranceMs))
    throw new WebhookError('INVALID_OPTION', {
      option: 'toleranceMs',
      problem: `must be a number between 0 and ${maxToleranceMs}`,
    })
  const given = bytesOf(rawBody)
  const id = readHeader(headers, headerNames.id)
  const timestamp = readHeader(headers, headerNames.timestamp)
  const header = readHeader(headers, headerNames.signature)
  if (id.length > maxIdLength) throwInvalidHeader(headerNames.id, `is longer than ${maxIdLength} characters`)
  if (!/^(0|[1-9]\d{0,11})$/.test(timestamp)) throwInvalidHeader(headerNames.timestamp, 'must be whole seconds since 1970')

  const sentAtMs = Number(timestamp) * 1000
  // Whole seconds on both sides; and whatever is no number is not recent.
  const ageMs = Math.floor(clock.now() / 1000) * 1000 - sentAtMs
  if (!(Math.abs(ageMs) <= toleranceMs)) throw new WebhookError('STALE_TIMESTAMP', { ageMs, toleranceMs })

  const signatures = signaturesIn(header)
  const content = signedBytes(id, timestamp, given)
  let isGenuine = false
  // One HMAC a secret, however many signatures there are, and none when there is nothing to compare it with.
  if (signatures.length > 0) {
    for (const expected of await Promise.all(keys.map((key) => hmac(key, content))))
      for (const signature of signatures) isGenuine = isSame(signature, expected) || isGenuine
  }
  if (!isGenuine) throw new WebhookError('INVALID_SIGNATURE', { signatures: signatures.length, secrets: keys.length })

  return {
    id,
    sentAtMs,
    body: content.subarray(content.length - given.length),
    async claim() {
      // After this it is stale.
      const ttlMs = Math.ceil(toleranceMs - ageMs) + 1000
      if (replayStore && !(await replayStore.claim(id, ttlMs))) throw new WebhookError('REPLAYED', { id })
    },
  }
}
