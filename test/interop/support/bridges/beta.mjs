// openai-realtime-api: `RealtimeClient` speaks the beta protocol. It calls tools and returns their outputs by itself.
import { RealtimeClient } from 'openai-realtime-api'
import { apiKey, baseUrl, pcmOf, relay, show } from './relay.mjs'

const client = new RealtimeClient({ url: `${baseUrl}/realtime`, apiKey, model: 'gpt-realtime' })
/** The tasks use the names of GA. */
const gaName = (type) => type.replace(/^response\.(text|audio|audio_transcript)\./, 'response.output_$1.')
client.on('realtime.event', ({ source, event }) => {
  if (source === 'server') show({ ...event, type: gaName(event.type) })
})
await client.connect()

/** Content of the next message, which the client sends together with the request of a response. */
let message
let hasCalledTool = false

function perform(event) {
  switch (event.type) {
    case 'session.update': {
      const { output_modalities: modalities, tools = [], audio } = event.session
      const { transcription, turn_detection } = audio?.input ?? {}
      const voice = audio?.output?.voice
      for (const { name } of tools)
        client.addTool({ name, description: name, parameters: { type: 'object', properties: {} } }, () => 'rain')
      return client.updateSession({
        ...(modalities && { modalities: modalities[0] === 'audio' ? ['text', 'audio'] : modalities }),
        ...(transcription && { input_audio_transcription: transcription }),
        ...(turn_detection && { turn_detection }),
        ...(voice && { voice }),
      })
    }
    case 'input_audio_buffer.append':
      return client.appendInputAudio(pcmOf(event))
    case 'conversation.item.create':
      if (event.item.type === 'message') message = event.item.content
      else hasCalledTool = true
      return
    case 'response.create': {
      if (hasCalledTool) return
      const content = message
      message = undefined
      return content ? client.sendUserMessageContent(content) : client.createResponse()
    }
    case 'response.cancel':
      return client.cancelResponse()
    case 'conversation.item.truncate':
      return client.realtime.send(event.type, event)
  }
}

await relay(perform, () => client.disconnect())
