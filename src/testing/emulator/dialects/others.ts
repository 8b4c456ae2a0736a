import { createId } from '../../../internal/id.js'
import { toBeta } from '../../../migrate/to-beta.js'
import { toGA } from '../../../migrate/to-ga.js'
import { type CreateDialectServer, isObject, type Json, unknownType } from './emulated-dialect.js'

/** Azure OpenAI repeats the part of a content event as `content`. */
export const createAzureServer: CreateDialectServer = () => ({
  toClient: (event) => [event.part === undefined ? event : { ...event, content: event.part }],
  toEmulator: (event) => ({ event }),
})

const lackedByInworld = new Set<unknown>([
  'conversation.item.truncate',
  'conversation.item.delete',
  'conversation.item.retrieve',
])

export const createInworldServer: CreateDialectServer = () => ({
  toClient(event) {
    const { session } = event
    if (!isObject(session)) return [event]
    const shaped = { ...event, session: { ...session, output_modalities: ['audio', 'text'] } }
    return event.type === 'session.created' ? [shaped, { type: 'ping', event_id: createId('event') }] : [shaped]
  },
  toEmulator(event) {
    if (lackedByInworld.has(event.type)) return unknownType(event)
    const { session } = event
    if (!isObject(session)) return { event }
    const { output_modalities: modalities, temperature: _, ...rest } = session
    const hasAudio = !Array.isArray(modalities) || modalities.includes('audio')
    return { event: { ...event, session: { ...rest, output_modalities: [hasAudio ? 'audio' : 'text'] } } }
  },
})

/** The beta of the Realtime API. */
export const createBetaServer: CreateDialectServer = () => ({
  toClient(event) {
    // The beta reported each item once, with `conversation.item.created`.
    if (event.type === 'conversation.item.done') return []
    const migration = toBeta(event as { type: string })
    return migration.kind === 'events' ? (migration.events as unknown as readonly Json[]) : [event]
  },
  toEmulator(event) {
    const migration = toGA(event)
    const [first] = migration.kind === 'events' ? migration.events : []
    return { event: (first as unknown as Json | undefined) ?? event }
  },
})

const voiceLiveSettings = [
  'input_audio_echo_cancellation',
  'input_audio_sampling_rate',
  'avatar',
  'animation',
  'output_audio_timestamp_types',
]

/** Azure Voice Live: the beta with voices and turn detection of its own. */
export const createVoiceLiveServer: CreateDialectServer = (model) => {
  const beta = createBetaServer(model)
  return {
    toClient: (event) =>
      beta.toClient(event).map((translated) => {
        const { session } = translated
        if (!isObject(session)) return translated
        const { type: _, voice, ...rest } = session
        return { ...translated, session: { ...rest, model, voice: { type: 'openai', name: voice } } }
      }),
    toEmulator(event) {
      const { session } = event
      if (!isObject(session)) return beta.toEmulator(event)
      const own = { ...session }
      for (const name of voiceLiveSettings) delete own[name]
      if (isObject(own.voice)) own.voice = own.voice.type === 'openai' ? own.voice.name : 'alloy'
      const { turn_detection: detection } = own
      if (isObject(detection) && String(detection.type).startsWith('azure_'))
        own.turn_detection = { type: 'server_vad', create_response: detection.create_response ?? true }
      const { input_audio_noise_reduction: reduction } = own
      if (isObject(reduction) && reduction.type === 'azure_deep_noise_suppression')
        own.input_audio_noise_reduction = { type: 'far_field' }
      return beta.toEmulator({ ...event, session: own })
    },
  }
}

/** A server that leaves out what some servers leave out. */
export const createMinimalServer: CreateDialectServer = () => ({
  toClient({ event_id: _, previous_item_id: __, ...event }) {
    const { session, response, item } = event
    switch (event.type) {
      case 'session.created':
        return [{ ...event, session: { id: (session as Json).id } }]
      case 'conversation.item.done':
      case 'rate_limits.updated':
      case 'response.output_audio.done':
        return []
      case 'response.created':
        return [{ ...event, response: { id: (response as Json).id, output: null } }]
      case 'response.output_item.added': {
        const { content: ___, ...rest } = item as Json
        return [{ ...event, item: rest }]
      }
      case 'input_audio_buffer.speech_started':
      case 'input_audio_buffer.speech_stopped':
        return [{ type: event.type, item_id: event.item_id }]
      default: {
        const { output_index: ___, part: ____, ...rest } = event
        return [rest]
      }
    }
  },
  toEmulator: (event) => ({ event }),
})
