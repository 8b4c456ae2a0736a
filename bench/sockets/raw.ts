import { Buffer } from 'node:buffer'
import { WebSocket } from 'ws'
import { apiKey, type Connect, sessionUrl } from './endpoint.js'

/** The baseline: a `ws` client with `JSON.parse` and base64, without validation or state. */
export const connect: Connect = (port, onAudio) =>
  new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${apiKey}` }
    const socket = new WebSocket(sessionUrl(port), { headers, perMessageDeflate: false })
    socket.on('error', reject)
    socket.on('message', (data) => {
      const event = JSON.parse(data.toString())
      switch (event.type) {
        case 'session.created':
          resolve({
            append(audio) {
              socket.send(JSON.stringify({ type: 'input_audio_buffer.append', audio: audio.toString('base64') }))
            },
          })
          break
        case 'response.output_audio.delta':
          onAudio(Buffer.from(event.delta, 'base64'))
          break
        case 'error':
          reject(new Error(event.error.message))
          break
      }
    })
  })
