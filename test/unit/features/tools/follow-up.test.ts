import { tool } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import {
  callEvents,
  callOf,
  cancelled,
  created,
  done,
  echo,
  failure,
  itemDone,
  itemsIn,
  messageOf,
  settle,
  slow,
  speechStarted,
  speechStopped,
  startDroppable,
  startTools,
} from './harness.js'

describe('the follow-up request', () => {
  it('makes the session keep no content of its response', async () => {
    const peer = await startTools([echo])
    const options: unknown[] = []
    const { respond } = peer.session
    Object.assign(peer.session, {
      respond(...args: Parameters<typeof respond>) {
        options.push(args[1])
        return respond(...args)
      },
    })
    await peer.sendEvents(...callEvents('echo', 'c1'), done('r1', [callOf('echo', 'c1')]))
    await peer.acknowledge()
    expect(options).toEqual([expect.objectContaining({ content: 'discard' })])
  })

  it('follows the outputs that are sent again after a reconnect', async () => {
    const peer = await startDroppable([echo])
    await peer.sendEvents(...callEvents('echo', 'c1'), done('r1', [callOf('echo', 'c1')]))
    await peer.reconnect()
    const types = peer.log.map(({ type }) => type).filter((type) => type !== 'session.update')
    expect(types).toEqual(['conversation.item.create', 'conversation.item.create', 'response.create'])
  })

  it('that waits for another response is cancelled when the caller speaks', async () => {
    const { tool: report, calls } = slow('report', { scheduling: 'background' })
    const peer = await startTools([report])
    await peer.sendEvents(created('r1'), done('r1', [callOf('report', 'c1')]))
    await peer.acknowledge()
    await peer.sendEvents(created('r2', { metadata: { follow_up: 'tools' } }))
    calls[0]?.resolve('found')
    await settle()
    await peer.acknowledge()
    expect(peer.sent('response.create')).toHaveLength(1)
    await peer.sendEvents(speechStarted, done('r2', [], 'cancelled', cancelled('turn_detected')))
    expect(peer.sent('response.create')).toHaveLength(1)
    await peer.sendEvents(speechStopped, created('r3'), done('r3', [messageOf('found')]))
    await peer.clock.advance(5_000)
    expect(peer.sent('response.create')).toHaveLength(1)
  })
})

describe('a follow-up response that was lost with the connection', () => {
  it.each([
    ['is asked for again, once', 'own', 1],
    ['goes on where the session outlived the drop', 'joined', 0],
  ] as const)('%s', async (_what, kind, requests) => {
    const peer = await startDroppable([echo], {}, kind)
    await peer.sendEvents(...callEvents('echo', 'c1'), done('r1', [callOf('echo', 'c1')]))
    await peer.acknowledgeAll()
    const asked = () => peer.log.findLast(({ type }) => type === 'response.create')?.response as object
    const first = asked()
    await peer.sendEvents(created('r2', first))
    await peer.reconnect()
    expect(peer.log.filter(({ type }) => type === 'response.create')).toHaveLength(requests)
    const last = asked() ?? first
    const id = kind === 'own' ? 'r3' : 'r2'
    await peer.sendEvents(created(id, last), done(id, [messageOf('nothing')], 'completed', last))
    await peer.reconnect()
    expect(peer.log.filter(({ type }) => type === 'response.create')).toEqual([])
  })
})

describe('runTools on a joined session', () => {
  it('sends no known items again after a reconnect', async () => {
    const { tool: slowTool, calls } = slow('slow', { abortOn: [] })
    const peer = await startDroppable([slowTool], {}, 'joined')
    await peer.sendEvents(...callEvents('slow', 'c1'), done('r1', [callOf('slow', 'c1')]))
    await peer.reconnect()
    calls[0]?.resolve('found')
    await settle()
    await peer.acknowledgeAll()
    expect(itemsIn(peer.log)).toMatchObject([{ type: 'function_call_output', call_id: 'c1', output: 'found' }])
  })
})

describe('a call that arrives after response.done', () => {
  it('gets an output and releases all resources', async () => {
    const peer = await startTools([echo])
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1', { text: 'a' })]))
    await peer.acknowledge()
    await peer.sendEvents(itemDone('r1', 1, callOf('echo', 'c2', { text: 'b' })))
    await peer.acknowledge()
    expect(peer.outputs()).toEqual(['c1: a', 'c2: b'])
    await peer.sendEvents(itemDone('r1', 1, callOf('echo', 'c2', { text: 'b' })), done('r1', [callOf('echo', 'c2')]))
    expect(peer.outputs()).toHaveLength(2)
  })
})

describe('a progress message', () => {
  it('is sent after a lost connection that hid the end of playback', async () => {
    const progress = { afterMs: 100, text: 'One moment.' }
    const { tool: search } = slow('search', { abortOn: [], progress })
    const peer = await startDroppable([search], {}, 'joined')
    await peer.sendEvents({ type: 'output_audio_buffer.started', response_id: 'r0' })
    await peer.reconnect()
    await peer.sendEvents(created('r1'), done('r1', [callOf('search', 'c1')]))
    await peer.clock.advance(150)
    await peer.acknowledgeAll()
    expect(JSON.stringify(peer.log)).toContain('One moment.')
  })
})

describe('a tool failure', () => {
  it.each([[1n], [{}], [Promise.resolve('later')]])(
    'gets the default text when describeError returns no text (%s)',
    async (words) => {
      const peer = await startTools([echo], { describeError: () => words as unknown as string })
      await peer.sendEvents(created('r1'), done('r1', [callOf('unknown', 'c1')]))
      expect(peer.outputs()).toEqual([`c1: ${failure('UNKNOWN_TOOL', 'There is no such tool: the tools are echo.')}`])
    },
  )

  it('gets an output for every result of describeError', async () => {
    const broken = tool({ name: 'broken', execute: () => Promise.reject(new Error('no')) })
    const peer = await startTools([broken], { describeError: () => 1n as unknown as string })
    await peer.sendEvents(created('r1'), done('r1', [callOf('broken', 'c1')]))
    expect(peer.outputs()).toEqual([`c1: ${failure('EXECUTION_FAILED', 'The tool failed.')}`])
  })
})
