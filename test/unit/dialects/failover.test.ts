import {
  createSession,
  type ReconnectingEvent,
  type RestoredEvent,
  selectItems,
  TransportError,
  type WarningEvent,
} from 'realtime-primitives'
import { failover, xai } from 'realtime-primitives/dialects'
import { createEmulator, createManualClock, type EmulatorOptions, reply } from 'realtime-primitives/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { fakeTransport } from '../../support/fake-transport.js'

const quick: EmulatorOptions = { pace: Number.POSITIVE_INFINITY, latencyMs: 0, transcriptionLagMs: 0, voice: 'tone' }
const config = {
  instructions: 'Be brief.',
  audio: { input: { turn_detection: null }, output: { speed: 1.25 } },
} as const

describe('failover', () => {
  const disposals: (() => Promise<unknown>)[] = []

  afterEach(async () => {
    for (const dispose of disposals.splice(0).reverse()) await dispose()
  })

  function server(options: EmulatorOptions) {
    const emulator = createEmulator({ ...quick, ...options })
    disposals.push(() => emulator.close())
    const transport = emulator.connect({ model: 'gpt-realtime-2.1', apiKey: 'sk-any' })
    return { emulator, transport: options.dialect === 'xai' ? Object.assign(transport, { dialect: xai }) : transport }
  }

  async function text(words: AsyncIterable<string>): Promise<string> {
    let all = ''
    for await (const word of words) all += word
    return all
  }

  it('continues a conversation on a server with another dialect when the first one is gone', async () => {
    const primary = server({ script: [reply('Your color is teal.')] })
    const secondary = server({ dialect: 'xai', script: [reply('Teal, as you said.')] })
    const transport = failover([primary.transport, secondary.transport])
    const session = createSession({ transport, config: { ...config, output_modalities: ['text'] } })
    disposals.push(() => session.close())
    const warnings: WarningEvent[] = []
    const reconnects: ReconnectingEvent[] = []
    session.on('warning', (event) => warnings.push(event))
    session.on('reconnecting', (event) => reconnects.push(event))
    await session.connect()
    expect(await text(session.sendMessage('My color is teal').text())).toBe('Your color is teal.')
    const restored = new Promise<RestoredEvent>((resolve) => session.on('restored', resolve))
    await primary.emulator.close()
    const { itemIds, lost, untranslated } = await restored
    expect(itemIds).toEqual(selectItems(session.getState()).map(({ id }) => id))
    expect(lost).toEqual([])
    expect(untranslated?.map(({ dialect, subject }) => `${dialect} ${subject}`)).toEqual(['xai text_output'])
    expect(warnings.map(({ subject }) => subject)).toEqual(['text_output'])
    expect(reconnects).toHaveLength(1)
    expect(await text(session.sendMessage('Which color?').transcript())).toBe('Teal, as you said.')
    expect(session.getState().status).toBe('open')
  })

  it('leaves out of the configuration what the next server does not accept, and reports it', async () => {
    const primary = server({ dialect: 'xai', script: [] })
    const secondary = server({ script: [reply('Hello.')] })
    const transport = failover([Object.assign(primary.transport, { dialect: xai }), secondary.transport])
    const session = createSession({
      transport,
      config: { ...config, voice: 'ara', tools: [{ type: 'x_search' }], keep_context: true },
    })
    disposals.push(() => session.close())
    await session.connect()
    const restored = new Promise<RestoredEvent>((resolve) => session.on('restored', resolve))
    await primary.emulator.close()
    const { untranslated } = await restored
    expect(untranslated?.map(({ dialect, subject }) => `${dialect} ${subject}`).sort()).toEqual([
      'openai session.keep_context',
      'openai session.tools[0]',
      'openai session.voice',
    ])
    expect((await session.sendMessage('Hi').done).status).toBe('completed')
  })

  it('connects to the second server when the first one cannot be opened', async () => {
    const broken = fakeTransport(() =>
      broken.refuse(new TransportError('CONNECT_FAILED', { url: 'wss://a', reason: 'refused' })),
    )
    const secondary = server({ script: [reply('Hello.')] })
    const session = createSession({ transport: failover([broken, secondary.transport]), config })
    disposals.push(() => session.close())
    await session.connect()
    expect((await session.sendMessage('Hi').done).status).toBe('completed')
  })

  it('connects to the second server when the first one refuses the session', async () => {
    const emulator = createEmulator({ ...quick, apiKey: 'sk-right' })
    disposals.push(() => emulator.close())
    const refusing = emulator.connect({ model: 'gpt-realtime-2.1', apiKey: 'sk-wrong' })
    const secondary = server({ script: [reply('Hello.')] })
    const session = createSession({ transport: failover([refusing, secondary.transport]), config })
    disposals.push(() => session.close())
    await session.connect()
    expect((await session.sendMessage('Hi').done).status).toBe('completed')
  })

  it('rejects connect() with the last error when every server refuses', async () => {
    const emulator = createEmulator({ ...quick, apiKey: 'sk-right' })
    disposals.push(() => emulator.close())
    const refusing = () => emulator.connect({ model: 'gpt-realtime-2.1', apiKey: 'sk-wrong' })
    const session = createSession({ transport: failover([refusing(), refusing()]) })
    await expect(session.connect()).rejects.toMatchObject({ code: 'SERVER_ERROR' })
    expect(session.getState().status).toBe('idle')
  })

  it('closes the session when the last server is gone before a connection was stable', async () => {
    const [first, second] = [server({}), server({})]
    const clock = createManualClock()
    const session = createSession({ transport: failover([first.transport, second.transport], { clock }), config })
    await session.connect()
    const restored = new Promise((resolve) => session.on('restored', resolve))
    await first.emulator.close()
    await restored
    await second.emulator.close()
    expect(await session.closed).toMatchObject({ initiator: 'server' })
  })

  it('returns to the first server when the second one was stable', async () => {
    const [first, second] = [server({ script: [reply('Back.')] }), server({})]
    const clock = createManualClock()
    const session = createSession({ transport: failover([first.transport, second.transport], { clock }), config })
    disposals.push(() => session.close())
    await session.connect()
    for (const { emulator } of [first, second]) {
      await clock.advance(10_000)
      const restored = new Promise((resolve) => session.on('restored', resolve))
      await emulator.close()
      await restored
    }
    expect((await session.sendMessage('Hi').done).status).toBe('completed')
    expect(first.emulator.sessionCount).toBe(1)
  })

  it('closes with the code and the reason of the caller', async () => {
    const { transport } = server({})
    const session = createSession({ transport: failover([transport]), config })
    await session.connect()
    await session.close(1000, 'bye')
    expect(await session.closed).toMatchObject({ code: 1000, reason: 'bye', initiator: 'client' })
  })

  it('needs at least one transport', () => {
    expect(() => failover([])).toThrow('transports')
  })
})
