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
  /** Signing secret of the webhook, `whsec_…` or any other string. During secret rotation, pass the old and the new one. */
  secrets: string | readonly string[]
  /**
   * Maximum difference between the timestamp and now, in either direction, in milliseconds. From 0 to 604800000 (one week).
   * @defaultValue 300_000
   */
  toleranceMs?: number
  /**
   * Store of claimed webhooks. Without it, a replayed webhook is accepted within the tolerance. If handling a claimed webhook fails, call
   * `release`. `createWebhookReceiver` does so.
   */
  replayStore?: ReplayStore
  /**
   * Source of time.
   * @defaultValue the system clock
   */
  clock?: WallClock
}

/** A verified webhook. */
export interface WebhookDelivery {
  /** Unique id. A redelivery has the same id. */
  readonly id: string
  /** Time of sending in milliseconds since 1970. */
  readonly sentAtMs: number
}

/** A verified webhook that is not claimed yet. */
export interface SignedWebhook extends WebhookDelivery {
  /** A copy of the signed bytes: a framework may reuse its buffer. */
  readonly body: Uint8Array
  /** Claims the webhook in the replay store. Throws `REPLAYED` if it was claimed before. */
  claim(): Promise<void>
}

const headerNames = { id: 'webhook-id', timestamp: 'webhook-timestamp', signature: 'webhook-signature' } as const
const maxIdLength = 512
const maxToleranceMs = 604_800_000

/**
 * Verifies a webhook: its signature, its timestamp, and, with a replay store, that it was not claimed before.
 *
 * @example
 * ```ts
 * const { id } = await verifyWebhook(await request.text(), request.headers, { secrets, replayStore })
 * ```
 * @throws {WebhookError} of every code except `INVALID_PAYLOAD`. Errors of the replay store are passed on unchanged.
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

/** Verifies signature and timestamp. The caller claims the webhook after all other steps that may fail. */
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
  if (!/^(0|[1-9]\d{0,11})$/.test(timestamp))
    throwInvalidHeader(headerNames.timestamp, 'must be whole seconds since 1970')

  const sentAtMs = Number(timestamp) * 1000
  // Both times in whole seconds. The negated comparison also rejects NaN.
  const ageMs = Math.floor(clock.now() / 1000) * 1000 - sentAtMs
  if (!(Math.abs(ageMs) <= toleranceMs)) throw new WebhookError('STALE_TIMESTAMP', { ageMs, toleranceMs })

  const signatures = signaturesIn(header)
  const content = signedBytes(id, timestamp, given)
  let isValid = false
  // One HMAC per secret for any number of signatures, and none without a signature.
  if (signatures.length > 0) {
    for (const expected of await Promise.all(keys.map((key) => hmac(key, content))))
      for (const signature of signatures) isValid = isSame(signature, expected) || isValid
  }
  if (!isValid) throw new WebhookError('INVALID_SIGNATURE', { signatures: signatures.length, secrets: keys.length })

  return {
    id,
    sentAtMs,
    body: content.subarray(content.length - given.length),
    async claim() {
      // Later, the timestamp is stale.
      const ttlMs = Math.ceil(toleranceMs - ageMs) + 1000
      if (replayStore && !(await replayStore.claim(id, ttlMs))) throw new WebhookError('REPLAYED', { id })
    },
  }
}
