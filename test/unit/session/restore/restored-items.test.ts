import {
  createSession,
  type RestoredEvent,
  type SessionOptions,
  selectItems,
  snapshot,
  type Transport,
} from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { type Json, sessionResource, settle } from '../../../support/peer.js'

const greeting: Json = { type: 'session.created', session: sessionResource }
const added = (item: Json, previous_item_id: string | null = null): Json => ({
  type: 'conversation.item.added',
  previous_item_id,
  item,
})
const done = (item: Json): Json => ({ type: 'conversation.item.done', previous_item_id: null, item })
const message = (id: string, role: string, part: Json, status = 'completed'): Json => ({
  id,
  type: 'message',
  role,
  status,
  content: [part],
})
const typed = (id: string, text: string) => message(id, 'user', { type: 'input_text', text })
const assistant = (id: string, transcript: string, status?: string) =>
  message(id, 'assistant', { type: 'output_audio', transcript }, status)
const call = (id: string): Json => ({ id, type: 'function_call', call_id: `call_${id}`, name: 'f', arguments: '{}' })
const output = (id: string, of: string): Json => ({
  id,
  type: 'function_call_output',
  call_id: `call_${of}`,
  output: '1',
})

/** A session whose server keeps the items in order, as the service does, and describes restored ones as completed text. */
async function conversing(
  options: Partial<SessionOptions> = {},
  early: readonly Json[] = [],
  audio: Transport['audio'] = 'events',
) {
  const server = droppable(audio)
  const session = createSession({ transport: server.transport, clock: createManualClock(), ...options })
  const reports: RestoredEvent[] = []
  session.on('restored', (report) => reports.push(report))
  let order: string[] = []
  let replied = 0
  /** Items that the server refuses, by id, with the code of the error. */
  const refusals = new Map<unknown, string>()
  const refuse = ({ event_id }: Json, code: string) =>
    server.sendEvents({ type: 'error', error: { type: 'invalid_request_error', code, message: code, event_id } })

  /** Acknowledges everything that was sent and not yet acknowledged. */
  async function respond(): Promise<void> {
    for (let round = 0; round < 10; round++) {
      await settle()
      const sent = server.connections.at(-1) ?? []
      for (; replied < sent.length; replied++) {
        const event = sent[replied] as Json
        if (event.type === 'session.update') server.sendEvents({ type: 'session.updated', session: sessionResource })
        if (event.type === 'conversation.item.delete') {
          order = order.filter((id) => id !== event.item_id)
          server.sendEvents({ type: 'conversation.item.deleted', item_id: event.item_id })
        }
        if (event.type !== 'conversation.item.create') continue
        const item = { status: 'completed', ...(event.item as Json) } as Json
        const previousId = event.previous_item_id === 'root' ? null : (event.previous_item_id ?? order.at(-1) ?? null)
        const code = refusals.get(item.id)
        refusals.delete(item.id)
        if (code) refuse(event, code)
        else if (previousId !== null && !order.includes(String(previousId))) refuse(event, 'invalid_previous_item_id')
        else {
          server.sendEvents(added(item, previousId as string | null), done(item))
          order.splice(order.indexOf(String(previousId)) + 1, 0, String(item.id))
        }
      }
    }
  }

  /** Adds items on the server and announces them. */
  function add(...items: readonly Json[]): void {
    for (const item of items) {
      server.sendEvents(added(item, order.at(-1) ?? null))
      order.push(String(item.id))
    }
  }

  /** @param early Items that the server adds before it acknowledges anything. */
  async function greet(early: readonly Json[]): Promise<void> {
    order = []
    replied = 0
    server.sendEvents(greeting)
    add(...early)
    await respond()
  }

  const connecting = session.connect()
  await settle()
  await greet(early)
  await connecting
  return {
    ...server,
    session,
    reports,
    respond,
    refusals,
    order: () => order,
    ids: () => selectItems(session.getState()).map(({ id }) => id),
    stateOf: (id: string) => selectItems(session.getState()).find((item) => item.id === id),
    add,
    async comeBack(...early: Json[]) {
      server.drop()
      server.restore()
      await greet(early)
    },
  }
}

describe('an item that is created again under a deleted id', () => {
  it('is in the state, in the snapshot and in the next restore', async () => {
    const peer = await conversing()
    const create = async (text: string) => {
      const created = peer.session.items.create({
        type: 'message',
        role: 'user',
        id: 'memo',
        content: [{ type: 'input_text', text }],
      })
      await peer.respond()
      await created
    }
    await create('1 apple')
    const deleted = peer.session.items.delete('memo')
    await peer.respond()
    await deleted
    expect(peer.ids()).toEqual([])
    await create('2 apples')
    expect(snapshot(peer.session).items).toMatchObject([{ id: 'memo', item: { content: [{ text: '2 apples' }] } }])
    await peer.comeBack()
    expect(peer.reports.at(-1)).toMatchObject({ itemIds: ['memo'], lost: [] })
    const again = peer.session.items.delete('memo')
    await peer.respond()
    await again
    await create('3 apples')
    expect(peer.stateOf('memo')?.item).toMatchObject({ content: [{ text: '3 apples' }] })
  })

  it('is not added again by late events of the deleted item', async () => {
    const peer = await conversing()
    peer.add(typed('a', 'Hello'))
    peer.sendEvents({ type: 'conversation.item.deleted', item_id: 'a' }, done(typed('a', 'Hello')))
    expect(peer.ids()).toEqual([])
  })

  it('is not put at the front because the deleted item was', async () => {
    const peer = await conversing()
    peer.add(typed('a', 'One'))
    peer.session.send({
      type: 'conversation.item.create',
      previous_item_id: 'root',
      item: { type: 'message', role: 'system', id: 'rules', content: [{ type: 'input_text', text: 'x' }] },
    })
    peer.sendEvents(added(typed('rules', 'x')), { type: 'conversation.item.deleted', item_id: 'rules' })
    peer.sendEvents(added(typed('rules', 'x')))
    expect(peer.ids()).toEqual(['a', 'rules'])
  })
})

describe('the order of the history after a drop', () => {
  it('is that of the server when a call is created again after newer items', async () => {
    const peer = await conversing()
    peer.add(typed('question', 'Weather?'), call('c'), typed('meanwhile', 'And tomorrow?'))
    await peer.comeBack()
    expect(peer.reports[0]?.lost).toEqual([{ itemId: 'c', reason: 'no output' }])
    peer.add(call('c'), output('o', 'c'), assistant('a', 'Rain.'))
    expect(peer.ids()).toEqual(['question', 'meanwhile', 'c', 'o', 'a'])
    expect(peer.ids()).toEqual(peer.order())
    await peer.comeBack()
    expect(peer.order()).toEqual(['question', 'meanwhile', 'c', 'o', 'a'])
    expect(peer.ids()).toEqual(peer.order())
  })

  it('keeps an item that could not be restored before the items that are newer', async () => {
    const peer = await conversing()
    peer.add(typed('a', 'One'), message('silent', 'user', { type: 'input_audio', transcript: null } as never))
    await peer.comeBack()
    peer.add(typed('b', 'Two'), typed('c', 'Three'))
    expect(peer.ids()).toEqual(['a', 'silent', 'b', 'c'])
  })
})

describe('a message that was restored', () => {
  it('keeps its audio parts, its status, and its full transcript', async () => {
    const peer = await conversing()
    peer.add(
      message('u', 'user', { type: 'input_audio', transcript: 'Count.' } as never),
      assistant('a', 'One two three four', 'in_progress'),
    )
    peer.sendEvents({
      type: 'response.output_audio.delta',
      response_id: 'r',
      item_id: 'a',
      output_index: 0,
      content_index: 0,
      delta: Buffer.alloc(48_000).toString('base64'),
    })
    peer.session.playback.played({ itemId: 'a' }, 450)
    peer.session.interrupt()
    await peer.comeBack()
    const before = peer.stateOf('a')
    expect(before).toMatchObject({
      status: 'incomplete',
      playedText: 'One two',
      item: { content: [{ type: 'output_audio', transcript: 'One two three four' }] },
    })
    expect(peer.stateOf('u')?.item).toMatchObject({ content: [{ type: 'input_audio', transcript: 'Count.' }] })
    await peer.comeBack()
    expect(peer.stateOf('a')).toEqual(before)
    expect(peer.connections.at(-1)).toMatchObject([{}, { item: { content: [{ text: 'One two' }] } }])
  })

  it('starts a session from a snapshot with the same lines', async () => {
    const first = await conversing()
    first.add(assistant('a', 'One two three', 'incomplete'))
    const second = await conversing({ snapshot: JSON.parse(JSON.stringify(snapshot(first.session))) })
    expect(second.stateOf('a')).toMatchObject({
      status: 'incomplete',
      item: { content: [{ transcript: 'One two three' }] },
    })
  })
})

describe('an item that was truncated', () => {
  const audio = (ms: number): Json => ({
    type: 'response.output_audio.delta',
    response_id: 'r',
    item_id: 'a',
    output_index: 0,
    content_index: 0,
    delta: Buffer.alloc(ms * 48).toString('base64'),
  })
  const truncated = (audio_end_ms: number): Json => ({
    type: 'conversation.item.truncated',
    item_id: 'a',
    content_index: 0,
    audio_end_ms,
  })

  it('is restored with the text up to the truncation by any client', async () => {
    const peer = await conversing()
    peer.add(assistant('a', 'one two three four five six seven eight'))
    peer.sendEvents(audio(1000), truncated(500))
    expect(peer.stateOf('a')).toMatchObject({ truncatedAtMs: 500, playedText: 'one two three four' })
    peer.sendEvents(truncated(250))
    await peer.comeBack()
    expect(peer.connections.at(-1)).toMatchObject([{ item: { content: [{ text: 'one two' }] } }])
  })

  it('keeps the shorter text when it was interrupted before', async () => {
    const peer = await conversing()
    peer.add(assistant('a', 'one two three four five six seven eight'))
    peer.sendEvents(audio(1000))
    peer.session.playback.played({ itemId: 'a' }, 250)
    peer.session.interrupt()
    peer.sendEvents(truncated(500))
    expect(peer.stateOf('a')?.playedText).toBe('one two')
  })

  it('is restored with an estimate where the server plays the audio', async () => {
    const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')
    const peer = await conversing()
    peer.add(assistant('a', words))
    peer.sendEvents(truncated(2000))
    await peer.comeBack()
    const created = peer.connections.at(-1)?.[0] as unknown as { item: { content: { text: string }[] } }
    const text = created.item.content[0]?.text ?? ''
    expect(words.startsWith(text)).toBe(true)
    expect(text.length).toBeGreaterThan(10)
    expect(text.length).toBeLessThan(40)
  })
})

describe('an item that the server adds before the history is restored', () => {
  const spoken = message('turn', 'user', { type: 'input_audio', transcript: null })

  it('is neither created again nor reported as lost on the first connection', async () => {
    const peer = await conversing({ config: { instructions: 'Be brief.' } }, [spoken, assistant('reply', 'Hello.')])
    expect(peer.connections.at(-1)?.map(({ type }) => type)).toEqual(['session.update'])
    expect(peer.reports).toEqual([])
    expect(peer.ids()).toEqual(['turn', 'reply'])
  })

  it('is neither created again nor reported as lost after a reconnect', async () => {
    const peer = await conversing()
    peer.add(typed('first', '1 apple'))
    await peer.comeBack(spoken)
    expect(peer.reports).toEqual([{ itemIds: ['first', 'turn'], lost: [], droppedAppends: 0 }])
    expect(peer.order()).toEqual(['turn', 'first'])
  })

  it('follows the history when it was spoken on a media track', async () => {
    const peer = await conversing({}, [], 'media')
    peer.add(typed('first', '1 apple'), call('c'), output('o', 'c'))
    await peer.comeBack(spoken)
    expect(peer.order()).toEqual(['first', 'c', 'o', 'turn'])
    expect(peer.ids()).toEqual(peer.order())
  })

  it('follows the history also when the server refuses items of it', async () => {
    const peer = await conversing({}, [], 'media')
    peer.add(typed('a', '1 apple'), typed('b', '2 apples'), typed('c', '3 apples'), typed('d', '4 apples'))
    peer.refusals.set('a', 'rate_limit_exceeded').set('c', 'invalid_value')
    await peer.comeBack(spoken)
    expect(peer.reports.at(-1)?.lost).toEqual([])
    expect(peer.order()).toEqual(['a', 'b', 'c', 'd', 'turn'])
    expect(peer.ids()).toEqual(peer.order())
  })

  it('precedes the history when it is a list of the tools of an MCP server', async () => {
    const listing: Json = { id: 'listing', type: 'mcp_list_tools', server_label: 'docs', tools: [] }
    const media = await conversing({}, [], 'media')
    media.add(typed('a', '1 apple'), typed('b', '2 apples'))
    await media.comeBack(listing, spoken)
    expect(media.order()).toEqual(['listing', 'a', 'b', 'turn'])
    expect(media.ids()).toEqual(media.order())
    const peer = await conversing()
    peer.add(typed('a', '1 apple'), typed('b', '2 apples'))
    peer.refusals.set('a', 'rate_limit_exceeded')
    await peer.comeBack(listing)
    expect(peer.order()).toEqual(['listing', 'a', 'b'])
    expect(peer.ids()).toEqual(peer.order())
  })
})
