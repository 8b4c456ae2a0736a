import { toBeta } from '../migrate/to-beta.js'
import { createUpgrade } from '../migrate/upgrade.js'
import type { Dialect, DialectContext } from '../session/dialect.js'
import type { SessionConfigInput } from '../session/options.js'
import { createDialectCodec, type Translation } from './codec.js'
import type { Json } from './json.js'

/** Settings of the beta, which are at the top level of its session. */
export interface BetaSettings {
  /** The kinds of output: `['text']` or `['text', 'audio']`. */
  modalities?: ('text' | 'audio')[]
  /** The voice. */
  voice?: string
  /** The format of input audio, such as `pcm16`. */
  input_audio_format?: string
  /** The format of output audio, such as `pcm16`. */
  output_audio_format?: string
  /** Transcription of the user's audio; `null` turns it off. */
  input_audio_transcription?: { model?: string; language?: string; prompt?: string; [field: string]: unknown } | null
  /** Noise reduction; `null` turns it off. */
  input_audio_noise_reduction?: { type: string; [field: string]: unknown } | null
  /** Turn detection; `null` turns it off. */
  turn_detection?: { type: string; [field: string]: unknown } | null
  /** The randomness of the output. */
  temperature?: number
  /** The maximum of output tokens per response. */
  max_response_output_tokens?: number | 'inf'
}

export const betaFields = [
  'modalities',
  'voice',
  'input_audio_format',
  'output_audio_format',
  'input_audio_transcription',
  'input_audio_noise_reduction',
  'turn_detection',
  'temperature',
  'max_response_output_tokens',
] as const satisfies readonly (keyof BetaSettings)[]

/** The configuration that a server of the beta accepts: that of GA, which is translated, and the settings of the beta. */
export type BetaSessionConfig = SessionConfigInput & BetaSettings

/**
 * A server that speaks the beta of the Realtime API, such as Qwen-Omni-Realtime and many local servers. Settings without an equivalent are
 * reported by `warning`.
 *
 * @example
 * ```ts
 * webSocket({ dialect: beta, url: 'wss://example.com/realtime?model=m', headers: { 'OpenAI-Beta': 'realtime=v1' } })
 * ```
 */
export const beta: Dialect<BetaSessionConfig> = {
  name: 'beta',
  createCodec: (context) =>
    createDialectCodec({ name: 'beta' }, { ...betaTranslation('beta', context), sessionFields: betaFields }, context),
}

/** Translates between GA and the beta. Each connection needs a new one, because it remembers which items are not complete. */
export function betaTranslation(
  name: string,
  { report }: DialectContext,
): Required<Pick<Translation, 'toServer' | 'toGA'>> {
  const upgrade = createUpgrade()
  return {
    toServer(event) {
      const migration = toBeta(event as { type: string })
      if (migration.kind !== 'events') {
        report(String(event.type), `${name} has no such event, and may refuse it.`)
        return event
      }
      for (const { path, value, reason } of migration.dropped) if (value !== null) report(path, reason)
      return { ...(migration.events[0] as Json) }
    },
    toGA(event) {
      const migration = upgrade(event)
      return migration.kind === 'events' ? migration.events.map((translated) => ({ ...translated }) as Json) : [event]
    },
  }
}
