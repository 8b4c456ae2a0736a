import { createSession, type RealtimeSession, reconnecting, runTools, webSocket } from 'realtime-primitives'
import { azureVoiceLive, failover, type XaiSessionConfig, xai } from 'realtime-primitives/dialects'
import { expectTypeOf, test } from 'vitest'

const apiKey = 'k'

test('the dialect of a transport sets the type of the configuration', () => {
  const transport = webSocket({ dialect: xai, apiKey, model: 'm' })
  const session = createSession({
    transport,
    config: { tools: [{ type: 'x_search', allowed_x_handles: ['a'] }], voice: 'ara', turn_detection: { type: null } },
  })
  expectTypeOf(session).toEqualTypeOf<RealtimeSession<XaiSessionConfig>>()
  session.update({ reasoning: { effort: 'none' }, audio: { input: { format: { type: 'audio/pcm', rate: 16000 } } } })
  createSession({ transport: reconnecting(transport), config: { tools: [{ type: 'web_search' }] } })
  // @ts-expect-error a tool that xAI does not have
  createSession({ transport, config: { tools: [{ type: 'z_search' }] } })
  // @ts-expect-error a misspelled setting
  session.update({ instruction: 'x' })
  runTools(session, [])
})

test('a dialect of the session does the same, and without one the configuration is that of GA', () => {
  const transport = webSocket({ apiKey, model: 'm' })
  createSession({
    transport,
    dialect: azureVoiceLive,
    config: { voice: { type: 'azure-standard', name: 'en-US-Ava' } },
  })
  expectTypeOf(createSession({ transport })).toEqualTypeOf<RealtimeSession>()
  // @ts-expect-error a tool of xAI without its dialect
  createSession({ transport, config: { tools: [{ type: 'x_search' }] } })
  createSession({ transport, config: { extra: { anything: 1 } } })
})

test('failover accepts the configuration of the dialects of its transports', () => {
  const transport = failover([webSocket({ apiKey, model: 'm' }), webSocket({ dialect: xai, apiKey, model: 'g' })])
  createSession({ transport, config: { instructions: 'x', tools: [{ type: 'x_search' }] } })
})
