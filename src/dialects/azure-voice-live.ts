import type { Dialect } from '../session/dialect.js'
import type { SessionConfigInput } from '../session/options.js'
import { azureHeaders } from './azure.js'
import { type BetaSettings, betaFields, betaTranslation } from './beta.js'
import { createDialectCodec } from './codec.js'
import { urlOf } from './endpoint.js'
import { isObject } from './json.js'

/** A voice of Azure Voice Live. */
export type VoiceLiveVoice =
  | { type: 'openai'; name: string }
  | { type: 'azure-standard'; name: string; temperature?: number; rate?: string; [field: string]: unknown }
  | { type: 'azure-custom'; name: string; endpoint_id: string; [field: string]: unknown }
  | { type: 'azure-personal'; name: string; model: string; [field: string]: unknown }

/** Turn detection of Azure Voice Live. */
export interface VoiceLiveTurnDetection {
  type: 'server_vad' | 'semantic_vad' | 'azure_semantic_vad' | 'azure_semantic_vad_multilingual'
  threshold?: number
  prefix_padding_ms?: number
  silence_duration_ms?: number
  speech_duration_ms?: number
  /** Ignores words such as "um". */
  remove_filler_words?: boolean
  /** Languages of the user, such as `en`. */
  languages?: string[]
  create_response?: boolean
  interrupt_response?: boolean
  /** Truncates an interrupted response on the server. */
  auto_truncate?: boolean
  end_of_utterance_detection?: { model: string; [field: string]: unknown } | null
  [field: string]: unknown
}

/** The configuration that Azure Voice Live accepts: that of GA, which is translated, and its own settings, which are sent as they are. */
export type VoiceLiveSessionConfig = SessionConfigInput &
  Omit<BetaSettings, 'voice' | 'turn_detection' | 'input_audio_noise_reduction'> & {
    /** The voice, by its name or with its kind. */
    voice?: string | VoiceLiveVoice
    /** Turn detection; `null` turns it off. */
    turn_detection?: VoiceLiveTurnDetection | null
    /** Noise reduction; `null` turns it off. */
    input_audio_noise_reduction?: { type: 'azure_deep_noise_suppression' | 'near_field' | 'far_field' } | null
    /** Echo cancellation on the server; `null` turns it off. */
    input_audio_echo_cancellation?: { type: 'server_echo_cancellation' } | null
    /** The sampling rate of the input in Hz. */
    input_audio_sampling_rate?: 8000 | 16000 | 24000
    /** An avatar whose video is sent over WebRTC. */
    avatar?: { character?: string; style?: string; [field: string]: unknown } | null
    /** Animation data for an avatar. */
    animation?: { outputs?: string[]; [field: string]: unknown } | null
    /** Timestamps of the output, such as `word`. */
    output_audio_timestamp_types?: string[] | null
  }

const ownFields = [
  'input_audio_echo_cancellation',
  'input_audio_sampling_rate',
  'avatar',
  'animation',
  'output_audio_timestamp_types',
]

/** Voices of OpenAI models. Other names are voices of Azure. */
const openAIVoices = /^(alloy|ash|ballad|cedar|coral|echo|marin|sage|shimmer|verse)$/

/**
 * Azure Voice Live. `baseUrl` is the URL of the resource. A query in it, such as `?api-version=2025-10-01`, replaces the default.
 *
 * @example
 * ```ts
 * const session = createSession({
 *   transport: webSocket({ dialect: azureVoiceLive, baseUrl: 'https://my-resource.services.ai.azure.com', apiKey, model: 'gpt-realtime' }),
 *   config: { voice: { type: 'azure-standard', name: 'en-US-Ava:DragonHDLatestNeural' } },
 * })
 * ```
 */
export const azureVoiceLive: Dialect<VoiceLiveSessionConfig> = {
  name: 'azure-voice-live',
  endpoint: {
    url: (endpoint) =>
      urlOf(endpoint, {
        path: 'voice-live/realtime',
        query: { 'api-version': '2025-10-01' },
        example: 'https://my-resource.services.ai.azure.com',
      }),
    headers: azureHeaders,
  },
  createCodec(context) {
    const { toServer, toGA } = betaTranslation('Azure Voice Live', context)
    return createDialectCodec(
      { name: 'azure-voice-live' },
      {
        sessionFields: [...betaFields, ...ownFields],
        toServer(event) {
          // Items have the shape of GA.
          if (event.type === 'conversation.item.create') return event
          const translated = toServer(event)
          const { session } = translated
          if (isObject(session) && typeof session.voice === 'string')
            session.voice = {
              type: openAIVoices.test(session.voice) ? 'openai' : 'azure-standard',
              name: session.voice,
            }
          return translated
        },
        toGA,
      },
      context,
    )
  },
}
