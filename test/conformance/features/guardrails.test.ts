import {
  createSession,
  type GuardrailOptions,
  type HoldBackOptions,
  holdBack,
  type OutputTripped,
  type RealtimeSession,
  reconnecting,
  runGuardrails,
  runInputGuardrails,
  type SessionOptions,
  type Stage,
  selectItems,
  type Transport,
  webSocket,
} from 'realtime-primitives'
import { bytesToInt16, decodeBase64 } from 'realtime-primitives/audio'
import { createEmulator, type EmulatorOptions, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { afterEach, describe, expect, it } from 'vitest'

import type { ServerEvent } from '../../../src/protocol/server-events.js'
import { findSound, joined, silentSamples, vowel } from '../../support/speech.js'
import { breaches } from '../emulator/lawful.js'

/** The same facts hold over memory and over a real socket. */
const hosts: Record<string, (options: EmulatorOptions) => Promise<{ transport: Transport; dispose(): Promise<void> }>> =
  {
    async memoryPair(options) {
      const emulator = createEmulator(options)
      return { transport: emulator.connect({ model: 'gpt-realtime-2.1' }), dispose: () => emulator.close() }
    },
    async 'reconnecting(webSocket)'(options) {
      const server = await serve(createEmulator(options))
      const transport = reconnecting(webSocket({ baseUrl: server.url, model: 'gpt-realtime-2.1' }))
      return { transport, dispose: () => server.close() }
    },
  }

const quick: EmulatorOptions = { pace: Number.POSITIVE_INFINITY, latencyMs: 0, transcriptionLagMs: 0 }

/** Sound of a sentence that can be told from that of every other: a vowel whose samples carry a mark. */
function sentenceSound(ms: number, mark: number): Int16Array {
  return vowel(ms).map((sample, index) => (sample & ~7) | ((index + mark) % 8))
}

const harmless = sentenceSound(1_900, 1)
const secret = sentenceSound(2_300, 2)
const after = sentenceSound(1_100, 3)

const noSecrets = {
  name: 'secrets',
  check: ({ text }: { text: string }) =>
    text.includes('swordfish') ? { tripped: true as const, info: { word: 'swordfish' } } : { tripped: false as const },
}

/** Creates a stage that records what the stages before it deliver. */
function recordTo(events: ServerEvent[]): Stage {
  return {
    attach: ({ deliver }) => ({
      receive(decoded, frameLength) {
        if (decoded.kind === 'event') events.push(decoded.event)
        deliver(decoded, frameLength)
      },
      reset() {},
    }),
  }
}

describe.each(Object.entries(hosts))('guardrails over %s', (_name, createHost) => {
  const disposals: (() => Promise<void>)[] = []

  afterEach(async () => {
    for (const dispose of disposals.splice(0).reverse()) await dispose()
  })

  /** A session behind hold-back, and everything that a listener could play. */
  async function guarded(
    emulator: EmulatorOptions,
    options: GuardrailOptions<{ word: string }> = {},
    hold: HoldBackOptions = {},
    config: SessionOptions['config'] = { audio: { input: { turn_detection: null } } },
  ) {
    const host = await createHost({ ...quick, ...emulator })
    disposals.push(host.dispose)
    const gate = holdBack(hold)
    const events: ServerEvent[] = []
    const session = createSession({ transport: host.transport, config, stages: [gate, recordTo(events)] })
    disposals.push(() => session.close())
    const tripped: OutputTripped<{ word: string }>[] = []
    const { stop } = runGuardrails(session, [noSecrets], {
      holdBack: gate,
      onTripped: (event) => tripped.push(event),
      ...options,
    })
    const delivered: Int16Array[] = []
    session.on('response.output_audio.delta', ({ item_id, content_index, delta }) => {
      const part = { itemId: item_id, contentIndex: content_index }
      const sound = bytesToInt16(decodeBase64(delta))
      if (!session.playback.enqueued(part)) return
      delivered.push(sound)
      session.playback.played(part, sound.length / 24)
    })
    await session.connect()
    return { session, stop, tripped, events, delivered: () => joined(...delivered) }
  }

  describe.each(['item', 'sentence'] as const)('audio released by %s', (release) => {
    it('delivers allowed events unchanged and in order', async () => {
      const script = [[reply('Good morning. It is a fine day.', { audio: harmless }), reply('Bye.', { audio: after })]]
      const { session, delivered, events, tripped } = await guarded({ script }, {}, { release })
      const response = session.respond()
      const sounds = collect(response.audio())
      expect((await response.done).status).toBe('completed')
      expect(delivered()).toEqual(joined(harmless, after))
      expect(bytesToInt16(new Uint8Array(Buffer.concat(await sounds)))).toEqual(joined(harmless, after))
      expect(tripped).toEqual([])
      await session.close()
      expect(breaches(events, { isOver: true })).toEqual([])
    })

    it('delivers no audio of a blocked sentence to listeners, handles, or the playback tracker', async () => {
      const script = [
        [reply('Let me see.', { audio: harmless }), reply('The word is swordfish.', { audio: secret })],
        reply('I cannot tell.', { audio: after }),
      ]
      const { session, delivered, tripped, events } = await guarded(
        { script, pace: 20 },
        { action: { explain: 'Say that you cannot tell.' } },
        { release },
      )
      const response = session.respond()
      const sounds = collect(response.audio())
      await response.done
      await session.waitFor('response.done', { where: ({ response: { id } }) => id !== response.id, timeoutMs: 5_000 })
      expect(isSame(delivered(), joined(harmless, after))).toBe(true)
      expect(bytesToInt16(new Uint8Array(Buffer.concat(await sounds)))).toEqual(harmless)
      expect(findSound(delivered(), secret.subarray(0, 240))).toBe(-1)
      expect(tripped).toMatchObject([
        { guardrail: 'secrets', info: { word: 'swordfish' }, action: 'explain', reason: 'verdict' },
      ])
      const [trip] = tripped
      expect(session.playback.progress(trip?.itemId ?? '').filter(({ receivedMs }) => receivedMs > 0)).toEqual([])
      // The model does not believe that it said what was not played.
      const words = JSON.stringify(selectItems(session.getState()).map(({ item }) => item))
      expect(words).toContain('Let me see.')
      expect(words).not.toContain('swordfish')
      await session.close()
      expect(breaches(events, { isOver: true })).toEqual([])
    })

    it('plays nothing of a blocked sentence in the middle of a response', async () => {
      const text = 'Good morning to you all. The secret word is swordfish. And now for the weather.'
      const sentences = [1, 2, 3].map((mark) => sentenceSound(1_000, mark))
      const script = [reply(text, { audio: joined(...sentences) })]
      const { session, delivered, tripped } = await guarded({ script, pace: 20 }, {}, { release })
      await session.respond().done
      expect(tripped).toMatchObject([{ info: { word: 'swordfish' } }])
      const first = sentences[0]?.subarray(0, delivered().length)
      expect(delivered()).toEqual(first)
      // By items nothing goes before all has passed; by sentences the first has begun.
      if (release === 'item') expect(delivered()).toHaveLength(0)
      else expect(delivered().length).toBeGreaterThan(0)
      const [item] = selectItems(session.getState())
      expect(item?.playedText ?? '').not.toContain('swordfish')
    })
  })

  it('blocks an explanation that trips a guardrail, without another explanation', async () => {
    const script = [
      reply('The word is swordfish.', { audio: secret }),
      reply('I must not say swordfish.', { audio: secret }),
      reply('Never reached.', { audio: after }),
    ]
    const { session, delivered, tripped, events } = await guarded({ script }, { action: { explain: 'Explain.' } })
    await session.respond().done
    await session.waitFor('response.done', { timeoutMs: 5_000 })
    await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hm' }] })
    expect(tripped.map(({ action }) => action)).toEqual(['explain', 'interrupt'])
    expect(events.filter(({ type }) => type === 'response.created')).toHaveLength(2)
    expect(delivered()).toHaveLength(0)
  })

  it('leaves the audio unchanged when it only reports', async () => {
    const script = [reply('The word is swordfish.', { audio: secret })]
    const { session, delivered, tripped } = await guarded({ script }, { action: 'report' })
    expect((await session.respond().done).status).toBe('completed')
    expect(tripped).toMatchObject([{ action: 'report', text: 'The word is swordfish.' }])
    expect(delivered()).toEqual(secret)
  })

  it('drops held audio when the caller interrupts, and deletes unplayed items', async () => {
    const script = [reply('A long story.', { audio: secret }), reply('Yes?', { audio: after })]
    const detection = { audio: { input: { turn_detection: { type: 'server_vad' as const } } } }
    let release = () => {}
    const slow = new Promise<void>((resolve) => {
      release = resolve
    })
    const host = await createHost({ ...quick, script })
    disposals.push(host.dispose)
    const gate = holdBack()
    const events: ServerEvent[] = []
    const session = createSession({ transport: host.transport, config: detection, stages: [gate, recordTo(events)] })
    disposals.push(() => session.close())
    runGuardrails(session, [{ name: 'slow', check: () => slow.then(() => ({ tripped: false })) }], { holdBack: gate })
    const delivered: Int16Array[] = []
    session.on('response.output_audio.delta', ({ delta }) => delivered.push(bytesToInt16(decodeBase64(delta))))
    await session.connect()

    const first = session.respond()
    await first.created
    const deleted = session.waitFor('conversation.item.deleted', { timeoutMs: 5_000 })
    session.audio.append(joined(silentSamples(400), vowel(600), silentSamples(1_200)))
    const next = await new Promise<{ done: Promise<unknown> }>((resolve) => session.on('response', resolve))
    await deleted
    release()
    await next.done
    expect((await first.done).status).toBe('completed')
    expect(joined(...delivered)).toEqual(after)
    await session.close()
    expect(breaches(events, { isOver: true })).toEqual([])
  })

  it('responds to the caller only after the input transcript has passed', async () => {
    const said = ['my word is swordfish', 'what time is it']
    const host = await createHost({ ...quick, hear: () => said.shift() ?? '', script: [reply('Noon.')] })
    disposals.push(host.dispose)
    const session = createSession({
      transport: host.transport,
      config: {
        audio: { input: { transcription: { model: 'gpt-transcribe' }, turn_detection: { type: 'server_vad' } } },
      },
    })
    disposals.push(() => session.close())
    await session.connect()
    const tripped: string[] = []
    const running = await runInputGuardrails(session, [noSecrets], { onTripped: ({ text }) => tripped.push(text) })
    const answers: string[] = []
    session.on('response.done', ({ response }) => answers.push(String(response.status)))
    const deleted = session.waitFor('conversation.item.deleted', { timeoutMs: 5_000 })
    session.audio.append(joined(silentSamples(400), vowel(600), silentSamples(1_200)))
    await deleted
    expect(answers).toEqual([])
    const done = session.waitFor('response.done', { timeoutMs: 5_000 })
    session.audio.append(joined(silentSamples(400), vowel(600), silentSamples(1_200)))
    await done
    expect(tripped).toEqual(['my word is swordfish'])
    expect(answers).toEqual(['completed'])
    expect(selectItems(session.getState()).map(({ item }) => 'role' in item && item.role)).toEqual([
      'user',
      'assistant',
    ])
    await running.stop()
    expect(detectionOf(session)).toMatchObject({ type: 'server_vad', create_response: true })
  })
})

function isSame(left: Int16Array, right: Int16Array): boolean {
  return Buffer.from(left.buffer).equals(Buffer.from(right.buffer))
}

function detectionOf(session: RealtimeSession) {
  return session.getState().session?.audio?.input?.turn_detection
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}
