import type { Transport } from '../transports/transport.js'
import { toBeta } from './to-beta.js'
import { createTranslatingTransport, type TranslationOptions } from './translating-transport.js'
import { createUpgrade } from './upgrade.js'

/**
 * Wraps a transport so that code written for GA, such as a session, can use a server that implements the beta. Such a server may require the
 * header `OpenAI-Beta: realtime=v1`, the subprotocol `openai-beta.realtime-v1`, or another URL. Configure these on the inner transport.
 *
 * @example
 * ```ts
 * const session = createSession({ transport: fromBeta(webSocket({ url, headers: { 'OpenAI-Beta': 'realtime=v1' } })) })
 * ```
 */
export function fromBeta(transport: Transport, options: TranslationOptions = {}): Transport {
  return createTranslatingTransport(transport, {
    ...options,
    outgoing: toBeta,
    incoming: createUpgrade(),
    forwardsUntranslatable: () => true,
  })
}
