// Runs in a page: `openaiRealtime` of @tanstack/ai-openai, and the events that it emits.
import { openaiRealtime } from '@tanstack/ai-openai'

const types = ['mode_change', 'transcript', 'tool_call', 'message_complete', 'interrupted', 'error']

globalThis.tanstack = {
  events: [],
  async connect(token) {
    const config = { model: 'gpt-realtime' }
    const connection = await openaiRealtime().connect({
      provider: 'openai',
      token,
      expiresAt: Date.now() + 60_000,
      config,
    })
    for (const type of types)
      connection.on(type, (payload) => {
        const { error } = payload ?? {}
        globalThis.tanstack.events.push({ type, payload: error ? { message: error.message } : payload })
      })
    globalThis.tanstack.connection = connection
  },
}
