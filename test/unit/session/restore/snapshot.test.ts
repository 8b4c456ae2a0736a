import {
  createSession,
  isSessionError,
  memoryPair,
  type RestoredEvent,
  type SessionSnapshot,
  selectItems,
  snapshot,
} from 'realtime-primitives'
import { createEmulator, reply } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { createPeer, type Json, sessionResource, settle } from '../../../support/peer.js'

const added = (item: Json): Json => ({ type: 'conversation.item.added', previous_item_id: null, item })
const user = (id: string, text: string): Json =>
  added({ id, type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_text', text }] })

const passOn = (value: SessionSnapshot): SessionSnapshot => JSON.parse(JSON.stringify(value))

describe('a snapshot', () => {
  it('restores the configuration and the history in another session', async () => {
    const first = createPeer({ config: { instructions: 'Be brief.' } })
    await first.connect()
    await first.sendEvents(
      user('a', 'Hello'),
      added({
        id: 'b',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_audio', transcript: 'Hi!' }],
      }),
      added({
        id: 'c',
        type: 'message',
        role: 'user',
        status: 'completed',
        content: [{ type: 'input_audio', transcript: null }],
      }),
    )
    const taken = passOn(snapshot(first.session))
    await first.session.close()

    const { transport, connections, sendEvents } = droppable()
    const second = createSession({ transport, snapshot: taken, clock: createManualClock() })
    expect(selectItems(second.getState()).map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    const restored: RestoredEvent[] = []
    second.on('restored', (event) => restored.push(event))
    const connecting = second.connect()
    await settle()
    sendEvents({ type: 'session.created', session: sessionResource })
    await settle()
    sendEvents({ type: 'session.updated', session: sessionResource })
    await settle()
    for (const event of [...(connections[0] ?? [])])
      if (event.type === 'conversation.item.create') sendEvents(added(event.item as Json))
    await connecting
    expect(connections[0]).toMatchObject([
      { type: 'session.update', session: { instructions: 'Be brief.' } },
      {
        type: 'conversation.item.create',
        item: { id: 'a', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
      },
      { type: 'conversation.item.create', item: { id: 'b', content: [{ type: 'output_text', text: 'Hi!' }] } },
    ])
    expect(restored).toEqual([
      { itemIds: ['a', 'b'], lost: [{ itemId: 'c', reason: 'no transcript' }], droppedAppends: 0 },
    ])
    await second.close()
  })

  it('contains acknowledged changes of the configuration, and no refused ones', async () => {
    const { session, connect, sentEvents, sendEvents } = createPeer({ config: { instructions: 'Be brief.' } })
    await connect()
    const changing = session.update({ instructions: 'Sing.' })
    await settle()
    await sendEvents({ type: 'session.updated', session: sessionResource })
    await changing
    const refused = session.update({ instructions: 'Shout.' }).catch((error) => isSessionError(error, 'SERVER_ERROR'))
    await settle()
    const event_id = sentEvents.at(-1)?.event_id
    await sendEvents({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'no', code: 'no', param: null, event_id },
    })
    expect(await refused).toBe(true)
    expect(snapshot(session)).toEqual({ version: 1, config: { instructions: 'Sing.' }, items: [] })
    await session.close()
  })

  it('is overridden by the config option', async () => {
    const [transport] = memoryPair()
    const taken: SessionSnapshot = { version: 1, config: { instructions: 'old' }, items: [] }
    const session = createSession({ transport, snapshot: taken, config: { instructions: 'new' } })
    expect(snapshot(session)).toEqual({ version: 1, config: { instructions: 'new' }, items: [] })
  })

  it('marks a running call as incomplete', async () => {
    const first = createPeer()
    await first.connect()
    await first.sendEvents(added({ id: 'a', type: 'message', role: 'assistant', status: 'in_progress', content: [] }))
    const [transport] = memoryPair()
    const second = createSession({ transport, snapshot: passOn(snapshot(first.session)) })
    expect(selectItems(second.getState()).map(({ status }) => status)).toEqual(['incomplete'])
    await first.session.close()
  })

  it.each([
    ['{}', 'is not an object'],
    [{ version: 2, items: [] }, 'has a version that is not 1'],
    [{ version: 1 }, 'has no list of items'],
    [{ version: 1, config: 'x', items: [] }, 'has a config that is not an object'],
    [{ version: 1, items: [{ id: 'a' }] }, 'has an item without an id or a type'],
    [{ version: 1, items: [{ id: 'a', item: { type: 'message' } }] }, 'has a message without content'],
    [
      { version: 1, items: Array(2).fill({ id: 'a', item: { type: 'function_call' } }) },
      'has two items with the same id',
    ],
  ])('is refused when it is invalid: %o', (value, problem) => {
    const [transport] = memoryPair()
    expect(() => createSession({ transport, snapshot: value as unknown as SessionSnapshot })).toThrow(
      `The snapshot ${problem}. Pass the parsed result of snapshot(session).`,
    )
  })

  it('moves a conversation between two sessions of the emulator', async () => {
    const emulator = createEmulator({ script: [reply('One.'), reply('Two.')] })
    const options = { config: { output_modalities: ['text' as const] } }
    const first = createSession({ transport: emulator.connect({ model: 'gpt-realtime' }), ...options })
    await first.connect()
    await first.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Count.' }] })
    await first.respond().done
    const taken = passOn(snapshot(first))
    await first.close()

    const second = createSession({ transport: emulator.connect({ model: 'gpt-realtime' }), snapshot: taken })
    const restored = new Promise<RestoredEvent>((resolve) => second.on('restored', resolve))
    await second.connect()
    expect((await restored).lost).toEqual([])
    await second.respond().done
    expect(selectItems(second.getState()).map(({ item }) => item.type === 'message' && item.content[0]?.text)).toEqual([
      'Count.',
      'One.',
      'Two.',
    ])
    await second.close()
  })
})
