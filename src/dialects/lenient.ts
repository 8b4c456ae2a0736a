import type { ClientEvent } from '../protocol/client-events.js'
import { type Codec, realtimeEvents, serializeEvent } from '../protocol/codec.js'
import { encodeAudio } from '../protocol/encode-audio.js'
import { takeExtra } from '../protocol/extra.js'
import type { ServerEvent } from '../protocol/server-events.js'
import type { Dialect, DialectContext } from '../session/dialect.js'
import type { SessionConfigInput } from '../session/options.js'
import { betaTranslation } from './beta.js'
import { createDialectCodec } from './codec.js'
import { isObject, type Json } from './json.js'

/** The settings of GA, and any others. */
export type LenientSessionConfig = SessionConfigInput & { [field: string]: unknown }

/**
 * A server of which nothing is known, such as a local one. Nothing that is sent is checked, event names and sessions of the beta are
 * understood, and the session does not wait for `session.updated`, which some servers never send.
 *
 * @example
 * ```ts
 * webSocket({ dialect: lenient, url: 'ws://127.0.0.1:8000/v1/realtime?model=any' })
 * ```
 */
export const lenient: Dialect<LenientSessionConfig> = { name: 'lenient', createCodec }

function createCodec(context: DialectContext): Codec<ClientEvent, ServerEvent> {
  const { toGA } = betaTranslation('lenient', context)
  let session: Json = { type: 'realtime' }

  function remember(events: readonly Json[]): readonly Json[] {
    for (const { type, session: reported } of events)
      if (isObject(reported) && (type === 'session.created' || type === 'session.updated')) session = reported
    return events
  }

  /** Takes the place of `session.updated`. If the server sends one, it replaces this one. */
  function acknowledge(change: Json): void {
    const updated = { type: 'session.updated', session: { ...session, ...change } } as unknown as ServerEvent
    queueMicrotask(() => context.dispatch(updated))
  }

  return {
    ...createDialectCodec({ name: 'lenient' }, { toGA: (event) => remember(toGA(event)) }, context),
    encode(event) {
      const audio = encodeAudio(realtimeEvents.appendTypes, event)
      if (audio !== undefined) return audio
      const sent = JSON.parse(serializeEvent(realtimeEvents, event)) as Json
      takeExtra(sent)?.(sent)
      if (sent.type === 'session.update' && isObject(sent.session)) acknowledge(sent.session)
      return JSON.stringify(sent)
    },
  }
}
