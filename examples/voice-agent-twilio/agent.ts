import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, createSession, type RealtimeSession, type Transport } from 'realtime-primitives'
import { bridgeTwilio, type TwilioBridge } from 'realtime-primitives/twilio'
import { WebSocketServer } from 'ws'

export interface AgentOptions {
  /** Makes the way to the model, for each call anew. */
  readonly transport: () => Transport
  readonly clock: Clock
  readonly print: (who: string, text: string) => void
  /** Follows a call, beside the agent. */
  readonly onCall?: (session: RealtimeSession, bridge: TwilioBridge) => void
}

/** A server that answers the telephone: this file is what you would deploy. */
export async function startAgent(options: AgentOptions): Promise<{ url: string; close(): Promise<void> }> {
  // Twilio asks here what to do with a call. Check its X-Twilio-Signature before you answer, with the library of Twilio.
  const http = createServer((request, response) => {
    if (request.method !== 'POST' || request.url !== '/incoming') {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'content-type': 'text/xml' }).end(`<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Connect>
    <Stream url="ws://${request.headers.host}/call"><Parameter name="language" value="English"/></Stream>
  </Connect>
  <Say>Sorry, nobody can answer right now.</Say>
</Response>`)
  })
  // One message of a stream is small; whoever sends more is not Twilio.
  const sockets = new WebSocketServer({ server: http, path: '/call', maxPayload: 64 * 1024 })
  sockets.on('connection', (socket) => answer(socket, options))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async close() {
      sockets.close()
      http.close()
      http.closeAllConnections()
      await once(http, 'close')
    },
  }
}

function answer(socket: Parameters<typeof bridgeTwilio>[0], { transport, clock, print, onCall }: AgentOptions): void {
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
  // At once: the first message of the stream comes right after this. It connects the session, and keeps what the caller says until then.
  const bridge = bridgeTwilio(socket, session)

  bridge.on('start', ({ callSid }) => print('line', `call ${callSid.slice(0, 6)}… comes in`))
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
  bridge.on('stop', ({ reason, error }) => print('line', `over: ${reason}${error === undefined ? '' : ` (${error})`}`))

  session.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => print('caller', transcript))
  session.on('response.output_audio_transcript.done', ({ transcript }) => print('agent', transcript))
  session.on('interrupted', ({ heard }) => print('caller', `cuts in after ${heard?.heardMs ?? 0} ms`))
  onCall?.(session, bridge)
}
