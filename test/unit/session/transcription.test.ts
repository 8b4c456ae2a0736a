import { createTranscriptionSession, selectSegments } from 'realtime-primitives'
import { createEmulator, createManualClock, type EmulatorOptions, fail } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { droppable } from '../../support/droppable.js'
import { type Json, settle } from '../../support/peer.js'
import { joined, silentSamples, vowel } from '../../support/speech.js'

const model = { transcription: { model: 'gpt-realtime-whisper' }, turn_detection: null }

async function connected(options: EmulatorOptions = {}) {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, ...options })
  const session = createTranscriptionSession({
    transport: emulator.connect({ intent: 'transcription' }),
    clock,
    config: { audio: { input: model } },
  })
  const connecting = session.connect()
  await clock.advance(1)
  await connecting
  return { clock, session }
}

describe('a transcription session', () => {
  it('writes down each committed turn', async () => {
    const lines = ['first', 'second']
    const { clock, session } = await connected({ hear: () => lines.shift() ?? '' })
    for (let turn = 0; turn < 2; turn++) {
      session.audio.append(vowel(200))
      const committed = session.audio.commit()
      await clock.advance(1000)
      await committed
    }
    const finishing = session.finish()
    await clock.advance(1000)
    expect((await finishing).map(({ text, status }) => [text, status])).toEqual([
      ['first', 'completed'],
      ['second', 'completed'],
    ])
    expect(session.getState().status).toBe('closed')
    expect(clock.pending).toBe(0)
  })

  it('commits the remaining audio when it finishes, and waits for the transcript', async () => {
    const { clock, session } = await connected({ hear: () => 'last words', transcriptionLagMs: 3000 })
    session.audio.append(vowel(300))
    const finishing = session.finish()
    await clock.advance(9000)
    expect((await finishing).map(({ text }) => text)).toEqual(['last words'])
  })

  it('makes no turn of the silence behind the last one that was detected', async () => {
    const clock = createManualClock()
    const input = { transcription: { model: 'gpt-transcribe' }, turn_detection: { type: 'server_vad' as const } }
    const session = createTranscriptionSession({
      transport: createEmulator({ clock, hear: () => 'words' }).connect({ intent: 'transcription' }),
      clock,
      config: { audio: { input } },
    })
    const connecting = session.connect()
    await clock.advance(1)
    await connecting
    session.audio.append(joined(silentSamples(400), vowel(700), silentSamples(1500)))
    await clock.advance(1)
    const finishing = session.finish()
    await clock.advance(9000)
    expect((await finishing).map(({ text }) => text)).toEqual(['words'])
  })

  it('counts a turn that cannot be written down as settled', async () => {
    const { clock, session } = await connected({ hear: () => fail() })
    session.audio.append(vowel(300))
    const finishing = session.finish()
    await clock.advance(9000)
    expect((await finishing).map(({ status }) => status)).toEqual(['failed'])
  })

  it('rejects at its deadline when words are missing', async () => {
    const { clock, session } = await connected({ transcriptionLagMs: 60_000 })
    session.audio.append(vowel(300))
    const outcome = expect(session.finish({ timeoutMs: 2000 })).rejects.toThrow(
      'Timed out after 2000 ms while waiting for the last transcript. Check the connection, or raise the timeout.',
    )
    await clock.advance(5000)
    await outcome
    await session.close()
    expect(clock.pending).toBe(0)
  })

  it('keeps speakers, log probabilities, and the order of turns', async () => {
    const server = droppable()
    const session = createTranscriptionSession({ transport: server.transport, clock: createManualClock() })
    const connecting = session.connect()
    await settle()
    server.sendEvents({
      type: 'session.created',
      session: { type: 'transcription', id: 's', object: 'realtime.transcription_session' },
    })
    await connecting
    const of = (kind: string, item_id: string, more: object): Json => ({
      type: `conversation.item.input_audio_transcription.${kind}`,
      item_id,
      content_index: 0,
      ...more,
    })
    const logprobs = [{ token: 'b', logprob: -0.1, bytes: [98] }]
    server.sendEvents(
      of('delta', 'b', { delta: 'b', logprobs }),
      { type: 'input_audio_buffer.committed', item_id: 'a', previous_item_id: null },
      { type: 'input_audio_buffer.committed', item_id: 'c', previous_item_id: 'a' },
      of('segment', 'b', { id: 'seg_1', speaker: 'A', text: 'b', start: 0, end: 0.5 }),
      of('completed', 'b', { transcript: 'b!', usage: { type: 'duration', seconds: 1 } }),
      of('delta', 'c', { delta: 'see' }),
    )
    expect(selectSegments(session.getState())).toEqual([
      {
        itemId: 'b',
        text: 'b!',
        status: 'completed',
        speakers: [{ id: 'seg_1', speaker: 'A', text: 'b', start: 0, end: 0.5 }],
        logprobs,
      },
      { itemId: 'a', text: '', status: 'committed', speakers: [], logprobs: [] },
      { itemId: 'c', text: 'see', status: 'in_progress', speakers: [], logprobs: [] },
    ])
  })
})
