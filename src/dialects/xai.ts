import type { ToolInput } from '../protocol/tools.js'
import type { TurnDetectionInput } from '../protocol/turn-detection.js'
import type { Dialect, DialectContext } from '../session/dialect.js'
import type { SessionConfigInput } from '../session/options.js'
import { createDialectCodec, type Translation } from './codec.js'
import { urlOf } from './endpoint.js'
import { childOf, isObject, type Json, moveField } from './json.js'

/** A tool that the server of xAI runs itself. */
export type XaiServerTool =
  /** Searches the web. */
  | { type: 'web_search'; allowed_domains?: string[]; excluded_domains?: string[]; [field: string]: unknown }
  /** Searches posts on X. */
  | { type: 'x_search'; allowed_x_handles?: string[]; from_date?: string; to_date?: string; [field: string]: unknown }
  /** Searches collections of documents. */
  | { type: 'file_search'; vector_store_ids?: string[]; max_num_results?: number; [field: string]: unknown }

/** The configuration that xAI accepts. The settings of GA are translated; those that only xAI has are sent as they are. */
export type XaiSessionConfig = Omit<SessionConfigInput, 'tools' | 'reasoning' | 'audio'> & {
  /** The tools that the model may use: functions, MCP servers, and the tools of the server. */
  tools?: (ToolInput | XaiServerTool)[] | undefined
  /** How much the model thinks. */
  reasoning?: { effort?: NonNullable<SessionConfigInput['reasoning']>['effort'] | 'none' | undefined } | undefined
  /** The configuration of audio. PCM has a rate from 8000 to 48000 Hz. */
  audio?: WithPcmRates<NonNullable<SessionConfigInput['audio']>> | undefined
  /** The voice, such as `ara`. The same as `audio.output.voice`. */
  voice?: XaiVoice
  /** Turn detection. The same as `audio.input.turn_detection`. */
  turn_detection?: TurnDetectionInput | { type: null } | null
  /** Lets a later connection continue the conversation on the server. */
  resumption?: { enabled: boolean; [field: string]: unknown }
  /** Reduces noise in the input. */
  enable_noise_suppression?: boolean
  /** Keeps the context of earlier turns. */
  keep_context?: boolean
  /** Spells names as they are pronounced. */
  enable_phonetic_spelling?: boolean
  temperature?: number
}

/** The name of a voice of xAI. Known names complete in an editor; any string is accepted. */
export type XaiVoice = 'ara' | 'eve' | 'leo' | 'rex' | 'sal' | (string & Record<never, never>)

type Side<Config> = Config extends { format?: unknown }
  ? Omit<Config, 'format'> & {
      format?:
        | Config['format']
        | { type: 'audio/pcm'; rate: 8000 | 16000 | 22050 | 24000 | 32000 | 44100 | 48000 }
        | undefined
    }
  : Config
type WithPcmRates<Audio> = { [Name in keyof Audio]?: Side<NonNullable<Audio[Name]>> | undefined }

const serverTools = new Set<unknown>(['web_search', 'x_search', 'file_search'])
const isServerTool = (tool: unknown) => isObject(tool) && serverTools.has(tool.type)
const isRate = (rate: unknown) => typeof rate === 'number' && rate >= 8000 && rate <= 48_000
const rateOf = (side: string) => ({ path: ['session', 'audio', side, 'format', 'rate'], accepts: isRate })

const lacks = {
  'conversation.item.truncate':
    'xAI cannot truncate, so after an interruption its history has the whole text that the model generated.',
  text_output: 'xAI responds with audio only, so the text of a response is its transcript.',
} as const

/**
 * Grok Voice of xAI.
 *
 * @example
 * ```ts
 * const session = createSession({
 *   transport: webSocket({ dialect: xai, apiKey, model: 'grok-voice-latest' }),
 *   config: { instructions: 'Be brief.', audio: { output: { voice: 'ara' } }, tools: [{ type: 'x_search' }] },
 * })
 * ```
 */
export const xai: Dialect<XaiSessionConfig> = {
  name: 'xai',
  endpoint: { url: (endpoint) => urlOf(endpoint, { baseUrl: 'wss://api.x.ai/v1', path: 'v1/realtime' }) },
  lacks,
  createCodec: (context) => createDialectCodec({ name: 'xai', lacks }, translationOf(context), context),
}

function translationOf(context: DialectContext): Translation {
  /** Transcripts of the user by item. xAI repeats the whole transcript with each update. */
  const transcripts = new Map<unknown, string>()

  function sessionToServer(session: Json): void {
    delete session.type
    dropTextOutput(session)
    const { audio } = session
    if (!isObject(audio)) return
    const { input, output } = audio
    if (isObject(input) && input.turn_detection !== undefined) {
      // xAI turns it off with a type of `null`.
      session.turn_detection = input.turn_detection ?? { type: null }
      delete input.turn_detection
    }
    if (isObject(output)) moveField(output, 'voice', session, 'voice')
    for (const [name, side] of Object.entries(audio))
      if (isObject(side) && Object.keys(side).length === 0) delete audio[name]
    if (Object.keys(audio).length === 0) delete session.audio
  }

  function dropTextOutput(settings: Json): void {
    const { output_modalities: modalities } = settings
    delete settings.output_modalities
    if (Array.isArray(modalities) && modalities.includes('text')) context.report('text_output', lacks.text_output)
  }

  function responseToServer(event: Json): Json {
    const { response } = event
    if (!isObject(response)) return event
    dropTextOutput(response)
    const { metadata } = response
    // xAI does not return metadata, so it cannot name the request of a response.
    if (isObject(metadata)) delete metadata.client_event_id
    if (isObject(metadata) && Object.keys(metadata).length === 0) delete response.metadata
    if (Object.keys(response).length === 0) delete event.response
    return event
  }

  /** Returns an update of a transcript as a delta. An update that changes earlier words stays as it is; the complete transcript follows. */
  function transcriptToGA(event: Json): Json {
    const { item_id: id, transcript } = event
    const known = transcripts.get(id) ?? ''
    if (typeof transcript !== 'string' || !transcript.startsWith(known)) return event
    remember(id, transcript)
    const { transcript: _, ...rest } = event
    const type = 'conversation.item.input_audio_transcription.delta'
    return { ...rest, type, delta: transcript.slice(known.length) }
  }

  function remember(id: unknown, transcript: string): void {
    transcripts.delete(id)
    transcripts.set(id, transcript)
    if (transcripts.size <= maxTranscripts) return
    for (const oldest of transcripts.keys()) {
      transcripts.delete(oldest)
      break
    }
  }

  return {
    sessionFields: [
      'voice',
      'turn_detection',
      'resumption',
      'enable_noise_suppression',
      'keep_context',
      'enable_phonetic_spelling',
      'temperature',
    ],
    values: [
      { path: ['session', 'tools', '[]'], accepts: isServerTool },
      { path: ['response', 'tools', '[]'], accepts: isServerTool },
      { path: ['session', 'reasoning', 'effort'], accepts: (effort) => effort === 'none' },
      rateOf('input'),
      rateOf('output'),
    ],
    isOwn: ({ type, item }) => /force_message/.test(String(isObject(item) ? item.type : type)),
    toServer(event) {
      if (event.type === 'session.update' && isObject(event.session)) sessionToServer(event.session)
      return event.type === 'response.create' ? responseToServer(event) : event
    },
    toGA(event) {
      const { type, session, response, usage } = event
      if (isObject(session) && (type === 'session.created' || type === 'session.updated')) sessionToGA(session)
      if (type === 'conversation.item.input_audio_transcription.updated') return [transcriptToGA(event)]
      if (type === 'conversation.item.input_audio_transcription.completed' && typeof event.transcript === 'string')
        remember(event.item_id, event.transcript)
      // The usage is beside the response, whose own is empty.
      if (type === 'response.done' && isObject(response) && isObject(usage))
        response.usage = { ...usage, ...(response.usage as object) }
      return [event]
    },
  }
}

const maxTranscripts = 64

function sessionToGA(session: Json): void {
  session.type = 'realtime'
  const audio = childOf(session, 'audio')
  const input = childOf(audio, 'input')
  const output = childOf(audio, 'output')
  moveField(session, 'voice', output, 'voice')
  moveField(session, 'turn_detection', input, 'turn_detection')
  moveField(session, 'input_audio_transcription', input, 'transcription')
  moveField(session, 'modalities', session, 'output_modalities')
  moveField(session, 'max_response_output_tokens', session, 'max_output_tokens')
  const detection = input.turn_detection
  if (isObject(detection) && (detection.type === null || detection.type === undefined)) input.turn_detection = null
}
