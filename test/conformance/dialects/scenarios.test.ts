import {
  createSession,
  type RealtimeSession,
  reconnecting,
  runTools,
  selectItems,
  tool,
  type WarningEvent,
} from 'realtime-primitives'
import { azure, azureVoiceLive, beta, type Dialect, inworld, lenient, xai } from 'realtime-primitives/dialects'
import { call, createEmulator, type EmulatedDialect, type EmulatorOptions, reply } from 'realtime-primitives/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { joined, silentSamples, vowel } from '../../support/speech.js'

interface Server {
  readonly emulated: EmulatedDialect
  readonly dialect: Dialect<object> | undefined
  readonly lacks: readonly string[]
  readonly reportsUsage: boolean
}

const servers: Readonly<Record<string, Server>> = {
  'GA without a dialect': { emulated: 'ga', dialect: undefined, lacks: [], reportsUsage: true },
  xai: {
    emulated: 'xai',
    dialect: xai as Dialect<object>,
    lacks: ['conversation.item.truncate', 'text_output'],
    reportsUsage: true,
  },
  azure: { emulated: 'azure', dialect: azure as Dialect<object>, lacks: [], reportsUsage: true },
  azureVoiceLive: {
    emulated: 'azure-voice-live',
    dialect: azureVoiceLive as Dialect<object>,
    lacks: [],
    reportsUsage: true,
  },
  inworld: {
    emulated: 'inworld',
    dialect: inworld as Dialect<object>,
    lacks: ['conversation.item.truncate', 'conversation.item.delete', 'conversation.item.retrieve'],
    reportsUsage: true,
  },
  beta: { emulated: 'beta', dialect: beta as Dialect<object>, lacks: [], reportsUsage: true },
  'an unknown server with lenient': {
    emulated: 'minimal',
    dialect: lenient as Dialect<object>,
    lacks: [],
    reportsUsage: true,
  },
  'an unknown server without a dialect': { emulated: 'minimal', dialect: undefined, lacks: [], reportsUsage: true },
}

const quick: EmulatorOptions = { pace: Number.POSITIVE_INFINITY, latencyMs: 0, transcriptionLagMs: 0 }
const noDetection = { audio: { input: { turn_detection: null } } }

describe.each(Object.entries(servers))('a session with %s', (_name, { emulated, dialect, lacks, reportsUsage }) => {
  const disposals: (() => Promise<unknown>)[] = []

  afterEach(async () => {
    for (const dispose of disposals.splice(0).reverse()) await dispose()
  })

  async function connected(options: EmulatorOptions, config: object = noDetection) {
    const emulator = createEmulator({ ...quick, ...options, dialect: emulated })
    const transport = reconnecting(emulator.connect({ model: 'gpt-realtime-2.1' }), { minDelayMs: 1 })
    const session: RealtimeSession = createSession({
      transport,
      config,
      ...(dialect && { dialect: dialect as Dialect }),
    })
    const warnings: WarningEvent[] = []
    const invalid = vi.fn()
    session.on('warning', (event) => warnings.push(event))
    session.on('invalid', invalid)
    disposals.push(
      () => session.close(),
      () => emulator.close(),
    )
    await session.connect()
    return { session, emulator, warnings, invalid }
  }

  const isSpokenOnly = lacks.includes('text_output')

  test('completes a text turn', async () => {
    const { session, warnings, invalid } = await connected(
      { script: [reply('Good day to you.')] },
      { ...noDetection, output_modalities: ['text'] },
    )
    const handle = session.sendMessage('Hello')
    const words = await text(isSpokenOnly ? handle.transcript() : handle.text())
    expect(words).toBe('Good day to you.')
    expect((await handle.done).status).toBe('completed')
    expect(warnings.map(({ subject }) => subject)).toEqual(isSpokenOnly ? ['text_output'] : [])
    expect(invalid).not.toHaveBeenCalled()
  })

  test('completes a spoken turn with its transcript', async () => {
    const { session, invalid } = await connected(
      { script: [reply('I hear you.')], hear: () => 'Can you hear me?' },
      { audio: { input: { turn_detection: { type: 'server_vad' }, transcription: { model: 'whisper-1' } } } },
    )
    const answered = new Promise<string>((resolve) => {
      session.on('response', (handle) => void text(handle.transcript()).then(resolve))
    })
    session.audio.append(joined(silentSamples(300), vowel(800), silentSamples(1500)))
    expect(await answered).toBe('I hear you.')
    await vi.waitFor(
      () => {
        const [turn] = selectItems(session.getState())
        expect(JSON.stringify(turn?.item)).toContain('Can you hear me?')
      },
      { timeout: 20_000 },
    )
    expect(invalid).not.toHaveBeenCalled()
  })

  test('completes a round of tool calls', async () => {
    const { session } = await connected({ script: [[call('weather', { city: 'Oslo' })], reply('It is cold.')] })
    const execute = vi.fn(async ({ city }: { city: string }) => `4 degrees in ${city}`)
    runTools(session, [
      tool({ name: 'weather', description: 'Weather', parameters: z.object({ city: z.string() }), execute }),
    ])
    const settled = await session.sendMessage('Weather in Oslo?').settled
    expect(execute).toHaveBeenCalledTimes(1)
    expect(settled.text).toContain('It is cold.')
  })

  test('stops the response and the players at an interruption, and warns of what the server lacks', async () => {
    const { session, warnings, invalid } = await connected({ script: [reply('A long story.')], pace: 1 })
    const interrupted = vi.fn()
    session.on('interrupted', interrupted)
    const handle = session.sendMessage('Tell me a story')
    const { item_id: itemId } = await session.waitFor('response.output_audio.delta')
    const part = { itemId, contentIndex: 0 }
    session.playback.enqueued(part)
    session.playback.played(part, 10)
    const isTruncated = !lacks.includes('conversation.item.truncate')
    const truncated = isTruncated && session.waitFor('conversation.item.truncated', { timeoutMs: 20_000 })
    session.interrupt()
    expect((await handle.done).status).toBe('cancelled')
    expect(interrupted).toHaveBeenCalledTimes(1)
    await truncated
    expect(warnings.map(({ subject }) => subject)).toEqual(isTruncated ? [] : ['conversation.item.truncate'])
    for (const warning of warnings) expect(warning.message).toMatch(/^\w.* .*\.$/)
    expect(invalid).not.toHaveBeenCalled()
  })

  test('restores the conversation after a drop', async () => {
    const { session, emulator } = await connected({ script: [reply('Noted.'), reply('Teal.')] })
    await session.sendMessage('My color is teal').done
    const restored = new Promise<readonly string[]>((resolve) => {
      session.on('restored', ({ itemIds }) => resolve(itemIds))
    })
    await emulator.close()
    expect(await restored).toHaveLength(2)
    const handle = session.sendMessage('Which color?')
    expect(await text(handle.transcript())).toBe('Teal.')
  })

  test('reports the usage of a response', async () => {
    const { session } = await connected({ script: [reply('Hello.')] })
    const outcome = await session.sendMessage('Hi').done
    const total = outcome.status === 'completed' ? outcome.response.usage?.total_tokens : undefined
    if (reportsUsage) expect(total).toBeGreaterThan(0)
  })

  test('refuses an event that the server lacks, and says so before', async () => {
    const { session } = await connected({ script: [] })
    for (const type of lacks) {
      if (!type.startsWith('conversation.')) continue
      expect(session.lacks(type as 'conversation.item.delete')).toBe(true)
      expect(() => session.send({ type, item_id: 'x', content_index: 0, audio_end_ms: 0 } as never)).toThrow(type)
    }
    if (lacks.length === 0) expect(session.lacks('conversation.item.truncate')).toBe(false)
  })
})

async function text(words: AsyncIterable<string>): Promise<string> {
  let all = ''
  for await (const word of words) all += word
  return all
}
