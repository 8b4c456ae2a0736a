import { runTools, tool } from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { createPeer, sessionResource } from '../../../support/peer.js'
import {
  callOf,
  created,
  done,
  echo,
  failure,
  itemDone,
  messageOf,
  settle,
  slow,
  startTools,
  withTools,
} from './harness.js'

describe('the output of a call', () => {
  it('is a string unchanged, and any other value as JSON', async () => {
    const peer = await startTools([
      tool({ name: 'text', execute: () => 'plain "text"' }),
      tool({ name: 'data', execute: () => ({ celsius: 21 }) }),
      tool({ name: 'nothing', execute: () => undefined }),
      tool({ name: 'null', execute: () => null }),
    ])
    const calls = [callOf('text', 'c1'), callOf('data', 'c2'), callOf('nothing', 'c3'), callOf('null', 'c4', '')]
    await peer.sendEvents(created('r1'), done('r1', calls))
    expect(peer.outputs()).toEqual(['c1: plain "text"', 'c2: {"celsius":21}', 'c3: {"status":"done"}', 'c4: null'])
    expect(peer.errors).toEqual([])
  })

  it('reports arguments that are not a JSON object', async () => {
    const execute = vi.fn()
    const peer = await startTools([tool({ name: 'weather', parameters: z.object({ city: z.string() }), execute })])
    const calls = [
      callOf('weather', 'c1', '{"city":'),
      callOf('weather', 'c2', '"Oslo"'),
      callOf('weather', 'c3', '[]'),
    ]
    await peer.sendEvents(created('r1'), done('r1', calls))
    const told = failure(
      'INVALID_ARGUMENTS',
      'The arguments are wrong: they are not a JSON object. Correct them and call again.',
    )
    expect(peer.outputs()).toEqual([`c1: ${told}`, `c2: ${told}`, `c3: ${told}`])
    expect(execute).not.toHaveBeenCalled()
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('names the invalid argument, and the error contains no argument values', async () => {
    const parameters = z.object({ city: z.string(), note: z.record(z.string(), z.number()) })
    const peer = await startTools([tool({ name: 'weather', parameters, execute: () => 'sun' })])
    await peer.sendEvents(created('r1'), done('r1', [callOf('weather', 'c1', { city: 5, note: { secret: 'x' } })]))
    expect(peer.outputs()[0]).toContain('city: Invalid input: expected string, received number; note.secret: ')
    expect(peer.errors.map(({ shortMessage }) => shortMessage)).toEqual([
      'The model called "weather" with invalid arguments at "city". It received the details and can call again; if it keeps failing, describe the parameters more clearly.',
    ])
    expect(JSON.stringify(peer.errors)).not.toContain('secret')
  })

  it('reports an unknown tool, with the names of the known ones', async () => {
    const peer = await startTools([echo])
    await peer.sendEvents(created('r1'), done('r1', [callOf('toString', 'c1')]))
    expect(peer.outputs()).toEqual([`c1: ${failure('UNKNOWN_TOOL', 'There is no such tool: the tools are echo.')}`])
    expect(peer.errors).toMatchObject([{ code: 'UNKNOWN_TOOL', data: { tool: 'toString', callId: 'c1' } }])
  })

  it("is not sent for unknown tools with unknownTools: 'ignore'", async () => {
    const peer = await startTools([echo], { unknownTools: 'ignore' })
    await peer.sendEvents(created('r1'), done('r1', [callOf('theirs', 'c1')]))
    expect(peer.outputs()).toEqual([])
    expect(peer.sent('response.create')).toEqual([])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('postgres://user:secret@host')
      },
    ],
    ['rejects', () => Promise.reject(new Error('postgres://user:secret@host'))],
    [
      'throws nothing at all',
      () => {
        throw undefined
      },
    ],
  ])('reports that a tool %s, without its error message', async (_how, execute) => {
    const peer = await startTools([tool({ name: 'store', execute })])
    await peer.sendEvents(created('r1'), done('r1', [callOf('store', 'c1')]))
    expect(peer.outputs()).toEqual([`c1: ${failure('EXECUTION_FAILED', 'The tool failed.')}`])
    expect(peer.errors.map(({ shortMessage }) => shortMessage)).toEqual([
      'The tool "store" threw an error. Read error.cause; the model only receives a message that the tool failed.',
    ])
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('describes a failure with describeError, and with the default text when that throws', async () => {
    let describeError = (): string | undefined => 'Ask for the name first.'
    const peer = await startTools([], { describeError: () => describeError() })
    await peer.sendEvents(created('r1'), done('r1', [callOf('x', 'c1')]))
    describeError = () => {
      throw new Error('oops')
    }
    await peer.sendEvents(created('r2'), done('r2', [callOf('x', 'c2')]))
    expect(peer.outputs()).toEqual([
      `c1: ${failure('UNKNOWN_TOOL', 'Ask for the name first.')}`,
      `c2: ${failure('UNKNOWN_TOOL', 'There is no such tool: the tools are none.')}`,
    ])
  })

  it('reports a result that is too large or not JSON', async () => {
    const circular: Record<string, unknown> = {}
    circular.self = circular
    const peer = await startTools(
      [
        tool({ name: 'big', execute: () => 'é'.repeat(51) }),
        tool({ name: 'fits', execute: () => 'é'.repeat(50) }),
        tool({ name: 'circular', execute: () => circular }),
        tool({ name: 'bigint', execute: () => 1n }),
        tool({ name: 'function', execute: () => () => {} }),
      ],
      { maxResultBytes: 100 },
    )
    const names = ['big', 'fits', 'circular', 'bigint', 'function']
    await peer.sendEvents(
      created('r1'),
      done(
        'r1',
        names.map((name) => callOf(name, name)),
      ),
    )
    const noJson = failure('RESULT_NOT_JSON', 'The tool ran, but its result cannot be shown.')
    expect(peer.outputs()).toEqual([
      `big: ${failure('RESULT_TOO_LARGE', 'The result has 102 bytes, which is more than 100. Ask for less.')}`,
      `fits: ${'é'.repeat(50)}`,
      `circular: ${noJson}`,
      `bigint: ${noJson}`,
      `function: ${noJson}`,
    ])
    expect(peer.errors.map(({ shortMessage }) => shortMessage)[0]).toBe(
      'The result of "big" has 102 bytes, but the limit is 100. Return less, or raise maxResultBytes.',
    )
  })

  it('reports a timeout, aborts the tool, and ignores its result', async () => {
    const { tool: slowTool, calls } = slow('slow', { timeoutMs: 500 })
    const peer = await startTools([slowTool])
    await peer.sendEvents(created('r1'), done('r1', [callOf('slow', 'c1')]))
    await peer.clock.advance(499)
    expect(peer.outputs()).toEqual([])
    await peer.clock.advance(1)
    const told = 'The tool took longer than 500 ms. It may have had an effect all the same.'
    expect(peer.outputs()).toEqual([`c1: ${failure('TIMEOUT', told)}`])
    expect(calls[0]?.signal.reason).toMatchObject({ code: 'TIMEOUT', data: { tool: 'slow', timeoutMs: 500 } })
    calls[0]?.resolve('late')
    await peer.acknowledge()
    expect(peer.outputs()).toHaveLength(1)
    expect(peer.sent('response.create')).toHaveLength(1)
  })
})

describe('the calls of a response', () => {
  it('run in parallel, get outputs in order, and lead to one response', async () => {
    const first = slow('first')
    const second = slow('second')
    const peer = await startTools([first.tool, second.tool])
    await peer.sendEvents(created('r1'), done('r1', [messageOf('wait'), callOf('first', 'c1'), callOf('second', 'c2')]))
    expect([first.calls.length, second.calls.length]).toEqual([1, 1])
    second.calls[0]?.resolve('2')
    await settle()
    expect(peer.outputs()).toEqual([])
    first.calls[0]?.resolve('1')
    await settle()
    expect(peer.outputs()).toEqual(['c1: 1', 'c2: 2'])
    expect(peer.sent('response.create')).toHaveLength(1)
    expect(peer.sentEvents.at(-1)?.type).toBe('response.create')
  })

  it('start when each is complete, and get outputs after response.done', async () => {
    const first = slow('first')
    const peer = await startTools([first.tool])
    await peer.sendEvents(created('r1'), itemDone('r1', 0, callOf('first', 'c1')))
    expect(first.calls).toHaveLength(1)
    first.calls[0]?.resolve('1')
    await settle()
    expect(peer.outputs()).toEqual([])
    await peer.sendEvents(done('r1', [callOf('first', 'c1')]))
    expect(peer.outputs()).toEqual(['c1: 1'])
  })

  it('run once when they are received several times', async () => {
    const execute = vi.fn(() => 'ok')
    const peer = await startTools([tool({ name: 'pay', execute })])
    const item = callOf('pay', 'c1')
    await peer.sendEvents(created('r1'), itemDone('r1', 0, item), itemDone('r1', 0, item), done('r1', [item]))
    await peer.sendEvents(done('r1', [item]), created('r2'), itemDone('r2', 0, item), done('r2', [item]))
    await peer.acknowledge()
    await peer.sendEvents(done('r1', [item]), created('r3'), done('r3', [item]))
    expect(execute).toHaveBeenCalledTimes(1)
    expect(peer.outputs()).toEqual(['c1: ok'])
  })

  it('include calls that only response.done contains', async () => {
    const peer = await startTools([echo])
    await peer.sendEvents(done('r1', [callOf('echo', 'c1', { text: 'a' }), callOf('echo', 'c2', { text: 'b' })]))
    expect(peer.outputs()).toEqual(['c1: a', 'c2: b'])
  })

  it('get outputs when response.done is invalid', async () => {
    const peer = await startTools([echo])
    await peer.sendEvents(created('r1'), itemDone('r1', 0, callOf('echo', 'c1', { text: 'a' })))
    await peer.sendFrame(JSON.stringify({ type: 'response.done', event_id: 'e', response: { id: 'r1', output: 5 } }))
    expect(peer.outputs()).toEqual(['c1: a'])
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('wait for arguments that arrive after the item', async () => {
    const peer = await startTools([echo])
    await peer.sendEvents(created('r1'), itemDone('r1', 0, callOf('echo', 'c1', '')))
    const place = { response_id: 'r1', item_id: 'item_c1', output_index: 0, call_id: 'c1' }
    await peer.sendEvents({ type: 'response.function_call_arguments.done', ...place, arguments: '{"text":"late"}' })
    await peer.sendEvents(done('r1', [callOf('echo', 'c1', '')]))
    expect(peer.outputs()).toEqual(['c1: late'])
  })

  it('do not run again when the history contains their outputs', async () => {
    const execute = vi.fn()
    const peer = await startTools([tool({ name: 'pay', execute })])
    const output = { id: 'item_o', type: 'function_call_output', call_id: 'c1', output: 'paid' }
    await peer.sendEvents({ type: 'conversation.item.added', previous_item_id: null, item: output })
    await peer.sendEvents(created('r1'), itemDone('r1', 0, callOf('pay', 'c1')), done('r1', [callOf('pay', 'c1')]))
    expect(execute).not.toHaveBeenCalled()
    expect(peer.sent('response.create')).toEqual([])
  })

  it('of an out-of-band response do not run', async () => {
    const execute = vi.fn()
    const peer = await startTools([tool({ name: 'pay', execute })])
    const outOfBand = { conversation_id: null }
    await peer.sendEvents(created('r1', outOfBand), itemDone('r1', 0, callOf('pay', 'c1')))
    await peer.sendEvents(done('r1', [callOf('pay', 'c1')], 'completed', outOfBand))
    expect(execute).not.toHaveBeenCalled()
    expect(peer.outputs()).toEqual([])
  })

  it('of an out-of-band response are added to the conversation with outOfBand: answer', async () => {
    const peer = await startTools([echo], { outOfBand: 'answer' })
    const outOfBand = { conversation_id: null }
    const item = callOf('echo', 'c1', { text: 'a' })
    await peer.sendEvents(created('r1', outOfBand), done('r1', [item], 'completed', outOfBand))
    expect(peer.sent('conversation.item.create').map(({ item }) => item)).toMatchObject([
      { type: 'function_call', id: 'item_c1', call_id: 'c1', name: 'echo', arguments: '{"text":"a"}' },
      { type: 'function_call_output', call_id: 'c1', output: 'a' },
    ])
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('that are incomplete do not run, and get an error output', async () => {
    const execute = vi.fn()
    const peer = await startTools([tool({ name: 'pay', execute })])
    const item = callOf('pay', 'c1', '{"am', 'incomplete')
    const details = { status_details: { type: 'incomplete', reason: 'max_output_tokens' } }
    await peer.sendEvents(created('r1'), itemDone('r1', 0, item), done('r1', [item], 'incomplete', details))
    expect(execute).not.toHaveBeenCalled()
    expect(peer.outputs()).toEqual([
      `c1: ${failure('INCOMPLETE', 'The call was cut off before its end. It did not run.')}`,
    ])
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('end after maxRounds with a response without tools', async () => {
    const peer = await startTools([echo], { maxRounds: 2 })
    for (const id of ['r1', 'r2', 'r3']) {
      await peer.sendEvents(created(id), done(id, [callOf('echo', `c_${id}`)]))
      await peer.acknowledge()
    }
    const choices = peer
      .sent('response.create')
      .map(({ response }) => (response as { tool_choice?: string }).tool_choice)
    expect(choices).toEqual([undefined, undefined, 'none'])
    expect(peer.errors.map(({ shortMessage }) => shortMessage)).toEqual([
      'The model called tools 2 times in a row without a user turn, so it must respond without tools. Raise maxRounds if it needs more.',
    ])
  })

  it('do not run when a response without tools contains calls, and no response follows', async () => {
    const execute = vi.fn(() => 'x')
    const peer = await startTools([tool({ name: 'again', execute })], { maxRounds: 1 })
    await peer.sendEvents(created('r1'), done('r1', [callOf('again', 'c1')]))
    for (const [index, id] of ['r2', 'r3'].entries()) {
      await peer.acknowledge()
      const response = peer.sent('response.create')[index]?.response
      await peer.sendEvents(created(id, response as object), done(id, [callOf('again', `c_${id}`)]))
    }
    await peer.acknowledge()
    expect(execute).toHaveBeenCalledTimes(2)
    expect(peer.sent('response.create')).toHaveLength(2)
    const told =
      'Tools cannot be called again before the next turn of the caller. It did not run. Answer without tools.'
    expect(peer.outputs()).toEqual(['c1: x', 'c_r2: x', `c_r3: ${failure('TOO_MANY_ROUNDS', told)}`])
    await peer.sendEvents({
      type: 'conversation.item.added',
      previous_item_id: null,
      item: { id: 'u1', type: 'message', role: 'user', status: 'completed', content: [] },
    })
    await peer.sendEvents(created('r4'), done('r4', [callOf('again', 'c4')]))
    expect(execute).toHaveBeenCalledTimes(3)
    expect(peer.sent('response.create')).toHaveLength(3)
  })

  it('let timers run when an in-process server calls without a pause', async () => {
    const peer = await startTools([echo], { maxRounds: Number.POSITIVE_INFINITY })
    await peer.sendEvents(created('r0'), done('r0', [callOf('echo', 'c0')]))
    for (let round = 1; round < 20; round++) {
      await peer.acknowledge()
      const response = peer.sent('response.create').at(-1)?.response
      if (peer.sent('response.create').length < round) break
      await peer.sendEvents(created(`r${round}`, response as object), done(`r${round}`, [callOf('echo', `c${round}`)]))
    }
    const { length } = peer.sent('response.create')
    expect(length).toBeLessThan(19)
    await peer.clock.advance(0)
    expect(peer.sent('response.create')).toHaveLength(length + 1)
  })

  it('release all resources on stop', async () => {
    const { tool: slowTool, calls } = slow('slow')
    const peer = await startTools([slowTool])
    await peer.sendEvents(created('r1'), done('r1', [callOf('slow', 'c1')]))
    peer.run.stop()
    expect(calls[0]?.signal.reason).toMatchObject({ code: 'ABORTED', data: { reason: 'stopped' } })
    calls[0]?.resolve('1')
    await settle()
    expect(peer.outputs()).toEqual([])
    expect(peer.clock.pending).toBe(0)
  })

  it('are aborted when the session closes', async () => {
    const { tool: slowTool, calls } = slow('slow')
    const peer = await startTools([slowTool])
    await peer.sendEvents(created('r1'), done('r1', [callOf('slow', 'c1')]))
    await peer.session.close()
    expect(calls[0]?.signal.aborted).toBe(true)
    await settle()
    expect(peer.clock.pending).toBe(0)
  })

  it('are emitted with their duration, and continue when a listener throws', async () => {
    const { tool: slowTool, calls } = slow('slow')
    const peer = await startTools([slowTool])
    vi.stubGlobal('reportError', vi.fn())
    peer.run.on('started', () => {
      throw new Error('mine')
    })
    const settled: unknown[] = []
    peer.run.on('settled', ({ call, durationMs, outcome }) => settled.push([call.tool, durationMs, outcome.output]))
    await peer.sendEvents(created('r1'), done('r1', [callOf('slow', 'c1')]))
    await peer.clock.advance(250)
    calls[0]?.resolve('1')
    await settle()
    expect(settled).toEqual([['slow', 250, '1']])
    vi.unstubAllGlobals()
  })

  it('whose output the server rejects are reported, and the response is requested', async () => {
    const peer = await startTools([echo])
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1')]))
    const { event_id } = await peer.expectSent('conversation.item.create')
    const error = { type: 'invalid_request_error', code: 'invalid_tool_call_id', message: 'no', param: null, event_id }
    await peer.sendEvents({ type: 'error', error })
    expect(peer.errors).toMatchObject([{ code: 'OUTPUT_REFUSED', cause: { code: 'SERVER_ERROR' } }])
    expect(peer.sent('response.create')).toHaveLength(1)
  })
})

describe('the set of tools', () => {
  it('is configured when the session opens, and replaces the configured tools', async () => {
    const peer = createPeer({ config: { instructions: 'Be brief.' } })
    const run = runTools(peer.session, [
      echo,
      { type: 'mcp', server_label: 'docs', server_url: 'https://docs.example' },
    ])
    expect(peer.sentEvents).toEqual([])
    await peer.connect()
    const tools = [echo.definition, { type: 'mcp', server_label: 'docs', server_url: 'https://docs.example' }]
    expect((await peer.expectSent('session.update')).session).toEqual({ type: 'realtime', tools })
    await withTools(peer, run).acknowledgeUpdate()
    await expect(run.ready).resolves.toBeUndefined()
  })

  it('is configured before events that are sent after connect', async () => {
    const peer = createPeer()
    runTools(peer.session, [echo])
    await peer.connect()
    peer.session.respond()
    await settle()
    expect(peer.sentEvents.map(({ type }) => type)).toEqual(['session.update', 'response.create'])
  })

  it('may not contain a name twice', () => {
    expect(() => runTools(createPeer().session, [echo, echo])).not.toThrow()
    expect(() => runTools(createPeer().session, [echo, tool({ name: 'echo', execute: () => 1 })])).toThrow(
      'The tool "echo" is invalid: another tool has the same name.',
    )
  })

  it('changes on the acknowledgement, and calls of an earlier response use the earlier tools', async () => {
    const named = (result: string) => tool({ name: 'who', execute: () => result })
    const peer = await startTools([named('old')])
    await peer.sendEvents(created('r1'))
    const changing = peer.run.setTools([named('new')])
    await settle()
    await peer.acknowledgeUpdate()
    await changing
    await peer.sendEvents(done('r1', [callOf('who', 'c1')]))
    await peer.acknowledge()
    await peer.sendEvents(created('r2'), done('r2', [callOf('who', 'c2')]))
    expect(peer.outputs()).toEqual(['c1: old', 'c2: new'])
  })

  it('is the new one for a response in the same tick as the acknowledgement', async () => {
    const peer = await startTools([echo])
    void peer.run.setTools([tool({ name: 'other', execute: () => 'other' })])
    await settle()
    const update = (await peer.expectSent('session.update')).session as { tools: unknown }
    await peer.sendEvents(
      { type: 'session.updated', session: { type: 'realtime', id: 's', tools: update.tools } },
      created('r1'),
    )
    await peer.sendEvents(done('r1', [callOf('other', 'c1')]))
    expect(peer.outputs()).toEqual(['c1: other'])
  })

  it('is known in the same tick as the acknowledgement when the server had the tools before', async () => {
    const reported = { ...sessionResource, tools: [{ type: 'function', name: 'echo' }] }
    const peer = createPeer()
    await peer.connect()
    await peer.sendEvents({ type: 'session.updated', session: reported })
    const toolPeer = withTools(peer, runTools(peer.session, [echo]))
    await peer.expectSent('session.update')
    await toolPeer.sendEvents({ type: 'session.updated', session: reported }, created('r1'))
    await toolPeer.sendEvents(done('r1', [callOf('echo', 'c1', { text: 'known' })]))
    expect(toolPeer.outputs()).toEqual(['c1: known'])
  })

  it('is registered before a response that was requested while the session connected', async () => {
    const peer = createPeer()
    runTools(peer.session, [echo])
    const connecting = peer.session.connect()
    await settle()
    peer.session.sendMessage('Hello')
    peer.session.respond()
    await peer.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    expect(peer.sentEvents.map(({ type }) => type)).toEqual([
      'conversation.item.create',
      'session.update',
      'response.create',
    ])
  })

  it('is unchanged when the server rejects the new one', async () => {
    const peer = await startTools([echo])
    const changing = peer.run.setTools([tool({ name: 'other', execute: () => 1 })])
    await settle()
    const { event_id } = await peer.expectSent('session.update')
    await peer.sendEvents({
      type: 'error',
      error: { type: 'invalid_request_error', code: 'x', message: 'no', param: null, event_id },
    })
    await expect(changing).rejects.toThrow('The server did not accept the tool other. Read error.cause for the reason.')
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1', { text: 'still' })]))
    expect(peer.outputs()).toEqual(['c1: still'])
  })

  it('is settled when the session closes first', async () => {
    const peer = createPeer()
    const run = runTools(peer.session, [echo])
    run.stop()
    await expect(run.ready).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
