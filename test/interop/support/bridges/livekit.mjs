// @livekit/agents-plugin-openai: `RealtimeSession`, as an agent session of LiveKit uses it. No room is joined.
import { initializeLogger, llm } from '@livekit/agents'
import { realtime } from '@livekit/agents-plugin-openai'
import { AudioFrame } from '@livekit/rtc-node'
import { apiKey, baseUrl, pcmOf, relay, show } from './relay.mjs'

initializeLogger({ pretty: false, level: 'silent' })
const model = new realtime.RealtimeModel({ apiKey, baseURL: baseUrl.replace(/^ws/, 'http'), model: 'gpt-realtime' })
const session = model.session()
session.on('openai_server_event_received', show)
session.on('error', () => {})
// The audio and text of a response are read, as an agent session does.
session.on('generation_created', async ({ messageStream, functionStream }) => {
  void drain(functionStream)
  for await (const { audioStream, textStream } of messageStream)
    void Promise.all([drain(audioStream), drain(textStream)])
})

async function drain(stream) {
  for await (const _ of stream);
}

async function addItem(add) {
  const context = session.chatCtx.copy()
  add(context)
  await session.updateChatCtx(context)
}

async function perform(event) {
  switch (event.type) {
    case 'input_audio_buffer.append': {
      const pcm = pcmOf(event)
      return session.pushAudio(new AudioFrame(pcm, 24_000, 1, pcm.length))
    }
    case 'session.update': {
      const { tools, ...config } = event.session
      if (tools) {
        const execute = async () => {}
        const parameters = { type: 'object', properties: {} }
        await session.updateTools(
          new llm.ToolContext(tools.map(({ name }) => llm.tool({ name, description: name, parameters, execute }))),
        )
      }
      return session.sendEvent({ ...event, session: config })
    }
    case 'conversation.item.create':
      if (event.item.type === 'message') {
        const [{ text }] = event.item.content
        return addItem((context) => context.addMessage({ role: 'user', content: text }))
      }
      return addItem((context) =>
        context.insert(
          llm.FunctionCallOutput.create({ callId: event.item.call_id, output: event.item.output, isError: false }),
        ),
      )
    case 'response.create':
      // It settles with the response.
      return void session.generateReply().catch(() => {})
    case 'response.cancel':
      return session.interrupt()
    case 'conversation.item.truncate':
      return session.truncate({ messageId: event.item_id, audioEndMs: event.audio_end_ms, modalities: ['audio'] })
    default:
      return session.sendEvent(event)
  }
}

await relay(perform, () => session.close())
