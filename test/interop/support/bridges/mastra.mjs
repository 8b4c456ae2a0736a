// @mastra/voice-openai-realtime: `OpenAIRealtimeVoice`. It calls tools and returns their outputs by itself.
import { OpenAIRealtimeVoice } from '@mastra/voice-openai-realtime'
import { apiKey, baseUrl, pcmOf, relay, show } from './relay.mjs'

const voice = new OpenAIRealtimeVoice({ apiKey, url: `${baseUrl}/realtime`, model: 'gpt-realtime' })
const shown = [
  ...['session.created', 'session.updated', 'error', 'response.created', 'response.done'],
  ...['input_audio_buffer.speech_started', 'conversation.item.input_audio_transcription.completed'],
  ...['conversation.item.truncated', 'response.output_audio.delta', 'response.output_audio_transcript.done'],
  ...['response.output_text.delta', 'response.output_text.done'],
]
for (const type of shown) voice.on(`openAIRealtime:${type}`, show)
const tool = { description: 'Returns the weather.', inputSchema: { type: 'object', properties: {} } }
voice.addTools({ weather: { ...tool, execute: async () => 'rain' } })
await voice.connect()

let hasCalledTool = false

function perform({ type, ...fields }) {
  switch (type) {
    case 'session.update': {
      const { tools, ...config } = fields.session
      return voice.updateConfig(config)
    }
    case 'input_audio_buffer.append':
      return voice.send(pcmOf(fields))
    case 'response.create':
      return hasCalledTool ? undefined : voice.answer({})
    default:
      if (fields.item?.type === 'function_call_output') hasCalledTool = true
      else voice.sendEvent(type, fields)
  }
}

await relay(perform, () => voice.close())
