import OpenAI from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import { createEmulator, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { generate } from 'selfsigned'
import { describe, expect, it } from 'vitest'

describe('the stock openai client', () => {
  it('completes a text turn with the emulator', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })
    const server = await serve(createEmulator({ script: [reply('Good day to you.')], apiKey: 'sk-test' }), {
      tls: { key, cert },
    })
    try {
      // The client always uses wss:, with the host and path of the base URL.
      const client = new OpenAI({ apiKey: 'sk-test', baseURL: server.httpUrl })
      const realtime = await OpenAIRealtimeWS.create(client, {
        model: 'gpt-realtime-2.1',
        options: { rejectUnauthorized: false },
      })
      const words: string[] = []
      const finished = new Promise<string>((resolve, reject) => {
        realtime.on('error', reject)
        realtime.on('session.created', () => {
          realtime.send({ type: 'session.update', session: { type: 'realtime', output_modalities: ['text'] } })
          realtime.send({
            type: 'conversation.item.create',
            item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
          })
          realtime.send({ type: 'response.create' })
        })
        realtime.on('response.output_text.delta', ({ delta }) => words.push(delta))
        realtime.on('response.done', ({ response }) => resolve(String(response.status)))
      })
      expect(await finished).toBe('completed')
      expect(words.join('')).toBe('Good day to you.')
      realtime.close()
    } finally {
      await server.close()
    }
  })
})
