import { createSession, webSocket } from 'realtime-primitives'
import { azure, azureVoiceLive, beta, type Dialect, inworld, xai } from 'realtime-primitives/dialects'
import { createEmulator, type EmulatedDialect, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { expect, it } from 'vitest'

const servers: readonly [EmulatedDialect, object][] = [
  ['xai', xai],
  ['azure', azure],
  ['azure-voice-live', azureVoiceLive],
  ['inworld', inworld],
  ['beta', beta],
]

it.each(servers)('%s: a session connects over its URL and its authentication', async (emulated, dialect) => {
  const emulator = createEmulator({
    dialect: emulated,
    apiKey: 'right-key',
    pace: Number.POSITIVE_INFINITY,
    latencyMs: 0,
    script: [reply('Good day.')],
  })
  const server = await serve(emulator)
  const transport = webSocket({
    dialect: dialect as Dialect,
    baseUrl: emulated === 'beta' ? server.url : new URL(server.httpUrl).origin,
    apiKey: 'right-key',
    model: emulated === 'beta' ? 'gpt-realtime' : 'a-model-of-the-vendor',
  })
  const session = createSession({ transport, config: { audio: { input: { turn_detection: null } } } })
  try {
    await session.connect()
    const { text } = await session.sendMessage('Hello').settled
    expect(text).toBe('Good day.')
  } finally {
    await session.close()
    await server.close()
  }
})
