import { createId } from '../../../internal/id.js'
import { type CreateDialectServer, isObject, type Json, unknownType } from './emulated-dialect.js'

const ownSettings = [
  'resumption',
  'enable_noise_suppression',
  'keep_context',
  'enable_phonetic_spelling',
  'temperature',
  'modalities',
  'output_modalities',
]

/** Grok Voice of xAI, as recorded. It has no truncation and no text output. */
export const createXaiServer: CreateDialectServer = (model) => {
  const transcripts = new Map<unknown, string>()

  function sessionOf(session: Json, isUpdate: boolean): Json {
    const audio = (session.audio ?? {}) as { input?: Json; output?: Json }
    const { turn_detection = null, transcription = null, format } = audio.input ?? {}
    const shared = {
      instructions: session.instructions,
      voice: audio.output?.voice,
      modalities: ['audio'],
      turn_detection: turn_detection ?? { type: null },
      tools: session.tools ?? [],
      model,
    }
    if (!isUpdate) return { id: session.id, object: 'realtime.session', ...shared }
    return {
      ...shared,
      enable_noise_suppression: true,
      keep_context: false,
      input_audio_transcription: transcription,
      input_audio_format: 'not specified',
      output_audio_format: 'not specified',
      tool_choice: session.tool_choice,
      temperature: -1,
      max_response_output_tokens: 'inf',
      audio: {
        input: { format, transport: 'json', transcription },
        output: { format: audio.output?.format, transport: 'json' },
      },
    }
  }

  function itemOf(item: unknown): unknown {
    if (!isObject(item)) return item
    const content = Array.isArray(item.content)
      ? item.content.map((part: Json) => ({
          ...part,
          ...(part.type === 'output_audio' && { type: 'audio' }),
          ...(part.type === 'output_text' && { type: 'text' }),
        }))
      : undefined
    return { object: 'realtime.item', ...item, ...(content && { content }) }
  }

  function responseOf(response: Json): Json {
    const output = (response.output as unknown[]).map(itemOf)
    const { id, status } = response
    return { id, object: 'realtime.response', output, status, status_details: 'unimplemented', usage: {} }
  }

  return {
    toClient(event) {
      const { item, response } = event
      switch (event.type) {
        case 'session.created':
          return [
            { ...event, session: sessionOf(event.session as Json, false) },
            {
              type: 'conversation.created',
              event_id: createId('event'),
              conversation: { id: createId('conv'), object: 'realtime.conversation' },
            },
            { type: 'ping', event_id: createId('event'), timestamp: 0 },
          ]
        case 'session.updated':
          return [{ ...event, session: sessionOf(event.session as Json, true) }]
        case 'conversation.item.done':
        case 'rate_limits.updated':
          return []
        case 'conversation.item.added':
          return [{ ...event, item: itemOf(item) }]
        case 'response.output_item.added':
        case 'response.output_item.done': {
          const { content: _, ...rest } = itemOf(item) as Json
          return [{ ...event, item: rest }]
        }
        case 'response.content_part.done': {
          const { part: _, ...rest } = event
          return [rest]
        }
        case 'response.function_call_arguments.delta': {
          const { output_index: _, ...rest } = event
          return [rest]
        }
        case 'response.created':
          return [{ ...event, response: responseOf(response as Json) }]
        case 'response.done': {
          const { id, usage } = response as Json
          return [{ ...event, response: responseOf(response as Json), response_id: id, usage: usage ?? {} }]
        }
        case 'conversation.item.input_audio_transcription.delta': {
          const transcript = (transcripts.get(event.item_id) ?? '') + String(event.delta ?? '')
          transcripts.set(event.item_id, transcript)
          const { delta: _, ...rest } = event
          return [{ ...rest, type: 'conversation.item.input_audio_transcription.updated', transcript }]
        }
        default:
          return [event]
      }
    },
    toEmulator(event) {
      if (event.type === 'conversation.item.truncate') return unknownType(event)
      const { session } = event
      if (event.type !== 'session.update' || !isObject(session)) return { event }
      const { voice, turn_detection: detection, audio, tools, reasoning: _, ...rest } = session
      for (const name of ownSettings) delete rest[name]
      const sides = (isObject(audio) ? audio : {}) as { input?: Json; output?: Json }
      const input = { ...sides.input }
      if (detection !== undefined) input.turn_detection = isObject(detection) && detection.type ? detection : null
      const output = { ...sides.output, ...(voice !== undefined && { voice }) }
      const isFunction = (tool: Json) => tool.type === 'function' || tool.type === 'mcp'
      return {
        event: {
          ...event,
          session: {
            ...rest,
            type: 'realtime',
            audio: { input, output },
            ...(Array.isArray(tools) && { tools: tools.filter(isFunction) }),
          },
        },
      }
    },
  }
}
