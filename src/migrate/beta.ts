import type { Transport } from '../transports/transport.js'
import { toBeta } from './to-beta.js'
import { toGA } from './to-ga.js'
import { createTranslatingTransport, type TranslationOptions } from './translating-transport.js'

/**
 * Wraps a transport so that code written for the beta can use a GA server. Sent events are translated to GA, and received events to the beta.
 * GA events that the beta did not have (`mcp_…`, `timeout_triggered`) are delivered unchanged. Events without a GA equivalent are sent
 * unchanged, and the server rejects them with an `error` event.
 *
 * @example
 * ```ts
 * const transport = beta(webSocket({ apiKey, model: 'gpt-realtime-2.1' }))
 * transport.on('message', (frame) => client.receive(JSON.parse(frame)))   // response.audio.delta, conversation.item.created, …
 * transport.send(JSON.stringify({ type: 'session.update', session: { modalities: ['text'] } }))
 * ```
 */
export function beta(transport: Transport, options: TranslationOptions = {}): Transport {
  return createTranslatingTransport(transport, {
    ...options,
    outgoing: toGA,
    incoming: toBeta,
    // The beta reported each item once, with `conversation.item.created`.
    forwardsUntranslatable: ({ type }) => type !== 'conversation.item.done',
  })
}
