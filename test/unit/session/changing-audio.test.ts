import { createSession, type Transport } from 'realtime-primitives'
import { expect, it } from 'vitest'
import { createManualClock } from '../../../src/testing/clock.js'
import { droppable } from '../../support/droppable.js'
import { sessionResource, settle } from '../../support/peer.js'

it('a session interrupts in the way of the transport, also after that has fallen back to another', async () => {
  const server = droppable()
  let audio: Transport['audio'] = 'media'
  Object.defineProperty(server.transport, 'audio', { get: () => audio })
  const session = createSession({ transport: server.transport, clock: createManualClock() })
  const connecting = session.connect()
  await settle()
  audio = 'events'
  server.sendEvents({ type: 'session.created', session: sessionResource })
  await connecting
  const delta = Buffer.alloc(48 * 100).toString('base64')
  const place = { response_id: 'r', item_id: 'a', output_index: 0, content_index: 0 }
  server.sendEvents(
    {
      type: 'conversation.item.added',
      previous_item_id: null,
      item: { id: 'a', type: 'message', role: 'assistant', content: [] },
    },
    { type: 'response.output_audio.delta', ...place, delta },
  )
  session.playback.played({ itemId: 'a' }, 40)
  session.interrupt()
  expect(server.connections.at(-1)).toMatchObject([{ type: 'conversation.item.truncate', audio_end_ms: 40 }])
  await session.close()
})
