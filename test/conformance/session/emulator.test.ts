import {
  createSession,
  type RealtimeSession,
  type ResponseHandle,
  type SessionOptions,
  selectItems,
  type Transport,
  webSocket,
} from 'realtime-primitives'
import { bytesToInt16 } from 'realtime-primitives/audio'
import type { UserMessageItemInput } from 'realtime-primitives/protocol'
import { call, createEmulator, type EmulatorOptions, fail, reply, silence } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { afterEach, describe, expect, it } from 'vitest'
import { findSound, joined, silentSamples, vowel } from '../../support/speech.js'

/** The same facts hold over memory and over a real socket. */
const hosts: Record<string, (options: EmulatorOptions) => Promise<{ transport: Transport; dispose(): Promise<void> }>> =
  {
    async memoryPair(options) {
      const emulator = createEmulator(options)
      return { transport: emulator.connect({ model: 'gpt-realtime-2.1' }), dispose: () => emulator.close() }
    },
    async webSocket(options) {
      const server = await serve(createEmulator(options))
      return { transport: webSocket({ baseUrl: server.url, model: 'gpt-realtime-2.1' }), dispose: () => server.close() }
    },
  }

const quick: EmulatorOptions = { pace: Number.POSITIVE_INFINITY, latencyMs: 0, transcriptionLagMs: 0 }
const noDetection = { audio: { input: { turn_detection: null } } }
const hello: UserMessageItemInput = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }

describe.each(Object.entries(hosts))('a session over %s', (_name, createHost) => {
  const disposals: (() => Promise<void>)[] = []

  afterEach(async () => {
    for (const dispose of disposals.splice(0).reverse()) await dispose()
  })

  async function connected(
    emulator: EmulatorOptions = {},
    options: Partial<SessionOptions> = {},
  ): Promise<RealtimeSession> {
    const host = await createHost({ ...quick, ...emulator })
    disposals.push(host.dispose)
    const session = createSession({ transport: host.transport, ...options })
    disposals.push(() => session.close())
    await session.connect()
    return session
  }

  it('completes a text turn', async () => {
    const session = await connected(
      { script: [reply('Good day to you.')] },
      { config: { output_modalities: ['text'] } },
    )
    await session.items.create(hello)
    const response = session.respond()
    expect((await collect(response.text())).join('')).toBe('Good day to you.')
    expect((await response.done).status).toBe('completed')
    expect(selectItems(session.getState()).map(({ item }) => 'role' in item && item.role)).toEqual([
      'user',
      'assistant',
    ])
  })

  it('detects a spoken turn, and receives it as an echo sample for sample', async () => {
    const session = await connected(
      { hear: () => 'la la' },
      { config: { audio: { input: { transcription: { model: 'gpt-realtime-whisper' } } } } },
    )
    const spoken = vowel(900)
    const answered = new Promise<ResponseHandle>((resolve) => session.on('response', resolve))
    const transcribed = session.waitFor('conversation.item.input_audio_transcription.completed')
    const sound = answered.then((response) => collect(response.audio()))
    stream(session, joined(silentSamples(400), spoken, silentSamples(1200)))
    const echo = bytesToInt16(new Uint8Array(Buffer.concat(await sound)))
    expect(findSound(echo, spoken)).toBeGreaterThanOrEqual(0)
    expect((await transcribed).transcript).toBe('la la')
    expect((await (await answered).done).status).toBe('completed')
    const { inputAudio } = session.getState()
    expect(inputAudio.speechStartMs).toBeLessThanOrEqual(400)
    expect(inputAudio.speechEndMs).toBeGreaterThanOrEqual(1300)
  })

  it('commits audio without turn detection', async () => {
    const session = await connected({}, { config: noDetection })
    const spoken = vowel(300)
    session.audio.append(spoken)
    const { item_id } = await session.audio.commit()
    const response = session.respond()
    const echo = bytesToInt16(new Uint8Array(Buffer.concat(await collect(response.audio()))))
    expect(findSound(echo, spoken)).toBe(0)
    expect(selectItems(session.getState())[0]?.id).toBe(item_id)
  })

  it('rejects a commit of less than 100 ms', async () => {
    const session = await connected({}, { config: noDetection })
    session.audio.append(vowel(50))
    await expect(session.audio.commit()).rejects.toMatchObject({
      code: 'SERVER_ERROR',
      data: { error: { code: 'input_audio_buffer_commit_empty' } },
    })
    await session.audio.clear()
  })

  it('sends the output of a function call', async () => {
    const session = await connected({ script: [call('weather', { city: 'Oslo' }), reply('Snow.')] })
    await session.items.create(hello)
    const outcome = await session.respond().done
    if (outcome.status !== 'completed') throw new Error(`the response is ${outcome.status}`)
    const [item] = outcome.response.output
    if (item?.type !== 'function_call') throw new Error('the response has no function call')
    expect(JSON.parse(item.arguments)).toEqual({ city: 'Oslo' })
    await session.items.create({ type: 'function_call_output', call_id: item.call_id, output: '{"sky":"snow"}' })
    const answer = session.respond()
    expect((await collect(answer.transcript())).join('')).toBe('Snow.')
  })

  it('reports a failed response', async () => {
    const session = await connected({ script: [fail({ code: 'rate_limit_exceeded' })] })
    const outcome = await session.respond().done
    expect(outcome).toMatchObject({
      status: 'failed',
      response: { status_details: { error: { code: 'rate_limit_exceeded' } } },
    })
  })

  it('cancels a running response', async () => {
    const session = await connected({ script: [silence(Number.POSITIVE_INFINITY), reply('Next.')] })
    const response = session.respond()
    await response.created
    response.cancel()
    expect(await response.done).toMatchObject({ status: 'cancelled', reason: 'client_cancelled' })
    expect((await collect(session.respond().transcript())).join('')).toBe('Next.')
  })

  it('queues responses, and runs out-of-band ones in parallel', async () => {
    const session = await connected({ script: ({ params }) => reply(params.instructions ?? 'none') })
    const first = session.respond({ instructions: 'one' })
    const second = session.respond({ instructions: 'two' })
    const aside = session.respond({ instructions: 'aside', conversation: 'none', output_modalities: ['text'] })
    expect((await collect(first.transcript())).join('')).toBe('one')
    expect((await collect(second.transcript())).join('')).toBe('two')
    expect((await collect(aside.text())).join('')).toBe('aside')
    await Promise.all([first.done, second.done, aside.done])
    expect(selectItems(session.getState())).toHaveLength(2)
  })

  it('is interrupted by the caller, and truncates the item at the played time', async () => {
    const session = await connected({
      voice: 'tone',
      script: [reply('A long story about the sea, the ships and the wind.')],
    })
    const response = session.respond()
    const heard: string[] = []
    session.on('response.output_audio.delta', ({ item_id }) => {
      if (session.playback.enqueued({ itemId: item_id })) heard.push(item_id)
    })
    await response.done
    const [itemId = ''] = heard
    session.playback.played({ itemId }, 250)
    const interrupted = new Promise((resolve) => session.on('interrupted', resolve))
    const truncated = session.waitFor('conversation.item.truncated')
    stream(session, joined(silentSamples(300), vowel(600)))
    expect(await interrupted).toMatchObject({ by: 'caller', played: { itemId, playedMs: 250 } })
    expect(await truncated).toMatchObject({ item_id: itemId, audio_end_ms: 250 })
    expect(selectItems(session.getState()).find(({ id }) => id === itemId)?.truncatedAtMs).toBe(250)
  })

  it('creates, retrieves, positions, and deletes items', async () => {
    const session = await connected()
    const first = await session.items.create({ ...hello, id: 'item_first' })
    await session.items.create({ ...hello, id: 'item_front' }, { previousItemId: 'root' })
    expect(await session.items.retrieve('item_first')).toMatchObject({ id: first.id })
    expect(selectItems(session.getState()).map(({ id }) => id)).toEqual(['item_front', 'item_first'])
    await session.items.delete('item_front')
    await expect(session.items.delete('item_front')).rejects.toMatchObject({ code: 'SERVER_ERROR' })
    expect(selectItems(session.getState()).map(({ id }) => id)).toEqual(['item_first'])
  })

  it('updates its configuration, and reports the field that the server rejects', async () => {
    const session = await connected()
    expect(await session.update({ instructions: 'Rhyme.' })).toMatchObject({ instructions: 'Rhyme.' })
    await expect(
      session.update({ model: 'gpt-realtime-2.1', tools: [], tool_choice: { type: 'function', name: 'nobody' } }),
    ).resolves.toBeDefined()
    expect(session.getState().session).toMatchObject({ instructions: 'Rhyme.' })
  })

  it('closes when the server shuts down, with every promise settled', async () => {
    const session = await connected({ script: [silence(Number.POSITIVE_INFINITY)] })
    const response = session.respond()
    await response.created
    const waiting = session.waitFor('response.done').catch((error) => error)
    await Promise.all([disposals.shift()?.(), session.closed])
    expect(await response.done).toMatchObject({ status: 'cancelled', reason: 'connection_lost' })
    expect(await waiting).toMatchObject({ code: 'CLOSED' })
    expect(await session.closed).toMatchObject({ code: 1001, initiator: 'server' })
  })
})

/** Sends sound in chunks of 20 ms, as fast as it goes. */
function stream(session: RealtimeSession, samples: Int16Array): void {
  for (let at = 0; at < samples.length; at += 480) session.audio.append(samples.subarray(at, at + 480))
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}
