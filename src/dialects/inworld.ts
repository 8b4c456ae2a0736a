import { createId } from '../internal/id.js'
import type { Dialect } from '../session/dialect.js'
import type { SessionConfigInput } from '../session/options.js'
import { createDialectCodec } from './codec.js'
import { urlOf } from './endpoint.js'
import { isObject } from './json.js'

type Audio = NonNullable<SessionConfigInput['audio']>

/** The configuration that Inworld accepts. */
export type InworldSessionConfig = Omit<SessionConfigInput, 'output_modalities' | 'audio'> & {
  /** The kinds of output. `['audio', 'text']` has both. */
  output_modalities?: ('audio' | 'text')[] | undefined
  /** The randomness of the output. */
  temperature?: number
  /** The configuration of audio. */
  audio?:
    | (Omit<Audio, 'output'> & {
        output?: (NonNullable<Audio['output']> & { /** The speech model. */ model?: string }) | undefined
      })
    | undefined
}

const lacks = {
  'conversation.item.truncate':
    'Inworld cannot truncate, so after an interruption its history has the whole text that the model generated.',
  'conversation.item.delete': 'Inworld cannot delete items, so its history keeps responses that the user did not hear.',
  'conversation.item.retrieve': 'Inworld cannot return items, so their audio is not available.',
} as const

/**
 * Inworld. `apiKey` is the Base64 credential of the portal, and the model may change while the session runs.
 *
 * @example
 * ```ts
 * webSocket({ dialect: inworld, apiKey, model: 'my-model' })
 * ```
 */
export const inworld: Dialect<InworldSessionConfig> = {
  name: 'inworld',
  endpoint: {
    url: (endpoint) =>
      urlOf(endpoint, {
        baseUrl: 'wss://api.inworld.ai',
        path: 'api/v1/realtime/session',
        query: { key: createId('session'), protocol: 'realtime' },
      }),
    headers: (apiKey) => ({ Authorization: `Basic ${apiKey}` }),
  },
  lacks,
  createCodec: (context) =>
    createDialectCodec(
      { name: 'inworld', lacks },
      {
        sessionFields: ['temperature'],
        values: [
          { path: ['session', 'output_modalities'], accepts: Array.isArray },
          { path: ['response', 'output_modalities'], accepts: Array.isArray },
          { path: ['session', 'audio', 'output', 'model'], accepts: (model) => typeof model === 'string' },
        ],
        toServer(event) {
          const { session } = event
          // Audio without text has no transcript.
          if (isObject(session) && String(session.output_modalities) === 'audio')
            session.output_modalities = ['audio', 'text']
          return event
        },
      },
      context,
    ),
}
