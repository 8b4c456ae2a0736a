// @ai-sdk/openai: a client secret of `getToken`, and the events of its realtime model over a WebSocket with that secret.
import { createOpenAI } from '@ai-sdk/openai'
import { apiKey, baseUrl, relay, show } from './relay.mjs'

const openai = createOpenAI({ apiKey, baseURL: baseUrl.replace(/^ws/, 'http') })
const model = openai.experimental_realtime('gpt-realtime')
const { token, url } = await openai.experimental_realtime.getToken({ model: 'gpt-realtime' })
const address = model.getWebSocketConfig({ token, url })
const socket = new WebSocket(address.url, address.protocols)
socket.addEventListener('message', ({ data }) => {
  const event = model.parseServerEvent(JSON.parse(data))
  show(event.raw)
})
await new Promise((resolve, reject) => {
  socket.addEventListener('open', resolve)
  socket.addEventListener('error', () => reject(new Error('the connection failed')))
})

const detectors = { server_vad: 'server-vad', semantic_vad: 'semantic-vad' }

/** Converts an event of the protocol to an event of the AI SDK. */
function normalized(event) {
  switch (event.type) {
    case 'session.update': {
      const { output_modalities: outputModalities, tools, instructions, audio } = event.session
      const { transcription: inputAudioTranscription, turn_detection: detection } = audio?.input ?? {}
      const turnDetection = detection && {
        type: detectors[detection.type],
        silenceDurationMs: detection.silence_duration_ms,
      }
      const voice = audio?.output?.voice
      const config = { outputModalities, tools, instructions, inputAudioTranscription, turnDetection, voice }
      return { type: 'session-update', config }
    }
    case 'input_audio_buffer.append':
      return { type: 'input-audio-append', audio: event.audio }
    case 'conversation.item.create': {
      const { item } = event
      if (item.type === 'function_call_output') {
        const output = { type: 'function-call-output', callId: item.call_id, name: 'weather', output: item.output }
        return { type: 'conversation-item-create', item: output }
      }
      const [{ text }] = item.content
      return { type: 'conversation-item-create', item: { type: 'text-message', role: item.role, text } }
    }
    case 'conversation.item.truncate':
      return {
        type: 'conversation-item-truncate',
        itemId: event.item_id,
        contentIndex: event.content_index,
        audioEndMs: event.audio_end_ms,
      }
    case 'response.create':
      return { type: 'response-create' }
    case 'response.cancel':
      return { type: 'response-cancel' }
  }
  throw new Error(`the AI SDK has no event for ${event.type}`)
}

await relay(
  (event) => socket.send(JSON.stringify(model.serializeClientEvent(normalized(event)))),
  () => socket.close(),
)
