import {
  createSession,
  createTranscriptionSession,
  createTranslationSession,
  type RestoredEvent,
  type SessionOptions,
  selectActiveResponse,
} from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { type Json, sessionResource, settle } from '../../../support/peer.js'

const withoutDetection = { ...sessionResource, audio: { input: { turn_detection: null } } }
/** Two milliseconds of audio take 128 bytes as base64; the frame around it takes some more. */
const sound = 'A'.repeat(128)

async function connected(options: Partial<SessionOptions> = {}, resource: object = withoutDetection) {
  const server = droppable()
  const session = createSession({ transport: server.transport, clock: createManualClock(), ...options })
  const dropped: number[] = []
  const restored: RestoredEvent[] = []
  session.on('dropped', ({ appends }) => dropped.push(appends))
  session.on('restored', (event) => restored.push(event))
  const connecting = session.connect()
  await settle()
  server.sendEvents({ type: 'session.created', session: resource })
  await connecting
  return {
    ...server,
    session,
    dropped,
    restored,
    append(count: number) {
      for (let index = 0; index < count; index++) session.audio.append(sound)
    },
    async comeBack() {
      server.restore()
      server.sendEvents({ type: 'session.created', session: resource })
      await settle()
      return (server.connections.at(-1) ?? []).filter(({ type }) => type === 'input_audio_buffer.append').length
    },
  }
}

describe('audio that was sent and not committed', () => {
  // Room for five appends of 175 bytes.
  const limit = { maxWaitingAudioMs: 14 }

  it('is reported as dropped by a drop when its beginning could not be kept', async () => {
    const peer = await connected(limit)
    peer.append(12)
    expect(peer.dropped).toEqual([])
    peer.drop()
    expect(peer.dropped).toEqual([7])
    expect(await peer.comeBack()).toBe(5)
    expect(peer.restored).toMatchObject([{ droppedAppends: 7 }])
    await peer.session.close()
  })

  it('counts together with what is dropped during the outage', async () => {
    const peer = await connected(limit)
    peer.append(12)
    peer.drop()
    peer.append(3)
    expect(await peer.comeBack()).toBe(5)
    expect(peer.restored).toMatchObject([{ droppedAppends: 10 }])
    expect(peer.dropped).toEqual([7, 3])
    await peer.session.close()
  })

  it('is not reported twice by a second drop', async () => {
    const peer = await connected(limit)
    peer.append(12)
    peer.drop()
    await peer.comeBack()
    peer.drop()
    expect(await peer.comeBack()).toBe(5)
    expect(peer.restored.map(({ droppedAppends }) => droppedAppends)).toEqual([7, 0])
    await peer.session.close()
  })

  it.each([
    ['committed', { type: 'input_audio_buffer.committed', item_id: 'i', previous_item_id: null }],
    ['cleared', { type: 'input_audio_buffer.cleared' }],
  ])('is not reported once it was %s', async (_name, event) => {
    const peer = await connected(limit)
    peer.append(12)
    peer.sendEvents(event)
    peer.append(2)
    peer.drop()
    expect(await peer.comeBack()).toBe(2)
    expect(peer.restored).toMatchObject([{ droppedAppends: 0 }])
    expect(peer.dropped).toEqual([])
    await peer.session.close()
  })

  it('is not reported when turn detection found no speech', async () => {
    const peer = await connected(limit, sessionResource)
    peer.append(50)
    peer.drop()
    await peer.comeBack()
    expect(peer.dropped).toEqual([])
    await peer.session.close()
  })

  it('is reported when turn detection found speech', async () => {
    const peer = await connected(limit, sessionResource)
    peer.append(50)
    peer.sendEvents({ type: 'input_audio_buffer.speech_started', item_id: 'i', audio_start_ms: 0 })
    peer.append(12)
    peer.drop()
    const [appends = 0] = peer.dropped
    expect(appends).toBeGreaterThanOrEqual(7)
    expect(appends).toBeLessThanOrEqual(12)
    await peer.session.close()
  })

  it('is reported by a transcription session without turn detection', async () => {
    const server = droppable()
    const session = createTranscriptionSession({ transport: server.transport, clock: createManualClock(), ...limit })
    const dropped: number[] = []
    session.on('dropped', ({ appends }) => dropped.push(appends))
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: { type: 'transcription', id: 's' } })
    await connecting
    for (let index = 0; index < 12; index++) session.audio.append(sound)
    server.drop()
    expect(dropped).toEqual([7])
    await session.close()
  })

  it('is reported by a translation session, except for what the server has translated', async () => {
    const server = droppable()
    const session = createTranslationSession({ transport: server.transport, clock: createManualClock(), ...limit })
    const dropped: number[] = []
    session.on('dropped', ({ appends }) => dropped.push(appends))
    const connecting = session.connect()
    await settle()
    server.sendEvents({
      type: 'session.created',
      session: {
        id: 's',
        type: 'translation',
        model: 'm',
        expires_at: 2_000_000_000,
        audio: { output: { language: 'de' } },
      },
    })
    await connecting
    for (let index = 0; index < 20; index++) session.audio.append(sound)
    // Of 40 ms the server has translated 20, so ten appends are needed and five are kept.
    server.sendEvents({ type: 'session.output_transcript.delta', delta: 'Hello', elapsed_ms: 20 })
    server.drop()
    expect(dropped).toHaveLength(1)
    expect(dropped[0]).toBeGreaterThanOrEqual(4)
    expect(dropped[0]).toBeLessThanOrEqual(6)
    await session.close()
  })
})

describe('a subscriber', () => {
  const response = { id: 'r', object: 'realtime.response', status: 'in_progress', output: [] }
  const running: Json[] = [
    { type: 'input_audio_buffer.speech_started', item_id: 'i', audio_start_ms: 0 },
    { type: 'response.created', response },
    {
      type: 'response.output_audio.delta',
      response_id: 'r',
      item_id: 'a',
      output_index: 0,
      content_index: 0,
      delta: sound,
    },
  ]

  it.each(['drop', 'rotate', 'giveUp', 'close'] as const)(
    'never sees the lost connection beside what ran over it: %s',
    async (how) => {
      const peer = await connected()
      peer.sendEvents(...running)
      peer.session.playback.enqueued({ itemId: 'a' })
      expect(selectActiveResponse(peer.session.getState())).toBeDefined()
      const seen: unknown[] = []
      peer.session.subscribe(() => {
        const state = peer.session.getState()
        if (state.status === 'open' || state.status === 'closing') return
        seen.push({
          status: state.status,
          active: state.responses.activeId,
          isDone: state.responses.byId.r?.isDone,
          isSpeaking: state.inputAudio.isSpeaking,
          isPlaying: state.status === 'reconnecting' && peer.session.playback.isPlaying,
        })
      })
      if (how === 'drop') peer.drop()
      if (how === 'rotate') void peer.session.rotate().catch(() => {})
      if (how === 'giveUp') peer.giveUp({ code: 1006, reason: '', wasClean: false })
      if (how === 'close') await peer.session.close()
      const status = how === 'drop' || how === 'rotate' ? 'reconnecting' : 'closed'
      expect(seen).toEqual([{ status, active: undefined, isDone: true, isSpeaking: false, isPlaying: false }])
      await peer.session.close()
    },
  )

  it('that requests a response at the drop gets it after the restore', async () => {
    const peer = await connected()
    peer.sendEvents(...running)
    const unsubscribe = peer.session.subscribe(() => {
      if (peer.session.getState().status !== 'reconnecting') return
      unsubscribe()
      peer.session.respond()
    })
    peer.drop()
    await peer.comeBack()
    expect(peer.connections[1]?.map(({ type }) => type)).toEqual(['response.create'])
    await peer.session.close()
  })
})
