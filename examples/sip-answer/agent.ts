import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Clock,
  createSession,
  type RealtimeSession,
  reconnecting,
  runTools,
  type SessionConfigInput,
  sideband,
  tool,
} from 'realtime-primitives'
import {
  acceptCall,
  createWebhookReceiver,
  hangupCall,
  isWebhookError,
  readIncomingCall,
} from 'realtime-primitives/server'
import { drain } from 'realtime-primitives/server/node'
import * as z from 'zod'

export interface AgentOptions {
  readonly apiKey: string
  /** URL of the API, including the version. */
  readonly baseUrl: string
  /** Signing secret of the webhook. */
  readonly secrets: string
  readonly clock: Clock
  readonly print: (who: string, text: string) => void
  /** Called for each call, for observers. */
  readonly onCall?: (session: RealtimeSession) => void
}

const config: SessionConfigInput = {
  model: 'gpt-realtime-2.1',
  instructions: 'You answer the telephone. Be brief.',
  audio: {
    input: {
      transcription: { model: 'gpt-transcribe' },
      turn_detection: { type: 'server_vad', silence_duration_ms: 600 },
    },
  },
}

const weather = tool({
  name: 'weather',
  description: 'Looks up the weather of a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `It is sunny in ${city}, 21 degrees.`,
})

/** Starts a server that accepts SIP calls. This is the file to deploy. */
export async function startAgent(options: AgentOptions): Promise<{ url: string; close(): Promise<void> }> {
  const { apiKey, baseUrl, secrets, print } = options
  const calls = new Map<string, RealtimeSession>()
  // When `acceptCall` fails, the receiver releases the webhook, and its redelivery is handled.
  const receive = createWebhookReceiver({ secrets }, async (event) => {
    if (event.type !== 'realtime.call.incoming') return
    const { callId, caller } = readIncomingCall(event)
    print('line', `${caller?.phoneNumber} calls`)
    await acceptCall(callId, config, { apiKey, baseUrl })
    // The webhook gets its response at once. The call continues independently.
    const onCall = (session: RealtimeSession) => {
      calls.set(callId, session)
      void session.closed.then(() => calls.delete(callId))
      options.onCall?.(session)
    }
    holdCall(callId, { ...options, onCall }).catch((error) => print('line', `failed: ${(error as Error).message}`))
  })

  async function respond(request: IncomingMessage): Promise<number> {
    const { status, error } = await receive(await bodyOf(request), request.headers)
    if (error !== undefined && !isWebhookError(error, 'REPLAYED')) print('line', `failed: ${(error as Error).message}`)
    return status
  }

  const http = createServer((request, response) => {
    respond(request)
      .catch(() => 500)
      .then((status) => response.writeHead(status).end())
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  // The calls would continue without an agent, so they end after their current turn.
  async function stop(): Promise<void> {
    const callIds = [...calls.keys()]
    await drain(calls.values(), { deadlineMs: 10_000, stopAccepting: () => http.close() })
    await Promise.allSettled(callIds.map((callId) => hangupCall(callId, { apiKey, baseUrl })))
    process.exit()
  }
  process.once('SIGTERM', stop)
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/webhook`,
    async close() {
      process.off('SIGTERM', stop)
      http.close()
      http.closeAllConnections()
      await once(http, 'close')
    },
  }
}

/** Handles a call until it ends. The audio goes directly between the caller and the service. */
async function holdCall(callId: string, { apiKey, baseUrl, clock, print, onCall }: AgentOptions): Promise<void> {
  const session = createSession({ transport: reconnecting(sideband({ apiKey, baseUrl, callId })), clock })
  const run = runTools(session, [weather])
  run.on('settled', ({ call, outcome }) => print('tool', `${call.tool}(${call.arguments}) = ${outcome.output}`))

  session.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => print('caller', transcript))
  session.on('response.output_audio_transcript.done', ({ transcript }) => print('agent', transcript))
  session.on('interrupted', ({ played: heard }) =>
    print('caller', `cuts in after ${Math.round(heard?.playedMs ?? 0)} ms`),
  )
  session.on('input_audio_buffer.dtmf_event_received', ({ event }) => {
    print('line', `key ${event}`)
    takeLeave(event).catch((error) => print('line', `failed: ${(error as Error).message}`))
  })

  async function takeLeave(key: string): Promise<void> {
    const text = `The caller pressed the key ${key} of the telephone.`
    await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
    // Audio is played later than it is generated. Hanging up earlier would cut it off.
    const heard = session.waitFor('output_audio_buffer.stopped', { timeoutMs: 60_000 })
    session.respond()
    await heard
    await hangupCall(callId, { apiKey, baseUrl })
  }

  const over = session.closed.then(({ wasClean }) => {
    run.stop()
    print('line', wasClean ? 'over' : 'lost')
  })
  onCall?.(session)
  await session.connect()
  session.respond({ instructions: 'Greet the caller.' })
  await over
}

/** Reads the raw body, which the signature covers. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > 64 * 1024) throw new Error('The webhook is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
