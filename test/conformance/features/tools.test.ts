import {
  createSession,
  type RegisteredTool,
  type RunToolsOptions,
  reconnecting,
  runMcp,
  runTools,
  selectItems,
  type ToolError,
  tool,
} from 'realtime-primitives'
import { call, createEmulator, createManualClock, type EmulatorOptions, reply } from 'realtime-primitives/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { createPeer, type Json } from '../../support/peer.js'
import { joined, silentSamples, vowel } from '../../support/speech.js'

// What was seen to fail in other clients holds here. This file is the list; the tests of each module say more.

const disposals: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

/** A session with the emulator, on a clock that the test moves. */
async function withEmulator(
  script: EmulatorOptions['script'],
  tools: readonly RegisteredTool[],
  options: RunToolsOptions = {},
) {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, latencyMs: 100, transcriptionLagMs: 0, ...(script ? { script } : {}) })
  const transport = reconnecting(emulator.connect({ model: 'gpt-realtime-2.1' }), { clock })
  const session = createSession({ transport, clock })
  const run = runTools(session, tools, options)
  const errors: ToolError[] = []
  const serverErrors: unknown[] = []
  const begun: unknown[] = []
  run.on('error', (error) => errors.push(error))
  session.on('error', ({ error }) => serverErrors.push(error.code))
  session.on('response.created', ({ response }) => begun.push(response.metadata?.follow_up ?? 'other'))
  disposals.push(() => session.close())
  const connecting = session.connect()
  await clock.advance(1)
  await connecting
  return {
    session,
    clock,
    emulator,
    run,
    errors,
    serverErrors,
    begun,
    /** The conversation in short: words, calls and outputs. */
    told: () =>
      selectItems(session.getState()).flatMap(({ item }) => {
        if (item.type === 'function_call_output') return [`${item.call_id} = ${item.output}`]
        if (item.type === 'function_call') return [`${item.name}(${item.arguments})`]
        return item.type === 'message' && Array.isArray(item.content)
          ? item.content.map((part: { transcript?: unknown; text?: unknown }) =>
              String(part.transcript ?? part.text ?? 'speech'),
            )
          : []
      }),
  }
}

const parameters = z.object({ city: z.string() })
const weather = tool({ name: 'weather', parameters, execute: ({ city }) => `${city}: snow` })
const slowWeather = (options: { abortOn?: readonly ('interruption' | 'drop')[] } = {}) => {
  const waiting: ((result: string) => void)[] = []
  const execute = () => new Promise((resolve) => waiting.push(resolve))
  return { waiting, tool: tool({ name: 'weather', parameters, execute, ...options }) }
}

describe('runTools: a function call', () => {
  it('with invalid arguments gets an error output', async () => {
    const peer = await withEmulator(
      [
        [call('weather', '{"city":', { callId: 'c1' }), call('weather', { town: 'Oslo' }, { callId: 'c2' })],
        reply('Which town?'),
      ],
      [weather],
    )
    peer.session.respond()
    await peer.clock.advance(10_000)
    expect(peer.errors.map(({ code }) => code)).toEqual(['INVALID_ARGUMENTS', 'INVALID_ARGUMENTS'])
    expect(peer.told().at(-1)).toBe('Which town?')
  })

  it('whose approval callback throws gets an error output', async () => {
    const execute = vi.fn()
    const needsApproval = () => {
      throw new Error('no database')
    }
    const peer = await withEmulator(
      [call('pay', {}, { callId: 'c1' }), reply('I cannot do that now.')],
      [tool({ name: 'pay', execute, needsApproval })],
    )
    peer.session.respond()
    await peer.clock.advance(10_000)
    expect(execute).not.toHaveBeenCalled()
    expect(peer.told().at(-1)).toBe('I cannot do that now.')
  })

  it('in a batch leads to one response, without a conflict', async () => {
    const peer = await withEmulator(
      [
        [call('weather', { city: 'Oslo' }, { callId: 'c1' }), call('weather', { city: 'Rome' }, { callId: 'c2' })],
        reply('Snow in both.'),
      ],
      [weather],
    )
    peer.session.respond()
    await peer.clock.advance(10_000)
    expect(peer.begun).toEqual(['other', 'tools'])
    expect(peer.serverErrors).toEqual([])
    expect(peer.told()).toEqual([
      'weather({"city":"Oslo"})',
      'weather({"city":"Rome"})',
      'c1 = Oslo: snow',
      'c2 = Rome: snow',
      'Snow in both.',
    ])
  })

  it('gets an output while an out-of-band response completes', async () => {
    const peer = await withEmulator(
      ({ params }) =>
        params.conversation === 'none'
          ? reply('a summary')
          : params.metadata?.follow_up
            ? reply('Snow.')
            : [call('weather', { city: 'Oslo' }, { callId: 'c1' }), reply('A long sentence about the weather.')],
      [weather],
    )
    peer.session.respond()
    peer.session.respond({ conversation: 'none', output_modalities: ['text'] })
    await peer.clock.advance(20_000)
    expect(peer.serverErrors).toEqual([])
    expect(peer.told().at(-1)).toBe('Snow.')
  })

  it('is kept when the caller interrupts, and is not repeated', async () => {
    const { waiting, tool: slowTool } = slowWeather()
    const peer = await withEmulator(
      ({ input }) => (input.length > 0 ? reply('And now?') : call('weather', { city: 'Oslo' }, { callId: 'c1' })),
      [slowTool],
    )
    peer.session.respond()
    await peer.clock.advance(1_000)
    expect(waiting).toHaveLength(1)
    peer.session.audio.append(joined(silentSamples(300), vowel(900)))
    await peer.clock.advance(100)
    expect(peer.session.getState().inputAudio.isSpeaking).toBe(true)
    waiting[0]?.('snow')
    await peer.clock.advance(100)
    expect(peer.told()).toContain('c1 = snow')
    expect(peer.begun).toEqual(['other'])
    peer.session.audio.append(silentSamples(1_500))
    await peer.clock.advance(30_000)
    // The server answers the turn, and with it the result: nothing is asked for twice, and nothing collides.
    expect(peer.begun).toEqual(['other', 'other'])
    expect(peer.serverErrors).toEqual([])
  })

  it('that takes long is bridged by a progress message', async () => {
    const execute = () => new Promise((resolve) => peer.clock.after(6_000, () => resolve('snow')))
    const progress = { afterMs: 1_500, text: 'Let me check.' }
    const peer = await withEmulator(
      ({ params }) =>
        params.instructions?.includes('Let me check.')
          ? reply('Let me check.')
          : params.metadata?.follow_up
            ? reply('It snows.')
            : call('weather', { city: 'Oslo' }, { callId: 'c1' }),
      [tool({ name: 'weather', parameters, execute, progress })],
    )
    peer.session.respond()
    await peer.clock.advance(30_000)
    expect(peer.told()).toEqual(['weather({"city":"Oslo"})', 'Let me check.', 'c1 = snow', 'It snows.'])
    expect(peer.serverErrors).toEqual([])
  })

  it.each([
    ['that is aborted', {}, 'connection was lost before the tool had finished'],
    ['that goes on', { abortOn: [] }, 'snow'],
  ])('%s is answered after a reconnect', async (_how, options, told) => {
    const { waiting, tool: slowTool } = slowWeather(options)
    const script = [reply('Hello.'), call('weather', { city: 'Oslo' }, { callId: 'c1' }), reply('I am back.')]
    const peer = await withEmulator(script, [slowTool])
    await peer.session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] })
    peer.session.respond()
    await peer.clock.advance(5_000)
    peer.session.respond()
    await peer.clock.advance(2_000)
    expect(waiting).toHaveLength(1)
    await peer.emulator.close()
    await peer.clock.advance(10_000)
    waiting[0]?.('snow')
    await peer.clock.advance(10_000)
    const conversation = peer.told()
    expect(conversation.find((words) => words.startsWith('c1 = '))).toContain(told)
    expect(conversation.at(-1)).toBe('I am back.')
    expect(peer.serverErrors).toEqual([])
  })
})

describe('runMcp: an MCP call', () => {
  it('without an output is accepted', async () => {
    const peer = createPeer()
    await peer.connect()
    const mcp = runMcp(peer.session)
    const told: unknown[] = []
    mcp.on('call', ({ status, item }) => told.push([status, item?.output]))
    const item = { id: 'm1', type: 'mcp_call', server_label: 'docs', name: 'search', arguments: '{}' }
    const events: Json[] = [
      { type: 'response.output_item.done', response_id: 'r1', output_index: 0, item },
      { type: 'conversation.item.done', previous_item_id: null, item },
      { type: 'response.mcp_call.completed', item_id: 'm1', output_index: 0 },
    ]
    await peer.sendEvents(...events)
    expect(told).toEqual([['completed', undefined]])
    expect(peer.session.getState().status).toBe('open')
  })
})
