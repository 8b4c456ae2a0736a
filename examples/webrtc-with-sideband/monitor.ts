import {
  createSession,
  type Guardrail,
  type RealtimeSession,
  reconnecting,
  runGuardrails,
  runTools,
  sideband,
  tool,
} from 'realtime-primitives'
import * as z from 'zod'

export interface MonitorOptions {
  readonly apiKey: string
  readonly baseUrl: string
  readonly print: (who: string, text: string) => void
}

const weather = tool({
  name: 'weather',
  description: 'Looks up the weather of a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `It is sunny in ${city}, 21 degrees.`,
})

/** The agent must not name prices. */
const noPrices: Guardrail = {
  name: 'prices',
  check: ({ text }) => ({ tripped: /\d+ (dollars|euros)/.test(text) }),
}

/** Runs tools and guardrails on the server for a call whose audio it does not receive. */
export async function joinCall(callId: string, { apiKey, baseUrl, print }: MonitorOptions): Promise<RealtimeSession> {
  const session = createSession({ transport: reconnecting(sideband({ apiKey, baseUrl, callId })) })
  const tools = runTools(session, [weather])
  const guardrails = runGuardrails(session, [noPrices], {
    action: { explain: 'Say that you cannot talk about prices.' },
    onTripped: ({ guardrail, action }) => print('monitor', `${guardrail}: ${action}`),
  })
  tools.on('settled', ({ call, outcome }) => print('monitor', `${call.tool}(${call.arguments}) = ${outcome.output}`))
  session.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => print('caller', transcript))
  session.on('response.output_audio_transcript.done', ({ transcript }) => print('agent', transcript))
  void session.closed.then(({ wasClean }) => {
    tools.stop()
    guardrails.stop()
    print('monitor', wasClean ? 'the caller hung up' : 'the connection is lost')
  })
  await session.connect()
  await tools.ready
  return session
}
