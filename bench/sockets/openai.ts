import { Buffer } from 'node:buffer'
import { connect as connectTcp } from 'node:net'
import OpenAI from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import { apiKey, type Connect, model } from './endpoint.js'

/** `OpenAIRealtimeWS`. It accepts `wss:` URLs only, so its agent opens plain TCP connections, which all other contenders use. */
export const connect: Connect = (port, onAudio) =>
  new Promise((resolve, reject) => {
    const client = new OpenAI({ apiKey, baseURL: `https://127.0.0.1:${port}/v1` })
    const createConnection = () => connectTcp(port, '127.0.0.1')
    const realtime = new OpenAIRealtimeWS({ model, options: { createConnection } }, client)
    realtime.on('error', reject)
    realtime.on('response.output_audio.delta', ({ delta }) => onAudio(Buffer.from(delta, 'base64')))
    realtime.on('session.created', () =>
      resolve({
        append: (audio) => realtime.send({ type: 'input_audio_buffer.append', audio: audio.toString('base64') }),
      }),
    )
  })
