import fc from 'fast-check'
import {
  createSession,
  createTranscriptionSession,
  type Prices,
  runUsage,
  type UsageOptions,
  type UsageState,
} from 'realtime-primitives'
import { createEmulator, reply } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { droppable } from '../../support/droppable.js'
import { createPeer, type Json, sessionResource, settle } from '../../support/peer.js'

const prices: Prices = {
  'gpt-realtime': {
    input: { text: 4, audio: 32, image: 5 },
    cached: { text: 0.4, audio: 0.4, image: 0.5 },
    output: { text: 16, audio: 64 },
  },
  'gpt-realtime-mini': { input: { text: 0.6 }, output: { text: 2.4 } },
  'gpt-transcribe': { input: { audio: 2.5, text: 2.5 }, output: { text: 10 } },
  'whisper-1': { perMinute: 0.006 },
}

const bill = {
  total_tokens: 330,
  input_tokens: 230,
  output_tokens: 100,
  input_token_details: {
    text_tokens: 100,
    audio_tokens: 130,
    image_tokens: 0,
    cached_tokens: 128,
    cached_tokens_details: { text_tokens: 64, audio_tokens: 64, image_tokens: 0 },
  },
  output_token_details: { text_tokens: 40, audio_tokens: 60, reasoning_tokens: 10 },
}
// 36 x 4 + 64 x 0.4 + 66 x 32 + 64 x 0.4 + 40 x 16 + 60 x 64, for a million tokens each
const billed = '0.0067872'

const created = (id: string, conversation_id: string | null = 'conv_1'): Json => ({
  type: 'response.created',
  response: { id, object: 'realtime.response', status: 'in_progress', output: [], conversation_id },
})
const done = (id: string, usage: unknown = bill, more: object = {}): Json => ({
  type: 'response.done',
  response: {
    id,
    object: 'realtime.response',
    status: 'completed',
    output: [],
    conversation_id: 'conv_1',
    usage,
    ...more,
  },
})
const transcribed = (item_id: string, usage: unknown, content_index = 0): Json => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id,
  content_index,
  transcript: 'Hello.',
  usage,
})
const withModel = (model: string, transcription?: string): Json => ({
  type: 'session.updated',
  session: {
    ...sessionResource,
    model,
    audio: { input: { transcription: transcription ? { model: transcription } : null } },
  },
})

async function metered(options: UsageOptions = {}) {
  const peer = createPeer()
  await peer.connect()
  const usage = runUsage(peer.session, options)
  return { ...peer, usage, total: () => usage.getState().total }
}

describe('runUsage', () => {
  it('is empty at first', async () => {
    const { total, usage } = await metered()
    expect(total()).toMatchObject({
      responses: 0,
      input: { total: 0 },
      transcription: { count: 0, seconds: 0 },
      cost: undefined,
    })
    expect(usage.getState()).toMatchObject({ byModel: {}, responses: [], budget: 'none' })
  })

  it('is reported by kind, with cached tokens as part of the input and reasoning as part of the output', async () => {
    const { sendEvents, total } = await metered()
    await sendEvents(created('r1'), done('r1'))
    expect(total()).toEqual({
      responses: 1,
      input: { total: 230, text: 100, audio: 130, image: 0, other: 0 },
      cached: { total: 128, text: 64, audio: 64, image: 0, other: 0 },
      output: { total: 100, text: 40, audio: 60, image: 0, other: 0 },
      reasoning: 10,
      transcription: { count: 0, seconds: 0, input: expect.anything(), output: expect.anything() },
      unknown: 0,
      cost: undefined,
      unpriced: 0,
    })
  })

  it('contains the total and the usage of each response', async () => {
    const { sendEvents, usage } = await metered({ prices })
    await sendEvents(created('r1'), done('r1'), created('r2'), done('r2'))
    const { total, responses } = usage.getState()
    expect(total).toMatchObject({ responses: 2, input: { total: 460 }, output: { audio: 120 } })
    expect(responses).toMatchObject([
      { id: 'r1', model: 'gpt-realtime', status: 'completed', isInBand: true, cost: { exact: billed } },
      { id: 'r2', tokens: { input: { total: 230 } } },
    ])
  })

  it('counts a response once when response.done is repeated', async () => {
    const { sendEvents, total } = await metered()
    await sendEvents(created('r1'), done('r1'), done('r1'), created('r1'), done('r1'))
    expect(total()).toMatchObject({ responses: 1, output: { total: 100 } })
  })

  it('has the model that a joined session learns while a response runs', async () => {
    const server = droppable('media', 'joined')
    const session = createSession({ transport: server.transport })
    const usage = runUsage(session, { prices })
    const connecting = session.connect()
    await settle()
    server.sendEvents(created('r1'))
    await settle()
    server.sendEvents({ type: 'session.updated', session: sessionResource })
    await connecting
    server.sendEvents(done('r1'))
    await settle()
    expect(usage.getState().responses).toMatchObject([{ id: 'r1', model: 'gpt-realtime', cost: { exact: billed } }])
    await session.close()
  })

  it('counts cancelled and out-of-band responses, and one without response.created', async () => {
    const { sendEvents, usage } = await metered()
    await sendEvents(created('r1'), done('r1', bill, { status: 'cancelled', status_details: null }))
    await sendEvents(created('r2', null), done('r2', bill, { conversation_id: null }))
    await sendEvents(done('r3'))
    const { total, responses } = usage.getState()
    expect(total).toMatchObject({ responses: 3, input: { total: 690 }, unknown: 0 })
    expect(responses.map(({ status, isInBand }) => [status, isInBand])).toEqual([
      ['cancelled', true],
      ['completed', false],
      ['completed', true],
    ])
  })

  it('counts responses without usage', async () => {
    const { sendEvents, usage } = await metered({ prices })
    await sendEvents(created('r1'), done('r1', null), created('r2'), done('r2', undefined, { usage: undefined }))
    expect(usage.getState().total).toMatchObject({
      responses: 2,
      unknown: 2,
      unpriced: 2,
      cost: { amount: 0, exact: '0' },
    })
    expect(usage.getState().responses[0]).toMatchObject({ tokens: undefined, cost: undefined })
  })

  it('counts a response that was lost with its connection or session as unknown', async () => {
    const { sendEvents, session, usage } = await metered()
    await sendEvents(created('r1'), { type: 'session.created', session: sessionResource }, created('r2', null))
    await session.close()
    expect(usage.getState().total).toMatchObject({ responses: 2, unknown: 2 })
    expect(usage.getState().responses).toMatchObject([
      { id: 'r1', status: 'lost', isInBand: true },
      { id: 'r2', status: 'lost', isInBand: false },
    ])
  })

  it('accepts incomplete usage', async () => {
    const { sendEvents, usage } = await metered({ prices })
    await sendEvents(done('r1', { input_tokens: 10, output_tokens: 5 }))
    expect(usage.getState().total).toMatchObject({ input: { total: 10, other: 10 }, output: { other: 5 }, unpriced: 1 })
    await sendEvents(done('r2', { input_token_details: { text_tokens: 7 }, output_token_details: null }))
    expect(usage.getState().responses[1]?.tokens).toMatchObject({ input: { total: 7, text: 7 }, output: { total: 0 } })
    await sendEvents(
      done('r3', { input_tokens: -4, output_tokens: 1e300, input_token_details: { cached_tokens: 900 } }),
    )
    expect(usage.getState().responses[2]?.tokens).toMatchObject({
      input: { total: 0 },
      cached: { total: 0 },
      output: { total: 0 },
    })
  })

  it.each([
    {},
    { total_tokens: 90 },
    { input_tokens: null, output_tokens: null, total_tokens: 90 },
    { input_token_details: { cached_tokens: 5 }, output_token_details: {} },
  ])('counts a response with the usage %j as unknown', async (reported) => {
    const { sendEvents, usage } = await metered({ prices })
    await sendEvents(created('r1'), done('r1', reported))
    expect(usage.getState().total).toMatchObject({ responses: 1, unknown: 1, unpriced: 1, input: { total: 0 } })
    expect(usage.getState().responses[0]).toMatchObject({ tokens: undefined, cost: undefined })
  })

  it('derives a missing count from the total, and marks the cost as incomplete without one', async () => {
    const { sendEvents, usage } = await metered({ prices })
    const input_token_details = { text_tokens: 10 }
    await sendEvents(done('r1', { input_tokens: 10, total_tokens: 30, input_token_details }))
    expect(usage.getState().responses[0]?.tokens).toMatchObject({ input: { text: 10 }, output: { other: 20 } })
    expect(usage.getState().total).toMatchObject({ unknown: 0, unpriced: 1 })
    await sendEvents(done('r2', { input_tokens: 10, input_token_details }))
    expect(usage.getState().total).toMatchObject({ unknown: 0, unpriced: 2 })
    await sendEvents(done('r3', { input_tokens: 0, output_tokens: 0, total_tokens: 0 }))
    expect(usage.getState().total).toMatchObject({ unknown: 0, unpriced: 2 })
  })

  it.each([null, { type: 'duration', seconds: -1 }, { type: 'words', words: 3 }])(
    'counts a transcription with the usage %j as unknown',
    async (reported) => {
      const { sendEvents, total } = await metered({ prices })
      await sendEvents(withModel('gpt-realtime', 'gpt-transcribe'), transcribed('i1', reported))
      expect(total()).toMatchObject({ transcription: { count: 1, seconds: 0 }, unknown: 1, unpriced: 1 })
    },
  )

  it('counts cached tokens of unknown kind as text first', async () => {
    const { sendEvents, usage } = await metered({ prices })
    const details = { text_tokens: 100, audio_tokens: 130, cached_tokens: 128 }
    await sendEvents(done('r1', { input_tokens: 230, output_tokens: 0, input_token_details: details }))
    expect(usage.getState().responses[0]?.tokens?.cached).toMatchObject({ total: 128, text: 100, audio: 28 })
  })

  it('counts transcription separately, in tokens or seconds, each once', async () => {
    const { sendEvents, total } = await metered({ prices })
    await sendEvents(withModel('gpt-realtime', 'gpt-transcribe'))
    const tokens = {
      type: 'tokens',
      input_tokens: 30,
      output_tokens: 5,
      total_tokens: 35,
      input_token_details: { audio_tokens: 30 },
    }
    await sendEvents(transcribed('i1', tokens), transcribed('i1', tokens), transcribed('i1', tokens, 1))
    await sendEvents(withModel('gpt-realtime', 'whisper-1'))
    await sendEvents(transcribed('i2', { type: 'duration', seconds: 2.4 }), transcribed('i3', null))
    expect(total()).toMatchObject({
      responses: 0,
      input: { total: 0 },
      transcription: { count: 4, seconds: 2.4, input: { audio: 60 }, output: { text: 10 } },
      unknown: 1,
      unpriced: 1,
      // 60 x 2.5 + 10 x 10 for a million, and 2.4 s of 0.006 a minute
      cost: { exact: '0.00049' },
    })
  })

  it('stop: keeps the state', async () => {
    const { sendEvents, usage } = await metered()
    let changes = 0
    usage.subscribe(() => changes++)
    await sendEvents(done('r1'))
    const before = usage.getState()
    usage.stop()
    usage.stop()
    await sendEvents(done('r2'))
    expect(usage.getState()).toBe(before)
    expect([changes, before.total.responses]).toEqual([1, 1])
  })

  it('keeps the last hundred responses, and all in the total', async () => {
    const { sendEvents, usage } = await metered()
    for (let index = 0; index < 120; index++) await sendEvents(done(`r${index}`))
    expect(usage.getState().responses).toHaveLength(100)
    expect(usage.getState().responses[0]?.id).toBe('r20')
    expect(usage.getState().total.responses).toBe(120)
  })

  it('keeps objects that an event does not change', async () => {
    const { sendEvents, usage } = await metered()
    await sendEvents(withModel('gpt-realtime', 'whisper-1'), done('r1'))
    const before = usage.getState()
    await sendEvents(transcribed('i1', { type: 'duration', seconds: 1 }))
    expect(usage.getState().responses).toBe(before.responses)
    expect(usage.getState().byModel['gpt-realtime']).toBe(before.byModel['gpt-realtime'])
  })

  it('counts a transcription session', async () => {
    const emulator = createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 0, transcriptionLagMs: 0 })
    const session = createTranscriptionSession({
      transport: emulator.connect({ intent: 'transcription' }),
      config: { audio: { input: { transcription: { model: 'whisper-1' }, turn_detection: null } } },
    })
    await session.connect()
    const usage = runUsage(session, { prices })
    session.audio.append(new Int16Array(24_000))
    await session.finish()
    const { transcription, unknown } = usage.getState().total
    expect(transcription.count).toBe(1)
    expect(unknown).toBe(0)
    expect(Object.keys(usage.getState().byModel)).toEqual(['whisper-1'])
  })

  it('matches the usage that the emulator reports', async () => {
    const emulator = createEmulator({
      pace: Number.POSITIVE_INFINITY,
      latencyMs: 0,
      script: [reply('One.'), reply('Two.')],
    })
    const session = createSession({ transport: emulator.connect({ model: 'gpt-realtime' }) })
    await session.connect()
    const usage = runUsage(session, { prices })
    const first = await session.respond().done
    const second = await session.respond({ conversation: 'none' }).done
    await session.close()
    const told = [first, second].map((outcome) => ('response' in outcome && outcome.response?.usage?.total_tokens) || 0)
    const { input, output, unpriced } = usage.getState().total
    expect(input.total + output.total).toBe(told.reduce((sum, tokens) => sum + tokens, 0))
    expect(unpriced).toBe(0)
  })
})

describe('cost', () => {
  it('is exact where floating point is not', async () => {
    const { sendEvents, total } = await metered({
      prices: { 'gpt-realtime': { input: { text: 0.1 }, output: { text: 0.2 } } },
    })
    const one = {
      input_tokens: 1,
      output_tokens: 1,
      input_token_details: { text_tokens: 1 },
      output_token_details: { text_tokens: 1 },
    }
    for (let index = 0; index < 30; index++) await sendEvents(done(`r${index}`, one))
    expect(total().cost).toEqual({ amount: 0.000009, exact: '0.000009' })
  })

  it('is the sum of the costs of all responses', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(1_000_000), { maxLength: 20 }),
        fc.nat(99_999_999),
        async (amounts, millionths) => {
          const price = millionths / 1e6
          const { sendEvents, total } = await metered({ prices: { 'gpt-realtime': { input: { text: price } } } })
          for (const [index, tokens] of amounts.entries())
            await sendEvents(done(`r${index}`, { input_tokens: tokens, input_token_details: { text_tokens: tokens } }))
          const picos = BigInt(amounts.reduce((sum, tokens) => sum + tokens, 0)) * BigInt(millionths)
          const [whole = '0', fraction = ''] = (total().cost?.exact ?? '').split('.')
          expect(BigInt(whole) * 10n ** 12n + BigInt(fraction.padEnd(12, '0'))).toBe(picos)
        },
      ),
      { numRuns: 25 },
    ))

  it('uses the prices of the current model after a rotation, also for a model snapshot', async () => {
    const { sendEvents, usage } = await metered({ prices })
    const text = { input_tokens: 1000, input_token_details: { text_tokens: 1000 } }
    await sendEvents(created('r1'), done('r1', text))
    await sendEvents({
      type: 'session.created',
      session: { ...sessionResource, model: 'gpt-realtime-mini-2026-01-31' },
    })
    await sendEvents(created('r2'), done('r2', text))
    const { byModel, total } = usage.getState()
    expect(byModel['gpt-realtime']?.cost?.exact).toBe('0.004')
    expect(byModel['gpt-realtime-mini-2026-01-31']?.cost?.exact).toBe('0.0006')
    expect(total.cost?.exact).toBe('0.0046')
  })

  it('reports models without prices', async () => {
    const { sendEvents, usage } = await metered({ prices })
    await sendEvents(withModel('gpt-realtime-mini'), done('r1'))
    await sendEvents(withModel('gpt-realtime-2'), done('r2'), withModel('__proto__'), done('r3'))
    expect(usage.getState().total).toMatchObject({ unpriced: 3 })
    expect(usage.getState().byModel['gpt-realtime-mini']?.cost?.exact).toBe('0.000156')
    expect(usage.getState().byModel['gpt-realtime-2']?.cost?.exact).toBe('0')
    expect(usage.getState().responses[1]?.cost).toBeUndefined()
  })

  it('uses the full price for cached tokens without a price of their own', async () => {
    const { sendEvents, total } = await metered({
      prices: { 'gpt-realtime': { input: { text: 2, audio: 2 }, output: { text: 0, audio: 0 } } },
    })
    await sendEvents(done('r1'))
    expect(total()).toMatchObject({ cost: { exact: '0.00046' }, unpriced: 0 })
  })

  it.each<[string, UsageOptions, string]>([
    ['a price that is no number', { prices: { m: { input: { text: Number.NaN } } } }, 'prices.m.input.text'],
    ['a negative price', { prices: { m: { output: { audio: -1 } } } }, 'prices.m.output.audio'],
    ['a price of seven decimals', { prices: { m: { perMinute: 0.0000001 } } }, 'prices.m.perMinute'],
    ['a kind that does not exist', { prices: { m: { input: { txt: 1 } as never } } }, 'prices.m.input.txt'],
    ['a group that does not exist', { prices: { m: { inputs: {} } as never } }, 'prices.m.inputs'],
    ['a budget without prices', { budget: { limit: 1 } }, 'budget'],
    ['a limit that is none', { prices, budget: { limit: Number.POSITIVE_INFINITY } }, 'budget.limit'],
    ['a warning beyond the limit', { prices, budget: { limit: 1, warnAt: 80 } }, 'budget.warnAt'],
    ['an unknown action', { prices, budget: { limit: 1, action: 'explode' as never } }, 'budget.action'],
  ])('rejects %s by name', async (_what, options, option) => {
    const { session } = createPeer()
    expect(() => runUsage(session, options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', data: expect.objectContaining({ option }) }),
    )
  })
})

describe('a budget', () => {
  async function budgeted(budget: Omit<NonNullable<UsageOptions['budget']>, 'onWarning' | 'onExceeded'>) {
    const heard: [string, string | undefined][] = []
    const record = (what: string) => (state: UsageState) => void heard.push([what, state.total.cost?.exact])
    const peer = await metered({
      prices,
      budget: { ...budget, onWarning: record('warning'), onExceeded: record('exceeded') },
    })
    return { ...peer, sent: peer.sentEvents, heard }
  }

  it('emits the warning and the exceeded event once each', async () => {
    const { sendEvents, heard, usage } = await budgeted({ limit: 0.02 })
    const seen: string[] = [usage.getState().budget]
    for (const id of ['r1', 'r2', 'r3', 'r4']) {
      await sendEvents(done(id))
      seen.push(usage.getState().budget)
    }
    expect(seen).toEqual(['within', 'within', 'within', 'exceeded', 'exceeded'])
    expect(heard).toEqual([
      ['warning', '0.0203616'],
      ['exceeded', '0.0203616'],
    ])
  })

  it('emits the warning before it is exceeded', async () => {
    const { sendEvents, heard, usage } = await budgeted({ limit: 0.02, warnAt: 0.5 })
    await sendEvents(done('r1'), done('r2'))
    expect(usage.getState().budget).toBe('warned')
    expect(heard).toEqual([['warning', '0.0135744']])
    await sendEvents(done('r3'))
    expect(heard[1]).toEqual(['exceeded', '0.0203616'])
  })

  it('is exceeded when its limit is reached exactly', async () => {
    const { sendEvents, usage } = await budgeted({ limit: 0.020362 })
    await sendEvents(done('r1'), done('r2'), done('r3'))
    expect(usage.getState().budget).toBe('warned')
    const exact = await budgeted({ limit: 0.004, warnAt: 1 })
    await exact.sendEvents(done('r1', { input_tokens: 1000, input_token_details: { text_tokens: 1000 } }))
    expect(exact.usage.getState().budget).toBe('exceeded')
  })

  it('only reports by default', async () => {
    const { sendEvents, heard, session, sent } = await budgeted({ limit: 0.001 })
    await sendEvents(done('r1'), created('r2'))
    expect(heard).toHaveLength(2)
    expect(sent).toEqual([])
    expect(session.getState().status).toBe('open')
  })

  it('cancels every response that starts after it was exceeded', async () => {
    const peer = await metered({ prices, budget: { limit: 0.001, action: 'refuse' } })
    await peer.sendEvents(created('r1'))
    await peer.sendEvents(created('r2', null), done('r1'), created('r3'), done('r2'), created('r4', null))
    expect(peer.sentEvents.map(({ type, response_id }) => [type, response_id])).toEqual([
      ['response.cancel', 'r3'],
      ['response.cancel', 'r4'],
    ])
    expect(peer.session.getState().status).toBe('open')
  })

  it('closes the session, and still emits its event', async () => {
    const { sendEvents, session, heard } = await budgeted({ limit: 0.001, action: 'close' })
    await sendEvents(done('r1'))
    await settle()
    expect(await session.closed).toMatchObject({ code: 1000, reason: 'the budget is spent', initiator: 'client' })
    expect(heard.map(([what]) => what)).toEqual(['warning', 'exceeded'])
  })

  it('that was exceeded before, acts at the first charge', async () => {
    const spent = await metered({ prices })
    await spent.sendEvents(done('r1'))
    const actions: string[] = []
    const { session, sendEvents } = await metered({
      prices,
      initial: spent.usage.getState(),
      budget: {
        limit: 0.001,
        action: 'close',
        onWarning: () => actions.push('warning'),
        onExceeded: () => actions.push('exceeded'),
      },
    })
    expect(session.getState().status).toBe('open')
    await sendEvents(done('r2'))
    expect(await session.closed).toMatchObject({ reason: 'the budget is spent' })
    expect(actions).toEqual(['exceeded'])
  })
})
