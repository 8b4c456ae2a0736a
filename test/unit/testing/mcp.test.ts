import { describe, expect, test } from 'vitest'
import { call, type EmulatorOptions, mcpCall, reply, silence } from '../../../src/testing/index.js'
import { breaches } from '../../conformance/emulator/lawful.js'
import { connectTo, said, type TestClient } from './client.js'

const search = { name: 'search', description: 'Searches.', annotations: { readOnlyHint: true }, output: 'three pages' }
const erase = { name: 'erase', error: { type: 'tool_execution_error', message: 'no permission' } } as const
const mcpServers = { docs: { tools: [search, erase] } }
const docs = {
  type: 'mcp',
  server_label: 'docs',
  server_url: 'https://docs.example.com/mcp',
  require_approval: 'never',
}

const withTools = (...tools: object[]) => ({
  type: 'session.update',
  session: { type: 'realtime', output_modalities: ['text'], tools },
})

/** Event types, with runs of the same type reduced to one. */
const outline = (types: readonly string[]) => types.filter((type, index) => type !== types[index - 1])

/** Connects a client to a session whose MCP tools are listed. */
async function connectWith(options: EmulatorOptions, ...tools: object[]): Promise<TestClient> {
  const client = await connectTo({ mcpServers, pace: Number.POSITIVE_INFINITY, ...options })
  await client.send(withTools(...tools))
  await client.clock.advance(100)
  client.fresh()
  return client
}

async function respond(client: TestClient): Promise<void> {
  await client.send({ type: 'response.create' })
  await client.clock.advance(100)
}

describe('the tools of an MCP server', () => {
  test('are listed after the update, in the order of the protocol', async () => {
    const client = await connectTo({ mcpServers })
    client.fresh()
    await client.send(withTools(docs))
    expect(client.fresh()).toEqual(['session.updated', 'conversation.item.added', 'mcp_list_tools.in_progress'])
    expect(client.last('conversation.item.added').item).toMatchObject({ type: 'mcp_list_tools', tools: [] })
    await client.clock.advance(100)
    expect(client.fresh()).toEqual(['mcp_list_tools.completed', 'conversation.item.done'])
    const { id } = client.last('conversation.item.added').item
    expect(client.last('mcp_list_tools.completed').item_id).toBe(id)
    expect(client.last('conversation.item.done').item).toEqual({
      id,
      type: 'mcp_list_tools',
      server_label: 'docs',
      tools: [
        {
          name: 'search',
          description: 'Searches.',
          input_schema: { type: 'object' },
          annotations: { readOnlyHint: true },
        },
        { name: 'erase', description: null, input_schema: { type: 'object' }, annotations: null },
      ],
    })
  })

  test('are listed once when updates repeat the server, and again when it changes', async () => {
    const client = await connectWith({}, docs)
    await client.send(withTools(docs))
    await client.clock.advance(100)
    expect(client.fresh()).toEqual(['session.updated'])
    await client.send(withTools({ ...docs, allowed_tools: ['search'] }))
    await client.clock.advance(100)
    expect(client.fresh()).toContain('mcp_list_tools.completed')
    expect(client.last('conversation.item.done').item).toMatchObject({ tools: [{ name: 'search' }] })
  })

  test.each([
    [{ allowed_tools: { read_only: true } }, ['search']],
    [{ allowed_tools: { read_only: false } }, ['erase']],
    [{ allowed_tools: { tool_names: ['erase'], read_only: true } }, []],
    [{ allowed_tools: null }, ['search', 'erase']],
  ])('are those that %j selects', async (filter, names) => {
    const client = await connectWith({}, { ...docs, ...filter })
    const { tools } = client.last('conversation.item.done').item as unknown as { tools: { name: string }[] }
    expect(tools.map(({ name }) => name)).toEqual(names)
  })

  test.each<[string, Required<EmulatorOptions>['mcpServers']]>([
    ['is scripted to fail', { docs: { tools: 'failed' } }],
    ['is not scripted and is on another machine', {}],
  ])('of a server that %s cannot be listed', async (_, servers) => {
    const client = await connectTo({ mcpServers: servers })
    await client.send(withTools(docs))
    client.fresh()
    await client.clock.advance(100)
    expect(client.fresh()).toEqual(['mcp_list_tools.failed', 'conversation.item.done'])
    expect(client.last('conversation.item.done').item).toMatchObject({ type: 'mcp_list_tools', tools: [] })
  })

  test('of a response are listed before its output', async () => {
    const client = await connectTo({ mcpServers, script: [mcpCall('docs', 'search')] })
    client.fresh()
    await client.send({ type: 'response.create', response: { tools: [docs] } })
    await client.clock.advance(1_000)
    expect(outline(client.fresh()).slice(0, 7)).toEqual([
      'response.created',
      'conversation.item.added',
      'mcp_list_tools.in_progress',
      'mcp_list_tools.completed',
      'conversation.item.done',
      'response.output_item.added',
      'conversation.item.added',
    ])
  })

  test('of a response that is cancelled while they are listed lead to no output', async () => {
    const client = await connectTo({ mcpServers, script: [mcpCall('docs', 'search')] })
    await client.send({ type: 'response.create', response: { tools: [docs] } })
    await client.send({ type: 'response.cancel' })
    await client.clock.advance(1_000)
    expect(client.last('response.done').response).toMatchObject({ status: 'cancelled', output: [] })
    expect(client.all('response.output_item.added')).toEqual([])
  })
})

describe('an MCP call', () => {
  test('runs beside its response and completes after it', async () => {
    const client = await connectWith({ script: [mcpCall('docs', 'search', { q: 'zod' })] }, docs)
    await respond(client)
    expect(outline(client.fresh())).toEqual([
      'response.created',
      'response.output_item.added',
      'conversation.item.added',
      'response.mcp_call_arguments.delta',
      'response.mcp_call_arguments.done',
      'response.mcp_call.in_progress',
      'response.done',
      'rate_limits.updated',
    ])
    const open = {
      type: 'mcp_call',
      server_label: 'docs',
      name: 'search',
      arguments: '{"q":"zod"}',
      approval_request_id: null,
      output: null,
      error: null,
    }
    expect(client.last('response.output_item.added').item).toMatchObject({ ...open, arguments: '' })
    const deltas = client.all('response.mcp_call_arguments.delta').map(({ delta }) => delta)
    expect(deltas.join('')).toBe('{"q":"zod"}')
    expect(client.last('response.done').response).toMatchObject({ status: 'completed', output: [open] })
    await client.clock.advance(100)
    expect(client.fresh()).toEqual([
      'response.mcp_call.completed',
      'conversation.item.done',
      'response.output_item.done',
    ])
    const { item_id } = client.last('response.mcp_call.completed')
    expect(client.last('response.output_item.done').item).toEqual({ id: item_id, ...open, output: 'three pages' })
  })

  test('that fails has its error in its item', async () => {
    const client = await connectWith({ script: [mcpCall('docs', 'erase')] }, docs)
    await respond(client)
    await client.clock.advance(100)
    expect(client.fresh()).toContain('response.mcp_call.failed')
    expect(client.last('conversation.item.done').item).toMatchObject({ output: null, error: erase.error })
  })

  test('is input of the next response, whose text repeats its output by default', async () => {
    const client = await connectWith({ script: [mcpCall('docs', 'search')] }, docs)
    await respond(client)
    await client.clock.advance(100)
    await respond(client)
    expect(client.last('response.output_text.done').text).toBe('three pages')
  })

  test('continues when its response is cancelled, and ends when its arguments were incomplete', async () => {
    const script = [[mcpCall('docs', 'search'), silence(Number.POSITIVE_INFINITY)], mcpCall('docs', 'search', { q: 1 })]
    const client = await connectWith({ script, pace: 1 }, docs)
    await client.send({ type: 'response.create' })
    await client.clock.advance(150)
    await client.send({ type: 'response.cancel' })
    await client.clock.advance(100)
    expect(outline(client.fresh()).slice(-5)).toEqual([
      'response.done',
      'rate_limits.updated',
      'response.mcp_call.completed',
      'conversation.item.done',
      'response.output_item.done',
    ])
    await client.send({ type: 'response.create' })
    await client.clock.advance(110)
    await client.send({ type: 'response.cancel' })
    await client.clock.advance(1_000)
    expect(outline(client.fresh()).slice(-5)).toEqual([
      'response.mcp_call_arguments.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
      'rate_limits.updated',
    ])
  })

  test('interleaves with the message before it, as gpt-realtime-2.1 does', async () => {
    const client = await connectWith({ script: [[reply('Just a moment.'), mcpCall('docs', 'search', { q: 1 })]] }, docs)
    await respond(client)
    const types = client.fresh()
    expect(types.indexOf('response.mcp_call_arguments.delta')).toBeLessThan(types.indexOf('response.output_text.done'))
  })

  test.each([
    ['a server that the session does not contain', mcpCall('wiki', 'search'), /no MCP server "wiki"/],
    ['a tool that the server does not have', mcpCall('docs', 'fly'), /no tool "fly"/],
    ['a tool that allowed_tools excludes', mcpCall('docs', 'erase'), /no tool "erase"/],
  ])('of %s fails the response with the reason', async (_, step, message) => {
    const client = await connectWith({ script: [step] }, { ...docs, allowed_tools: ['search'] })
    await respond(client)
    const { status, status_details } = client.last('response.done').response
    expect(status).toBe('failed')
    expect((status_details as { error: { message: string } }).error.message).toMatch(message)
  })

  test('before the listing is complete fails the response with the reason', async () => {
    const slow = { docs: { ...mcpServers.docs, latencyMs: 500 } }
    const client = await connectTo({ mcpServers: slow, script: [mcpCall('docs', 'search')] })
    await client.send(withTools(docs))
    await respond(client)
    expect(client.last('response.done').response).toMatchObject({
      status: 'failed',
      status_details: { error: { message: expect.stringContaining('wait for mcp_list_tools.completed') } },
    })
  })

  test('and a function call can be in one response', async () => {
    const script = [[call('weather'), mcpCall('docs', 'search')]]
    const client = await connectWith({ script }, { type: 'function', name: 'weather' }, docs)
    await respond(client)
    expect(client.last('response.done').response.output.map(({ type }) => type)).toEqual(['function_call', 'mcp_call'])
  })
})

describe('an approval', () => {
  const guarded = { ...docs, require_approval: 'always' }
  const script = [mcpCall('docs', 'search', { q: 'zod' })]

  async function requestOne(): Promise<{ client: TestClient; requestId: string }> {
    const client = await connectWith({ script }, guarded)
    await respond(client)
    return { client, requestId: String(client.last('conversation.item.done').item.id) }
  }

  const answer = (requestId: string, approve: boolean, fields: object = { id: 'answer' }) => ({
    type: 'conversation.item.create',
    item: { type: 'mcp_approval_response', approval_request_id: requestId, approve, ...fields },
  })

  test('is requested by an item, and the response does not wait for it', async () => {
    const { client, requestId } = await requestOne()
    expect(outline(client.fresh()).slice(-5)).toEqual([
      'response.mcp_call_arguments.done',
      'conversation.item.added',
      'conversation.item.done',
      'response.done',
      'rate_limits.updated',
    ])
    expect(client.last('conversation.item.done').item).toEqual({
      id: requestId,
      type: 'mcp_approval_request',
      server_label: 'docs',
      name: 'search',
      arguments: '{"q":"zod"}',
    })
    expect(client.last('response.done').response.output).toMatchObject([{ type: 'mcp_call', output: null }])
  })

  test.each([{ id: 'answer' }, {}])('that is given with %j starts the call', async (fields) => {
    const { client, requestId } = await requestOne()
    client.fresh()
    await client.send(answer(requestId, true, fields))
    await client.clock.advance(100)
    expect(client.fresh()).toEqual([
      'conversation.item.added',
      'conversation.item.done',
      'response.mcp_call.in_progress',
      'response.mcp_call.completed',
      'conversation.item.done',
      'response.output_item.done',
    ])
    expect(client.last('response.output_item.done').item).toMatchObject({
      approval_request_id: requestId,
      output: 'three pages',
    })
  })

  test('that is refused completes the call without output', async () => {
    const { client, requestId } = await requestOne()
    client.fresh()
    await client.send(answer(requestId, false, { id: 'answer', reason: 'not now' }))
    await client.clock.advance(100)
    expect(client.fresh()).toEqual([
      'conversation.item.added',
      'conversation.item.done',
      'conversation.item.done',
      'response.output_item.done',
    ])
    expect(client.last('response.output_item.done').item).toMatchObject({
      approval_request_id: requestId,
      output: null,
      error: null,
    })
  })

  test('for a request that does not exist, or a second one, is refused', async () => {
    const { client, requestId } = await requestOne()
    await client.send(answer('item_nothing', true))
    expect(client.last('error').error).toMatchObject({ param: 'item.approval_request_id' })
    await client.send(answer(requestId, true))
    await client.send(answer(requestId, true, { id: 'again' }))
    expect(client.all('error')).toHaveLength(2)
    await client.clock.advance(1_000)
    expect(client.all('response.mcp_call.completed')).toHaveLength(1)
  })

  test.each([
    [undefined, true],
    [null, true],
    ['never', false],
    [{ never: { tool_names: ['search'] } }, false],
    [{ never: { tool_names: ['erase'] } }, true],
    [{ never: { read_only: true } }, false],
    [{ always: { tool_names: ['search'] } }, true],
    [{ always: { tool_names: ['search'] }, never: { read_only: true } }, true],
  ])('with require_approval %j is needed: %s', async (policy, isNeeded) => {
    const { require_approval: _, ...rest } = docs
    const tool = policy === undefined ? rest : { ...rest, require_approval: policy }
    const client = await connectWith({ script }, tool)
    await respond(client)
    const types = client.all('conversation.item.added').map(({ item }) => item.type)
    expect(types.includes('mcp_approval_request')).toBe(isNeeded)
  })
})

describe('a session with MCP calls', () => {
  test('is lawful with and without approvals, failures, and cancellation', async () => {
    const script = [
      [reply('One moment.'), mcpCall('docs', 'search', { q: 1 }), mcpCall('docs', 'erase')],
      [mcpCall('docs', 'search', { q: 2 }), silence(Number.POSITIVE_INFINITY)],
    ]
    const guarded = { ...docs, require_approval: { always: { tool_names: ['erase'] }, never: { read_only: true } } }
    const client = await connectWith({ script }, guarded)
    await respond(client)
    const request = client.all('conversation.item.done').find(({ item }) => item.type === 'mcp_approval_request')
    await client.send({
      type: 'conversation.item.create',
      item: { type: 'mcp_approval_response', approval_request_id: request?.item.id, approve: true },
    })
    await respond(client)
    await client.send({ type: 'response.cancel' })
    await client.clock.advance(1_000)
    expect(client.all('response.mcp_call.completed')).toHaveLength(2)
    expect(client.all('response.mcp_call.failed')).toHaveLength(1)
    expect(breaches(client.events, { isOver: true })).toEqual([])
  })
})

describe('an MCP session that closes', () => {
  test('leaves no timer behind', async () => {
    const client = await connectWith({ script: [mcpCall('docs', 'search')] }, docs)
    await client.send(said('hi'))
    await respond(client)
    await client.close()
    await client.clock.advance(0)
    expect(client.clock.pending).toBe(0)
  })
})
