import { checker } from '../../protocol/check.js'
import { formatPath } from '../../protocol/invalid-event.js'
import type { UnknownVariant } from '../../protocol/open.js'
import { RealtimeCallIncomingEvent } from '../../protocol/rest.js'
import { WebhookError } from './error.js'
import type { WebhookHeaders } from './headers.js'
import type { WebhookBody } from './signature.js'
import { type VerifyWebhookOptions, verifySignature, type WebhookDelivery } from './verify.js'

/** Event of a webhook: an incoming call, or another event that the endpoint is subscribed to. */
export type WebhookEvent = RealtimeCallIncomingEvent | UnknownVariant

/** A verified webhook with its event. */
export interface ParsedWebhook extends WebhookDelivery {
  readonly event: WebhookEvent
}

/**
 * Verifies a webhook, parses its event, and claims it in the replay store. If handling the event fails, release the webhook, otherwise its
 * redelivery is rejected. `createWebhookReceiver` does all of this.
 *
 * @example
 * ```ts
 * const { event } = await parseWebhook(await request.text(), request.headers, { secrets })
 * if (event.type === 'realtime.call.incoming') console.log(event.data.call_id)
 * ```
 * @throws {WebhookError} of every code. Errors of the replay store are passed on unchanged.
 */
export async function parseWebhook(
  rawBody: WebhookBody,
  headers: WebhookHeaders,
  options: VerifyWebhookOptions,
): Promise<ParsedWebhook> {
  const { id, sentAtMs, body, claim } = await verifySignature(rawBody, headers, options)
  const event = readWebhookEvent(body)
  await claim()
  return { id, sentAtMs, event }
}

/**
 * Parses the event of a verified webhook.
 * @throws {WebhookError} `INVALID_PAYLOAD`.
 */
export function readWebhookEvent(body: Uint8Array): WebhookEvent {
  const event = parseJson(body)
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    return refuse('', 'an object', 'something else')
  if (!('type' in event) || !Object.hasOwn(event, 'type') || typeof event.type !== 'string')
    return refuse('type', 'a string', 'something else')
  if (event.type !== 'realtime.call.incoming') return event as UnknownVariant
  const problem = checker(RealtimeCallIncomingEvent)(event)
  if (problem) return refuse(formatPath(problem.path), problem.expected, problem.found)
  return event as RealtimeCallIncomingEvent
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return refuse('', 'JSON', 'other text')
  }
}

function refuse(path: string, expected: string, found: string): never {
  throw new WebhookError('INVALID_PAYLOAD', { path, expected, found })
}
