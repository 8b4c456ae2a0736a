import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, createSession, type RealtimeSession, type Transport } from 'realtime-primitives'
import { type Admission, createAdmission, type DrainedCall, drainOnSignal } from 'realtime-primitives/server/node'
import { bridgeTwilio, type TwilioBridge } from 'realtime-primitives/twilio'
import { WebSocketServer } from 'ws'

export interface AgentOptions {
  /** Creates the transport of a call. */
  readonly transport: () => Transport
  readonly clock: Clock
  readonly print: (who: string, text: string) => void
  /** Called for each call, for observers. */
  readonly onCall?: (session: RealtimeSession, bridge: TwilioBridge) => void
}

/** Starts a server that accepts calls. This is the file to deploy. */
export async function startAgent(options: AgentOptions): Promise<{ url: string; close(): Promise<void> }> {
  // Refuses new calls before those in progress suffer.
  // A busy development machine delays the event loop without any call.
  const admission = createAdmission({ maxEventLoopDelayMs: process.env.NODE_ENV === 'production' ? 20 : 1_000 })
  // Webhook for incoming calls. In production, check X-Twilio-Signature first (docs/twilio.md).
  const http = createServer((request, response) => {
    if (request.method !== 'POST' || request.url !== '/incoming') {
      response.writeHead(404).end()
      return
    }
    const refusal = admission.check()
    if (refusal) {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(refusal.twiml)
      return
    }
    response.writeHead(200, { 'content-type': 'text/xml' }).end(`<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Connect>
    <Stream url="ws://${request.headers.host}/call"><Parameter name="language" value="English"/></Stream>
  </Connect>
  <Say>Sorry, the assistant is not available.</Say>
</Response>`)
  })
  // Messages of Twilio are much smaller than this.
  const sockets = new WebSocketServer({ server: http, path: '/call', maxPayload: 64 * 1024 })
  const calls = new Set<DrainedCall>()
  sockets.on('connection', (socket) => {
    const call = answer(socket, options, admission)
    if (!call) return
    calls.add(call)
    void call.session.closed.then(() => calls.delete(call))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const stopListening = drainOnSignal(() => calls, {
    deadlineMs: 10_000,
    goodbye: { instructions: 'Say that the call has to end, and say goodbye.' },
    stopAccepting: () => http.close(),
  })
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async close() {
      admission.stop()
      stopListening()
      sockets.close()
      http.close()
      http.closeAllConnections()
      await once(http, 'close')
    },
  }
}

function answer(
  socket: Parameters<typeof bridgeTwilio>[0],
  { transport, clock, print, onCall }: AgentOptions,
  admission: Admission,
): DrainedCall | undefined {
  const call = admission.admit()
  if (!call.admitted) {
    socket.close(1013, 'Try again later')
    return undefined
  }
  const session = createSession({
    transport: transport(),
    clock,
    config: {
      instructions: 'You answer the telephone. Be brief.',
      audio: {
        input: {
          transcription: { model: 'gpt-transcribe' },
          turn_detection: { type: 'server_vad', silence_duration_ms: 600 },
        },
      },
    },
  })
  // Called in the same tick: the first message of the stream follows right after. The bridge connects the session and buffers the caller's audio.
  const bridge = bridgeTwilio(socket, session)

  bridge.on('start', ({ callSid }) => print('line', `incoming call ${callSid.slice(0, 6)}…`))
  bridge.on('ready', ({ customParameters }) => {
    void session.update({ instructions: `You answer the telephone. Be brief. Speak ${customParameters.language}.` })
    session.respond({ instructions: 'Greet the caller.' })
  })
  bridge.on('dtmf', async ({ digit }) => {
    print('line', `key ${digit}`)
    const text = `The caller pressed the key ${digit} of the telephone.`
    await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
    session.respond()
  })
  bridge.on('stop', () => call.end())
  bridge.on('stop', ({ reason, error }) => print('line', `ended: ${reason}${error === undefined ? '' : ` (${error})`}`))

  session.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => print('caller', transcript))
  session.on('response.output_audio_transcript.done', ({ transcript }) => print('agent', transcript))
  session.on('interrupted', ({ played }) => print('caller', `interrupts after ${played?.playedMs ?? 0} ms`))
  onCall?.(session, bridge)
  return { session, drained: bridge.drained }
}
