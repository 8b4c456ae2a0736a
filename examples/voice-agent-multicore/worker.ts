// One process of the cluster: a webhook for Twilio, and the streams of its calls. It keeps nothing that another process needs.
import { createServer } from 'node:http'
import { createSession, webSocket } from 'realtime-primitives'
import { createAdmission, type DrainedCall, drainOnSignal } from 'realtime-primitives/server/node'
import { bridgeTwilio, type TwilioSocket } from 'realtime-primitives/twilio'
import { WebSocketServer } from 'ws'

const { MODEL_URL, OPENAI_API_KEY, PORT = '0' } = process.env
/** Each process measures its own event loop, so each has its own admission. */
// A busy development machine delays the event loop without any call.
const admission = createAdmission({ maxEventLoopDelayMs: process.env.NODE_ENV === 'production' ? 20 : 1_000 })

/** The calls of this process. */
const calls = new Set<DrainedCall>()

const http = createServer((request, response) => {
  const refusal = admission.check()
  response.writeHead(200, { 'content-type': 'text/xml' })
  // The stream may reach another process than this request did.
  const stream = `<Connect><Stream url="ws://${request.headers.host}/call"/></Connect>`
  response.end(refusal?.twiml ?? `<?xml version="1.0" encoding="UTF-8"?><Response>${stream}</Response>`)
})
new WebSocketServer({ server: http, path: '/call', maxPayload: 64 * 1024 }).on('connection', answer)
http.listen(Number(PORT), '127.0.0.1')

function answer(socket: TwilioSocket): void {
  const call = admission.admit()
  if (!call.admitted) {
    socket.close(1013, 'Try again later')
    return
  }
  const session = createSession({
    transport: webSocket({
      ...(OPENAI_API_KEY && { apiKey: OPENAI_API_KEY }),
      ...(MODEL_URL ? { url: MODEL_URL } : { model: 'gpt-realtime-2.1' }),
    }),
    config: { instructions: 'You answer the telephone. Be brief.' },
  })
  const bridge = bridgeTwilio(socket, session)
  bridge.on('start', () => process.send?.('call'))
  bridge.on('ready', () => session.respond({ instructions: 'Greet the caller.' }))
  const drained: DrainedCall = { session, drained: bridge.drained }
  calls.add(drained)
  bridge.on('stop', () => {
    calls.delete(drained)
    call.end()
  })
}

// Ctrl+C reaches every process of the group. The primary process then sends SIGTERM.
process.on('SIGINT', () => {})
drainOnSignal(() => calls, {
  deadlineMs: 10_000,
  goodbye: { instructions: 'Say that the call has to end, and say goodbye.' },
  stopAccepting() {
    admission.stop()
    http.close()
  },
})
