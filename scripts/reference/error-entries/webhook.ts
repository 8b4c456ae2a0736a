import type { WebhookErrorCode } from '../../../src/server/webhooks/error.js'
import type { ErrorClassEntry } from './entry.js'

const signed = 'Respond with 400. `createWebhookReceiver()` does this for you.'

export const webhookErrors: ErrorClassEntry<WebhookErrorCode> = {
  module: 'realtime-primitives/server',
  codes: {
    MISSING_HEADER: {
      when: 'The request has no `webhook-id`, `webhook-timestamp`, or `webhook-signature` header. Usually it is not from the API, or a proxy removed the header.',
      fix: signed,
    },
    INVALID_HEADER: {
      when: 'A webhook header occurs more than once, is too long, or contains an invalid timestamp.',
      fix: signed,
    },
    STALE_TIMESTAMP: {
      when: 'The timestamp differs from the current time by more than `toleranceMs` (5 minutes by default). Usually the request is a replay of an old one, or the system clock is wrong.',
      fix: `${signed} If genuine webhooks are refused, synchronize the clock of the server.`,
    },
    INVALID_SIGNATURE: {
      when: 'No signature matches the body and one of the secrets. The request is forged, the secret belongs to another endpoint, or the body was changed.',
      fix: `${signed} Check the secret. Pass the raw bytes of the body: JSON that was parsed and serialized again has another signature.`,
      example: `import { isWebhookError, parseWebhook } from 'realtime-primitives/server'

export async function handle(request: Request): Promise<Response> {
  try {
    const webhook = await parseWebhook(await request.text(), request.headers, { secrets: 'whsec_…' })
    console.log(webhook.event.type)
    return new Response()
  } catch (error) {
    if (!isWebhookError(error)) throw error
    return new Response(null, { status: error.code === 'REPLAYED' ? 200 : 400 })
  }
}`,
    },
    REPLAYED: {
      when: 'A webhook with the same id was already received. The API repeats a webhook when the response to the first one was lost.',
      fix: 'Respond with 200, and do not handle it again.',
    },
    INVALID_PAYLOAD: {
      when: 'The signature is valid, but the body is not JSON or has an unexpected shape. Usually the API has changed.',
      fix: 'Respond with 200, or the API sends it again. Report the difference in `path`, `expected`, and `found`.',
    },
    INVALID_OPTION: {
      when: 'An option is missing or invalid, such as an empty secret or a parsed body.',
      fix: 'Correct the option that the message names. Respond with 500, so that the API sends the webhook again.',
    },
    UNSUPPORTED_RUNTIME: {
      when: 'The runtime has no `crypto.subtle`, which verifies signatures.',
      fix: 'Use Node.js 20 or later, Bun, Deno, Workers, or a browser page in a secure context.',
    },
  },
}
