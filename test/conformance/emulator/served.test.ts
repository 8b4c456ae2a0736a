import { expect, test } from 'vitest'
import { realtimeCodec } from '../../../src/protocol/codec.js'
import { createEmulator } from '../../../src/testing/index.js'
import { serve } from '../../../src/testing/node/index.js'
import { webSocket } from '../../../src/transports/web-socket.js'
import { breaches } from './lawful.js'
import { playScenario, scenarioOptions } from './scenario.js'

test('memory and socket: deliver the same events in the same order', async () => {
  const inMemory = await playScenario(createEmulator(scenarioOptions).connect({ model: 'gpt-realtime' }))
  const server = await serve(createEmulator(scenarioOptions))
  const overSocket = await playScenario(
    webSocket({ url: `${server.url}/realtime?model=gpt-realtime`, apiKey: 'sk-any' }),
  )
  await server.close()

  for (const events of [inMemory, overSocket]) {
    expect(breaches(events, { isOver: true })).toEqual([])
    expect(events.filter((event) => realtimeCodec.decode(JSON.stringify(event)).kind !== 'event')).toEqual([])
  }
  expect(overSocket.map(({ type }) => type)).toEqual(inMemory.map(({ type }) => type))
})
