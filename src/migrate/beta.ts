import type { Transport } from '../transports/transport.js'
import { toBeta } from './to-beta.js'
import { toGA } from './to-ga.js'
import { type TranslationOptions, translating } from './translating.js'

/**
 * A transport on which code that was written for the beta talks to a GA server: what it sends is made GA, and what it hears has the old
 * names. What GA has and the beta had not (`mcp_…`, `timeout_triggered`) is heard as GA says it. What GA cannot understand is sent as it is,
 * and the server's refusal is heard.
 *
 * ```ts
 * const transport = beta(webSocket({ apiKey, model: 'gpt-realtime-2.1' }))
 * transport.on('message', (frame) => client.receive(JSON.parse(frame)))   // response.audio.delta, conversation.item.created, …
 * transport.send(JSON.stringify({ type: 'session.update', session: { modalities: ['text'] } }))
 * ```
 */
export function beta(transport: Transport, options: TranslationOptions = {}): Transport {
  return translating(transport, {
    ...options,
    outgoing: toGA,
    incoming: toBeta,
    // Its beginning was told as conversation.item.created, and that was all of it.
    passes: ({ type }) => type !== 'conversation.item.done',
  })
}
