import { WebSocket, WebSocketServer } from 'ws'
import type { AgentProcessOptions } from './bridge-process.js'
import { listenLocally } from './http-server.js'
import { configOf } from './pcm-connection.js'
import type { RoleHandle } from './role-handle.js'

/**
 * Serves a bare relay, the least that connects a telephone stream to a model: two sockets, JSON in and JSON out. It has no tools, no pacing, no
 * marks, and no validation. It is what a bridge is compared with.
 */
export async function startRelayProcess({ modelUrl }: AgentProcessOptions): Promise<RoleHandle> {
  const server = await listenLocally(0, (request, response) => {
    const stream = `<Connect><Stream url="ws://${request.headers.host}/call"/></Connect>`
    response.writeHead(200, { 'content-type': 'text/xml' }).end(`<Response>${stream}</Response>`)
  })
  const sockets = new WebSocketServer({ server: server.http, perMessageDeflate: false })
  sockets.on('connection', (socket) => relay(socket, modelUrl))
  return {
    info: { port: server.port },
    async stop() {
      for (const socket of sockets.clients) socket.terminate()
      await server.close()
    },
  }
}

function relay(phone: WebSocket, modelUrl: string): void {
  const model = new WebSocket(modelUrl, { perMessageDeflate: false })
  const format = { type: 'audio/pcmu' }
  let streamSid = ''

  model.on('open', () => {
    const { audio, ...rest } = configOf('none')
    const session = { ...rest, audio: { input: { ...audio.input, format }, output: { format } } }
    model.send(JSON.stringify({ type: 'session.update', session }))
  })
  phone.on('message', (data) => {
    const message = JSON.parse(data.toString())
    if (message.event === 'start') streamSid = message.streamSid
    else if (message.event === 'media' && model.readyState === model.OPEN)
      model.send(JSON.stringify({ type: 'input_audio_buffer.append', audio: message.media.payload }))
  })
  model.on('message', (data) => {
    const event = JSON.parse(data.toString())
    if (event.type === 'response.output_audio.delta')
      phone.send(JSON.stringify({ event: 'media', streamSid, media: { payload: event.delta } }))
    else if (event.type === 'input_audio_buffer.speech_started')
      phone.send(JSON.stringify({ event: 'clear', streamSid }))
  })
  phone.on('close', () => model.terminate())
  model.on('close', () => phone.terminate())
  phone.on('error', () => phone.terminate())
  model.on('error', () => model.terminate())
}
