import { RealtimeAgent, RealtimeSession } from '@openai/agents-realtime'
import { apiKey, type Connect, model, sessionUrl } from './endpoint.js'

/** `RealtimeSession` of `@openai/agents-realtime` over its WebSocket transport. */
export const connect: Connect = async (port, onAudio) => {
  const agent = new RealtimeAgent({ name: 'Bench', instructions: 'Be brief.' })
  const session = new RealtimeSession(agent, { transport: 'websocket', tracingDisabled: true })
  session.on('audio', ({ data }) => onAudio(new Uint8Array(data)))
  await session.connect({ apiKey, model, url: sessionUrl(port) })
  return {
    // `sendAudio` takes an ArrayBuffer, so a view of a larger buffer must be copied.
    append: (audio) => session.sendAudio(new Uint8Array(audio).buffer),
  }
}
