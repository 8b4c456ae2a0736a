import OpenAI from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'

/** The `openai` client on `ws` without a connection. `deliver` passes frames to its message listener, and sent frames are counted. */
export interface OpenAISocket {
  readonly realtime: OpenAIRealtimeWS
  deliver(frame: Buffer): void
  readonly sent: { frames: number; characters: number }
}

const client = new OpenAI({ apiKey: 'sk-bench', baseURL: 'https://127.0.0.1:9/v1' })

export function openaiSocket(): OpenAISocket {
  const realtime = new OpenAIRealtimeWS({ model: 'gpt-realtime-2.1' }, client)
  const sent = { frames: 0, characters: 0 }
  // The connection is always refused.
  realtime.on('error', () => {})
  realtime.socket.send = (frame: string) => {
    sent.frames += 1
    sent.characters += frame.length
  }
  return { realtime, sent, deliver: (frame) => void realtime.socket.emit('message', frame, false) }
}
