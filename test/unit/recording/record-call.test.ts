import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { detectCardNumbers, runUsage } from 'realtime-primitives'
import { encodePcm16, readWav } from 'realtime-primitives/audio'
import { blobSink, type CallRecordingOptions, recordCall } from 'realtime-primitives/recording'
import { callFiles, deleteCall } from 'realtime-primitives/recording/node'
import { describe, expect, it } from 'vitest'
import { createPeer, type Json, sessionResource, settle } from '../../support/peer.js'

const card = '4111 1111 1111 1111'
const rate = 24_000
const tone = (ms: number, value = 0.25) => new Float32Array((ms * rate) / 1000).fill(value)
const place = (item_id: string) => ({ response_id: 'resp_1', item_id, output_index: 0, content_index: 0 })
const audioDelta = (item_id: string, ms: number): Json => ({
  type: 'response.output_audio.delta',
  ...place(item_id),
  delta: Buffer.from(encodePcm16(tone(ms, 0.5))).toString('base64'),
})
const message = (id: string, role: string, content: unknown[]): Json => ({
  type: 'conversation.item.added',
  previous_item_id: null,
  item: { id, type: 'message', role, status: 'completed', content },
})

async function setUp(options: CallRecordingOptions = {}, resource: object = {}) {
  const peer = createPeer()
  await peer.connect()
  await peer.sendEvents({
    type: 'session.updated',
    session: {
      ...sessionResource,
      audio: { input: { turn_detection: { type: 'server_vad' }, transcription: { model: 'whisper-1' } } },
      ...resource,
    },
  })
  const audio = blobSink('audio/wav')
  const events = blobSink('application/jsonl')
  const recorder = recordCall(peer.session, { audio, events, ...options })
  const wav = async () => {
    const { channels } = readWav(new Uint8Array(await audio.blob().arrayBuffer()))
    const [user = new Float32Array(), agent = new Float32Array()] = channels
    const at = (channel: Float32Array) => (ms: number) => Math.round((channel[(ms * rate) / 1000] ?? 0) * 100) / 100
    return { durationMs: (user.length * 1000) / rate, user: at(user), agent: at(agent) }
  }
  const lines = async () =>
    (await events.blob().text())
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  /** The user speaks for a while, in chunks of 100 ms. */
  async function speak(ms: number): Promise<void> {
    for (let spoken = 0; spoken < ms; spoken += 100) {
      await peer.clock.advance(100)
      peer.session.audio.append(tone(100))
    }
  }
  /** A player plays audio of an item, and reports every 100 ms. */
  async function play(itemId: string, ms: number): Promise<void> {
    for (let played = 0; played < ms; played += 100) {
      await peer.clock.advance(100)
      peer.session.playback.played({ itemId, contentIndex: 0 }, 100)
    }
  }
  return { ...peer, recorder, audio, events, wav, lines, speak, play }
}

/** A turn of the user, from its first audio to its transcript. */
async function userTurn({ sendEvents, speak }: Awaited<ReturnType<typeof setUp>>, id: string, transcript: string) {
  await speak(200)
  await sendEvents({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: id })
  await speak(800)
  await sendEvents(
    { type: 'input_audio_buffer.speech_stopped', audio_end_ms: 1000, item_id: id },
    { type: 'input_audio_buffer.committed', previous_item_id: null, item_id: id },
    message(id, 'user', [{ type: 'input_audio', transcript: null }]),
    {
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: id,
      content_index: 0,
      transcript,
      usage: { type: 'duration', seconds: 1 },
    },
  )
}

describe('recordCall: consent', () => {
  it('stores nothing before start(), also not what is repeated later', async () => {
    const call = await setUp()
    await userTurn(call, 'item_before', 'My secret is Rosebud.')
    expect([call.audio.blob().size, call.events.blob().size]).toEqual([0, 0])
    expect(call.recorder.state).toBe('idle')
    expect(call.recorder.summary()).toBeUndefined()
    call.recorder.start()
    await call.sendEvents({
      type: 'conversation.item.done',
      previous_item_id: null,
      item: { id: 'item_before', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Rosebud' }] },
    })
    await userTurn(call, 'item_after', 'You may record.')
    const summary = await call.recorder.stop()
    const text = await call.events.blob().text()
    expect(text).not.toContain('Rosebud')
    expect(text).toContain('You may record.')
    expect(summary?.transcript.map(({ text: line }) => line)).toEqual(['You may record.'])
    const { user, durationMs } = await call.wav()
    expect([durationMs, user(50)]).toEqual([1000, 0.25])
  })

  it('does not store the text of a turn that started before', async () => {
    const call = await setUp()
    await call.sendEvents({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'item_1' })
    call.recorder.start()
    await call.sendEvents(
      { type: 'input_audio_buffer.committed', previous_item_id: null, item_id: 'item_1' },
      message('item_1', 'user', [{ type: 'input_audio', transcript: 'Rosebud' }]),
    )
    const summary = await call.recorder.stop()
    expect(summary?.transcript).toEqual([])
    expect(await call.events.blob().text()).not.toContain('Rosebud')
  })

  it('resolves with undefined when it was never started, and cannot be started after stop()', async () => {
    const { recorder, audio } = await setUp()
    expect(await recorder.stop()).toBeUndefined()
    recorder.start()
    expect(recorder.state).toBe('stopped')
    expect(audio.blob().size).toBe(0)
  })
})

describe('recordCall: audio', () => {
  it('places both voices where they were spoken and played', async () => {
    const call = await setUp()
    call.recorder.start()
    await call.speak(1000)
    await call.sendEvents(audioDelta('item_a', 800))
    await call.clock.advance(500)
    await call.play('item_a', 800)
    await call.clock.advance(300)
    await call.recorder.stop()
    const { user, agent, durationMs } = await call.wav()
    expect(durationMs).toBe(2600)
    expect([user(10), user(990), user(1010)]).toEqual([0.25, 0.25, 0])
    expect([agent(1490), agent(1510), agent(2290), agent(2310)]).toEqual([0, 0.5, 0.5, 0])
  })

  it('ends interrupted audio where playback stopped, between two reports', async () => {
    const call = await setUp()
    call.recorder.start()
    await call.sendEvents(audioDelta('item_a', 5000))
    call.session.playback.enqueued({ itemId: 'item_a', contentIndex: 0 })
    await call.play('item_a', 400)
    await call.clock.advance(60)
    call.session.interrupt()
    await call.sendEvents(audioDelta('item_a', 1000))
    await call.clock.advance(2000)
    await call.recorder.stop()
    const { agent } = await call.wav()
    expect([agent(450), agent(465), agent(1000)]).toEqual([0.5, 0, 0])
  })

  it('places received audio without a player, and cuts it at an interruption', async () => {
    const call = await setUp({ placement: 'received' })
    call.recorder.start()
    await call.clock.advance(100)
    await call.sendEvents(audioDelta('item_a', 1000))
    await call.clock.advance(2000)
    await call.recorder.stop()
    const { agent } = await call.wav()
    expect([agent(90), agent(110), agent(1090), agent(1110)]).toEqual([0, 0.5, 0.5, 0])
  })

  it('takes samples of media tracks', async () => {
    const call = await setUp()
    call.recorder.write('agent', tone(100), rate)
    call.recorder.start()
    await call.clock.advance(200)
    call.recorder.write('agent', tone(100), rate)
    call.recorder.write('user', tone(50), rate)
    await call.recorder.stop()
    const { user, agent } = await call.wav()
    expect([agent(90), agent(110), user(140), user(160)]).toEqual([0, 0.25, 0, 0.25])
  })

  it('can be read after any write, and after any cut of the file', async () => {
    const call = await setUp()
    call.recorder.start()
    let files = 0
    for (let second = 0; second < 5; second++) {
      await call.speak(1000)
      const bytes = new Uint8Array(await call.audio.blob().arrayBuffer())
      for (let length = 44; length <= bytes.length; length += 4_999, files++) {
        const { channels } = readWav(bytes.subarray(0, length))
        expect(channels.map((channel) => channel.length)).toEqual(Array(2).fill(Math.floor((length - 44) / 4)))
      }
    }
    expect(files).toBeGreaterThan(20)
    await call.recorder.stop()
    const bytes = new Uint8Array(await call.audio.blob().arrayBuffer())
    expect(new DataView(bytes.buffer).getUint32(40, true)).toBe(bytes.length - 44)
  })

  it('keeps no more than what may still change', async () => {
    const call = await setUp()
    call.recorder.start()
    await call.speak(60_000)
    // One second may change, and one second is written at a time.
    expect(call.audio.blob().size).toBeGreaterThanOrEqual(58 * rate * 4)
  })
})

describe('recordCall: redaction', () => {
  const isSilent = (value: number) => value === 0

  it('silences the turn of the user in which the detector finds something, and no other', async () => {
    const call = await setUp({ redact: detectCardNumbers })
    call.recorder.start()
    await userTurn(call, 'item_1', 'Hello.')
    await call.clock.advance(5000)
    await userTurn(call, 'item_2', `It is ${card}.`)
    await call.clock.advance(5000)
    await userTurn(call, 'item_3', 'Thanks.')
    const summary = await call.recorder.stop()
    const { user } = await call.wav()
    expect([100, 500, 900].map(user)).toEqual([0.25, 0.25, 0.25])
    expect([6010, 6500, 6990].map(user).every(isSilent)).toBe(true)
    expect([12_100, 12_900].map(user)).toEqual([0.25, 0.25])
    expect(summary?.silenced).toHaveLength(1)
    expect(summary?.transcript[1]?.text).toBe('It is [card number].')
    expect(await call.events.blob().text()).not.toContain('1111')
  })

  it('silences the turn of the agent, which was not stored before its text was known', async () => {
    const call = await setUp({ redact: detectCardNumbers })
    call.recorder.start()
    await call.sendEvents(audioDelta('item_a', 20_000))
    await call.play('item_a', 10_000)
    expect(new Uint8Array(await call.audio.blob().arrayBuffer()).subarray(44).some((byte) => byte !== 0)).toBe(false)
    await call.sendEvents({ type: 'response.output_audio_transcript.done', ...place('item_a'), transcript: card })
    await call.play('item_a', 10_000)
    await call.recorder.stop()
    const { agent, durationMs } = await call.wav()
    expect(durationMs).toBe(20_000)
    for (let ms = 0; ms < 20_000; ms += 100) expect(agent(ms)).toBe(0)
  })

  it.each([
    [
      'whose transcription failed',
      { type: 'conversation.item.input_audio_transcription.failed', item_id: 'item_1', content_index: 0, error: {} },
    ],
    ['that was discarded', { type: 'input_audio_buffer.cleared' }],
  ])('silences a turn %s', async (_name, last) => {
    const call = await setUp({ redact: detectCardNumbers })
    call.recorder.start()
    await call.sendEvents({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'item_1' })
    await call.speak(1000)
    if (last.type !== 'input_audio_buffer.cleared')
      await call.sendEvents({ type: 'input_audio_buffer.committed', previous_item_id: null, item_id: 'item_1' })
    await call.sendEvents(last as Json)
    await call.recorder.stop()
    expect((await call.wav()).user(500)).toBe(0)
  })

  it('silences what is never transcribed, and turns that take longer than a minute', async () => {
    const call = await setUp(
      { redact: detectCardNumbers },
      { audio: { input: { turn_detection: { type: 'server_vad' } } } },
    )
    call.recorder.start()
    await userTurn(call, 'item_1', 'Hello.')
    await call.sendEvents({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'item_2' })
    await call.speak(70_000)
    // Memory is bounded: what is older than a minute was written.
    expect(call.audio.blob().size).toBeGreaterThan(5 * rate * 4)
    await call.recorder.stop()
    const { user } = await call.wav()
    expect([100, 900, 2000, 30_000, 70_000].map(user).every(isSilent)).toBe(true)
  })
})

describe('recordCall: redaction of audio that arrives at another time than it is spoken', () => {
  it('silences received audio of the agent at the place where it was put', async () => {
    const call = await setUp({ redact: detectCardNumbers, placement: 'received' })
    call.recorder.start()
    await call.sendEvents(audioDelta('item_a', 4000), audioDelta('item_b', 4000))
    await call.sendEvents(
      { type: 'response.output_audio_transcript.done', ...place('item_a'), transcript: 'Hello.' },
      { type: 'response.output_audio_transcript.done', ...place('item_b'), transcript: card },
    )
    await call.clock.advance(10_000)
    await call.recorder.stop()
    const { agent } = await call.wav()
    expect([100, 3900, 4100, 7900].map(agent)).toEqual([0.5, 0.5, 0, 0])
  })

  it('silences a turn of the user that was appended at once', async () => {
    const call = await setUp({ redact: detectCardNumbers })
    call.recorder.start()
    await call.clock.advance(5000)
    for (let chunk = 0; chunk < 40; chunk++) call.session.audio.append(tone(100))
    await call.sendEvents(
      { type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'item_1' },
      { type: 'input_audio_buffer.committed', previous_item_id: null, item_id: 'item_1' },
      {
        type: 'conversation.item.input_audio_transcription.completed',
        item_id: 'item_1',
        content_index: 0,
        transcript: card,
        usage: { type: 'duration', seconds: 1 },
      },
    )
    await call.clock.advance(10_000)
    await call.recorder.stop()
    const { user } = await call.wav()
    for (let ms = 0; ms < 10_000; ms += 100) expect(user(ms)).toBe(0)
  })

  it('holds audio of a telephone line that waits for the connection', async () => {
    const peer = createPeer()
    const listeners = new Set<(message: object) => void>()
    const bridge = {
      session: peer.session,
      on: (_type: 'media', listener: (message: never) => void) => {
        listeners.add(listener as never)
        return () => {}
      },
    }
    const audio = blobSink('audio/wav')
    const recorder = recordCall(bridge, { audio, redact: detectCardNumbers })
    recorder.start()
    const payload = Buffer.alloc(160, 0x10).toString('base64')
    for (let frame = 0; frame < 500; frame++) {
      await peer.clock.advance(20)
      for (const listener of listeners) listener({ media: { payload, timestamp: String(frame * 20) } })
    }
    expect(audio.blob().size).toBe(44)
    await peer.connect()
    await peer.sendEvents(
      {
        type: 'session.updated',
        session: {
          ...sessionResource,
          audio: { input: { turn_detection: { type: 'server_vad' }, transcription: { model: 'whisper-1' } } },
        },
      },
      { type: 'input_audio_buffer.speech_started', audio_start_ms: 500, item_id: 'item_1' },
      { type: 'input_audio_buffer.committed', previous_item_id: null, item_id: 'item_1' },
      {
        type: 'conversation.item.input_audio_transcription.completed',
        item_id: 'item_1',
        content_index: 0,
        transcript: card,
        usage: { type: 'duration', seconds: 1 },
      },
    )
    await peer.clock.advance(10_000)
    await recorder.stop()
    const { channels } = readWav(new Uint8Array(await audio.blob().arrayBuffer()))
    expect(channels[0]?.length).toBe(160_000)
    expect(channels[0]?.every((sample) => sample === 0)).toBe(true)
  })

  it('stores no samples of media tracks, whose turns are not known', async () => {
    const call = await setUp({ redact: detectCardNumbers })
    call.recorder.start()
    await call.clock.advance(200)
    call.recorder.write('agent', tone(100), rate)
    await call.recorder.stop()
    expect((await call.wav()).agent(150)).toBe(0)
  })
})

describe('recordCall: events and summary', () => {
  it('writes the lines of recording(), and the summary as the last one', async () => {
    const peer = await setUp()
    const usage = runUsage(peer.session, { prices: { 'gpt-realtime': { input: { text: 4 }, output: { text: 16 } } } })
    peer.recorder.start()
    await userTurn(peer, 'item_1', 'Is it raining?')
    await peer.sendEvents({
      type: 'conversation.item.added',
      previous_item_id: 'item_1',
      item: { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
    })
    await peer.clock.advance(250)
    await peer.sendEvents({
      type: 'conversation.item.added',
      previous_item_id: 'fc_1',
      item: { id: 'fo_1', type: 'function_call_output', call_id: 'call_1', output: 'rain' },
    })
    const summary = await peer.recorder.stop()
    const lines = await peer.lines()
    expect(lines[0]).toMatchObject({ ms: 0, direction: 'local', event: { type: 'recording' } })
    expect(lines.at(-1)).toMatchObject({
      direction: 'local',
      event: { type: 'call', ...JSON.parse(JSON.stringify(summary)) },
    })
    expect(summary?.toolCalls).toEqual([
      { callId: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}', startMs: 1000, endMs: 1250, output: 'rain' },
    ])
    expect(summary).toMatchObject({ durationMs: 1250, model: 'gpt-realtime', usage: { transcription: { count: 1 } } })
    usage.stop()
  })

  it('stops when the session closes', async () => {
    const call = await setUp()
    call.recorder.start()
    await call.speak(1000)
    await call.session.close()
    await settle()
    expect(call.recorder.state).toBe('stopped')
    expect(call.clock.pending).toBe(0)
    expect((await call.wav()).durationMs).toBe(1000)
  })

  it('reports the first error of a sink, and the call continues', async () => {
    const errors: unknown[] = []
    const call = await setUp({
      events: { write: () => Promise.reject(new Error('disk full')) },
      onError: (error) => errors.push(error),
    })
    call.recorder.start()
    await call.speak(2000)
    await call.recorder.stop()
    expect(errors).toEqual([new Error('disk full')])
    expect((await call.wav()).durationMs).toBe(2000)
  })

  it('delete() stops the recording and deletes what was stored', async () => {
    const call = await setUp()
    call.recorder.start()
    await call.speak(2000)
    await call.recorder.delete()
    expect([call.recorder.state, call.audio.blob().size, call.events.blob().size]).toEqual(['stopped', 0, 0])
  })
})

describe('callFiles', () => {
  it('writes the files of a call, and deleteCall deletes those of this call only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'calls-'))
    try {
      for (const id of ['CA1', 'CA12']) {
        const call = await setUp(callFiles(folder, id))
        call.recorder.start()
        await call.speak(1500)
        await call.recorder.stop()
      }
      expect(readWav(await readFile(join(folder, 'CA1.wav')))).toMatchObject({ durationMs: 1500, channelCount: 2 })
      expect(await deleteCall(folder, 'CA1')).toEqual(['CA1.jsonl', 'CA1.wav'])
      expect((await readdir(folder)).sort()).toEqual(['CA12.jsonl', 'CA12.wav'])
      expect(await deleteCall(join(folder, 'none'), 'CA1')).toEqual([])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it.each(['', '..', '../x', 'a/b', '.hidden', 'a b'])('refuses the id %j', async (id) => {
    expect(() => callFiles('calls', id)).toThrow(RangeError)
    await expect(deleteCall('calls', id)).rejects.toThrow(RangeError)
  })
})
