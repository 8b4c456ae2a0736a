import { tool } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import {
  callOf,
  created,
  done,
  echo,
  messageOf,
  settle,
  slow,
  speechStarted,
  speechStopped,
  startTools,
} from './harness.js'

const note = '{"status":"running","message":"The tool works in the background. Its result will follow."}'

describe('a tool in the background', () => {
  it('gets a placeholder output at once, and its result later', async () => {
    const { tool: report, calls } = slow('report', { scheduling: 'background' })
    const peer = await startTools([report])
    await peer.sendEvents(created('r1'), done('r1', [callOf('report', 'c1')]))
    expect(peer.outputs()).toEqual([`c1: ${note}`])
    expect(peer.sent('response.create')).toHaveLength(1)
    await peer.acknowledge()
    await peer.sendEvents(created('r2'), done('r2', [messageOf('I am on it.')]))
    calls[0]?.resolve({ pages: 12 })
    await settle()
    expect(peer.sent('conversation.item.create').at(-1)?.item).toMatchObject({
      type: 'message',
      role: 'system',
      content: [{ type: 'input_text', text: 'The tool report, called as c1, has finished: {"pages":12}' }],
    })
    expect(peer.sent('response.create')).toHaveLength(2)
  })

  it('that completes before response.done gets a normal output', async () => {
    const peer = await startTools([tool({ name: 'quick', scheduling: 'background', execute: () => 'done' })])
    await peer.sendEvents(created('r1'))
    const item = callOf('quick', 'c1')
    await peer.sendEvents({ type: 'response.output_item.done', response_id: 'r1', output_index: 0, item })
    await peer.sendEvents(done('r1', [item]))
    expect(peer.outputs()).toEqual(['c1: done'])
  })

  it('does not delay the other calls of the response', async () => {
    const { tool: report } = slow('report', { scheduling: 'background' })
    const peer = await startTools([report, echo])
    await peer.sendEvents(created('r1'), done('r1', [callOf('report', 'c1'), callOf('echo', 'c2', { text: 'a' })]))
    expect(peer.outputs()).toEqual([`c1: ${note}`, 'c2: a'])
  })

  it('sends its result after the running response', async () => {
    const { tool: report, calls } = slow('report', { scheduling: 'background' })
    const peer = await startTools([report])
    await peer.sendEvents(created('r1'), done('r1', [callOf('report', 'c1')]))
    await peer.acknowledge()
    await peer.sendEvents(created('r2'))
    calls[0]?.resolve('12 pages')
    await settle()
    const asked = peer.sent('response.create').length
    await peer.sendEvents(done('r2', [messageOf('I am on it.')]))
    expect(peer.sent('response.create')).toHaveLength(asked + 1)
  })
})

describe('a silent tool', () => {
  it('requests no response when its response contained speech', async () => {
    const peer = await startTools([tool({ name: 'log', scheduling: 'silent', execute: () => 'noted' })])
    await peer.sendEvents(created('r1'), done('r1', [messageOf('Hello.'), callOf('log', 'c1')]))
    expect(peer.outputs()).toEqual(['c1: noted'])
    expect(peer.sent('response.create')).toEqual([])
  })

  it('requests a response when its response contained no speech', async () => {
    const peer = await startTools([tool({ name: 'log', scheduling: 'silent', execute: () => 'noted' })])
    await peer.sendEvents(created('r1'), done('r1', [callOf('log', 'c1')]))
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('does not delay the calls after it', async () => {
    const { tool: log, calls } = slow('log', { scheduling: 'silent' })
    const peer = await startTools([log, echo])
    await peer.sendEvents(created('r1'), done('r1', [messageOf('Hello.'), callOf('log', 'c1'), callOf('echo', 'c2')]))
    expect(peer.outputs()).toEqual(['c2: nothing'])
    expect(peer.sent('response.create')).toHaveLength(1)
    calls[0]?.resolve('noted')
    await settle()
    expect(peer.outputs()).toEqual(['c2: nothing', 'c1: noted'])
    expect(peer.sent('response.create')).toHaveLength(1)
  })
})

describe('progress', () => {
  const instructions = 'Say this, in the language of the conversation, and nothing else: "Let me check."'
  const patient = { progress: { afterMs: 1_000, text: 'Let me check.' } }

  it('is sent once, when the tool takes long and neither side speaks', async () => {
    const { tool: slowTool, calls } = slow('slow', patient)
    const peer = await startTools([slowTool])
    await peer.sendEvents(created('r1'), done('r1', [callOf('slow', 'c1')]))
    await peer.clock.advance(999)
    expect(peer.sent('response.create')).toEqual([])
    await peer.clock.advance(1)
    expect(peer.sent('response.create').map(({ response }) => response)).toMatchObject([
      { instructions, tool_choice: 'none' },
    ])
    await peer.sendEvents(created('r2'), done('r2', [messageOf('Let me check.')]))
    await peer.clock.advance(5_000)
    expect(peer.sent('response.create')).toHaveLength(1)
    calls[0]?.resolve('1')
    await settle()
    expect(peer.outputs()).toEqual(['c1: 1'])
    expect(peer.sent('response.create')).toHaveLength(2)
  })

  it('waits while the caller or the model speaks', async () => {
    const { tool: slowTool } = slow('slow', patient)
    const peer = await startTools([slowTool])
    await peer.sendEvents(created('r1'), done('r1', [callOf('slow', 'c1')]), speechStarted)
    await peer.clock.advance(1_000)
    expect(peer.sent('response.create')).toEqual([])
    await peer.sendEvents(speechStopped, created('r2'))
    await peer.clock.advance(1_000)
    expect(peer.sent('response.create')).toEqual([])
    await peer.sendEvents(done('r2', [messageOf('Yes?')]))
    await peer.clock.advance(1_000)
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('waits while audio is playing', async () => {
    const said: boolean[] = []
    const peer = await startTools([
      tool({ name: 'ask', execute: (_args, { progress }) => void said.push(progress('Let me check.')) }),
    ])
    const delta = { response_id: 'r1', item_id: 'i1', output_index: 0, content_index: 0, delta: 'A'.repeat(6_400) }
    await peer.sendEvents(created('r1'), { type: 'response.output_audio.delta', ...delta })
    peer.session.playback.enqueued({ itemId: 'i1' })
    await peer.sendEvents(done('r1', [callOf('ask', 'c1')]))
    expect(said).toEqual([false])
  })

  it('is not sent for a completed call', async () => {
    let later: (text: string) => boolean = () => true
    const peer = await startTools([
      tool({
        name: 'ask',
        execute(_args, { progress }) {
          later = progress
          return 1
        },
      }),
    ])
    await peer.sendEvents(created('r1'), done('r1', [callOf('ask', 'c1')]))
    expect(later('Let me check.')).toBe(false)
  })
})
