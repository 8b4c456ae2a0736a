import type { Transport } from '../transports/transport.js'
import { toBeta } from './to-beta.js'
import { type TranslationOptions, translating } from './translating.js'
import { createUpgrade } from './upgrade.js'

/**
 * A transport on which code that was written for GA, such as a session of this package, talks to a server that still speaks the beta. Such
 * a server may want the header `OpenAI-Beta: realtime=v1`, or the subprotocol `openai-beta.realtime-v1`, and an address of its own: those
 * are settings of the transport inside.
 *
 * ```ts
 * const session = createSession({ transport: fromBeta(webSocket({ url, headers: { 'OpenAI-Beta': 'realtime=v1' } })) })
 * ```
 */
export function fromBeta(transport: Transport, options: TranslationOptions = {}): Transport {
  return translating(transport, {
    ...options,
    outgoing: toBeta,
    incoming: createUpgrade(),
    passes: () => true,
  })
}
