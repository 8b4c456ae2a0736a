import { isWebhookError, WebhookError, type WebhookErrorCode } from './error.js'
import type { WebhookHeaders } from './headers.js'
import { readWebhookEvent, type WebhookEvent } from './parse.js'
import { createReplayStore } from './replay-store.js'
import type { WebhookBody } from './signature.js'
import { type SignedWebhook, type VerifyWebhookOptions, verifySignature, type WebhookDelivery } from './verify.js'

/** Handles a webhook. When it throws or rejects, the webhook is released, so that its redelivery is handled. */
export type WebhookHandler = (event: WebhookEvent, delivery: WebhookDelivery) => void | Promise<void>

/** Result of a {@link WebhookReceiver}. */
export interface WebhookResult {
  /**
   * The HTTP status to respond with. 200: handled, or not to be delivered again. 400: not genuine. 500: handling it
   * failed, or an option is wrong; the sender delivers it again.
   */
  readonly status: 200 | 400 | 500
  /** Why the webhook was not handled: a {@link WebhookError}, or what the handler or the replay store threw. */
  readonly error?: unknown
}

/**
 * Receives the webhooks of one endpoint. It never rejects.
 * @param rawBody the body as it was sent: text or bytes, not parsed JSON
 */
export type WebhookReceiver = (rawBody: WebhookBody, headers: WebhookHeaders) => Promise<WebhookResult>

/**
 * Creates a receiver that verifies each webhook, claims it in the replay store, and calls `handle`. When `handle`
 * fails, the receiver releases the webhook and returns 500, so that the sender delivers it again.
 * A redelivery that arrives while `handle` is running waits for it and gets the same result.
 *
 * @example
 * ```ts
 * const receive = createWebhookReceiver({ secrets }, async (event) => {
 *   if (event.type === 'realtime.call.incoming') await acceptCall(event.data.call_id, config, { apiKey })
 * })
 * const { status, error } = await receive(await request.text(), request.headers)
 * ```
 * @param options as for {@link parseWebhook}; `replayStore` defaults to one in the memory of this process
 */
export function createWebhookReceiver(options: VerifyWebhookOptions, handle: WebhookHandler): WebhookReceiver {
  if (typeof handle !== 'function')
    throw new WebhookError('INVALID_OPTION', { option: 'handle', problem: 'must be a function' })
  const { clock } = options ?? {}
  const replayStore = options?.replayStore ?? createReplayStore(clock ? { clock } : {})
  const running = new Map<string, Promise<WebhookResult>>()

  async function run({ id, sentAtMs, body, claim }: SignedWebhook): Promise<WebhookResult> {
    const event = readWebhookEvent(body)
    await claim()
    try {
      await handle(event, { id, sentAtMs })
      return { status: 200 }
    } catch (error) {
      try {
        await replayStore.release(id)
      } catch (releaseError) {
        const message = 'The webhook could not be handled, and the replay store could not release it.'
        return { status: 500, error: new AggregateError([error, releaseError], message) }
      }
      return { status: 500, error }
    }
  }

  return async (rawBody, headers) => {
    try {
      const signed = await verifySignature(rawBody, headers, { ...options, replayStore })
      const current = running.get(signed.id)
      if (current) return await current
      const result = run(signed)
      running.set(signed.id, result)
      try {
        return await result
      } finally {
        running.delete(signed.id)
      }
    } catch (error) {
      return { status: isWebhookError(error) ? (statuses[error.code] ?? 400) : 500, error }
    }
  }
}

const statuses: Readonly<Partial<Record<WebhookErrorCode, 200 | 500>>> = {
  // A redelivery would fail in the same way.
  REPLAYED: 200,
  INVALID_PAYLOAD: 200,
  INVALID_OPTION: 500,
  UNSUPPORTED_RUNTIME: 500,
}
