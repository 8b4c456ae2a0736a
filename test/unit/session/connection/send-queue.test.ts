import { createSession, createTranslationSession, type SessionOptions, TransportError } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { type Json, sessionResource, settle } from '../../../support/peer.js'

const created: Json = {
  type: 'session.created',
  session: { ...sessionResource, audio: { input: { turn_detection: null } } },
}
const samples = (value: number, length: number) => new Int16Array(length).fill(value)
const textOf = (audio: Int16Array) => Buffer.from(audio.buffer).toString('base64')

async function connected(options: Partial<SessionOptions> = {}) {
  const server = droppable()
  const session = createSession({ transport: server.transport, clock: createManualClock(), ...options })
  const connecting = session.connect()
  await settle()
  server.sendEvents(created)
  await connecting
  return {
    ...server,
    session,
    last: () => server.connections.at(-1) ?? [],
    async comeBack() {
      server.restore()
      server.sendEvents(created)
      await settle()
    },
  }
}

describe('after a drop', () => {
  it('the next server receives the same audio as the last, from bytes, samples, and base64 of all lengths', async () => {
    const peer = await connected()
    for (const length of [1, 2, 480, 24_000, 100_000]) {
      peer.session.audio.append(samples(length, length))
      peer.session.audio.append(textOf(samples(-length, length)))
      peer.session.audio.append(new Uint8Array(length).fill(length))
      peer.session.audio.append(new Float32Array(length).fill(0.5))
    }
    const before = peer.last()
    expect(before).toHaveLength(20)
    peer.drop()
    await peer.comeBack()
    expect(peer.last()).toEqual(before)
    await peer.session.close()
  })

  it('an append with an event_id keeps it', async () => {
    const peer = await connected()
    peer.session.send({ type: 'input_audio_buffer.append', audio: 'AAAA', event_id: 'mine' })
    peer.session.audio.append('BBBB')
    peer.drop()
    peer.session.send({ type: 'input_audio_buffer.append', audio: 'CCCC', event_id: 'later' })
    await peer.comeBack()
    expect(peer.last().map(({ event_id, audio }) => [event_id, audio])).toEqual([
      ['mine', 'AAAA'],
      [undefined, 'BBBB'],
      ['later', 'CCCC'],
    ])
    await peer.session.close()
  })

  it.each([1, 12, 13, 24, 25, 37, 100])(
    'with turn detection, the next server receives the last half second of %i appends of silence',
    async (appends) => {
      const peer = await connected()
      const turn_detection = { type: 'server_vad' }
      peer.sendEvents({
        type: 'session.updated',
        session: { ...sessionResource, audio: { input: { turn_detection } } },
      })
      for (let append = 0; append < appends; append++) peer.session.audio.append(samples(append, 480))
      const before = peer.last().filter(({ type }) => type === 'input_audio_buffer.append')
      expect(before).toHaveLength(appends)
      peer.drop()
      await peer.comeBack()
      const after = peer.last().filter(({ type }) => type === 'input_audio_buffer.append')
      // 32,000 bytes of frames, each of 1,326 bytes.
      expect(after).toEqual(before.slice(-24))
      await peer.session.close()
    },
  )

  it('with turn detection, the next server receives the last 900 ms of 4 s of G.711 silence', async () => {
    const peer = await connected()
    const input = { format: { type: 'audio/pcmu' }, turn_detection: { type: 'server_vad' } }
    peer.sendEvents({ type: 'session.updated', session: { ...sessionResource, audio: { input } } })
    for (let append = 0; append < 200; append++) peer.session.audio.append(new Uint8Array(160).fill(append))
    const before = peer.last().filter(({ type }) => type === 'input_audio_buffer.append')
    peer.drop()
    await peer.comeBack()
    const after = peer.last().filter(({ type }) => type === 'input_audio_buffer.append')
    // 12,000 bytes of frames, each of 263 bytes.
    expect(after).toEqual(before.slice(-45))
    await peer.session.close()
  })

  it('audio that follows a commit is kept and reported when less is kept than was sent until its acknowledgement', async () => {
    const peer = await connected({ maxWaitingAudioMs: 700 })
    let dropped = 0
    peer.session.on('dropped', ({ appends }) => {
      dropped += appends
    })
    peer.session.audio.append(samples(1, 2_880))
    const committed = peer.session.audio.commit()
    for (let append = 0; append < 8; append++) peer.session.audio.append(samples(append, 2_880))
    const before = peer.last().filter(({ type }) => type === 'input_audio_buffer.append')
    peer.sendEvents({ type: 'input_audio_buffer.committed', previous_item_id: null, item_id: 'item_1' })
    await committed
    peer.drop()
    await peer.comeBack()
    const after = peer.last().filter(({ type }) => type === 'input_audio_buffer.append')
    expect(after.length).toBeGreaterThan(0)
    expect(after).toEqual(before.slice(-after.length))
    expect(after.length + dropped).toBe(8)
    await peer.session.close()
  })

  it('audio that waits is not affected by a buffer that the app reuses', async () => {
    const peer = await connected()
    peer.drop()
    const buffer = samples(1, 480)
    peer.session.audio.append(buffer)
    buffer.fill(2)
    peer.session.audio.append(buffer)
    buffer.fill(3)
    await peer.comeBack()
    expect(peer.last().map(({ audio }) => audio)).toEqual([textOf(samples(1, 480)), textOf(samples(2, 480))])
    await peer.session.close()
  })

  it('text in the URL alphabet that waits is sent as it is, for the server to judge', async () => {
    const peer = await connected()
    peer.drop()
    peer.session.audio.append('AA-_')
    await peer.comeBack()
    expect(peer.last().map(({ audio }) => audio)).toEqual(['AA-_'])
    await peer.session.close()
  })

  it('audio whose connection is lost while it is sent is sent once to the next server', async () => {
    const server = droppable()
    let dropsNext = false
    const transport = Object.create(server.transport, {
      send: {
        value(frame: string) {
          server.transport.send(frame)
          if (!dropsNext) return
          dropsNext = false
          server.drop()
        },
      },
    })
    const session = createSession({ transport, clock: createManualClock() })
    const connecting = session.connect()
    await settle()
    server.sendEvents(created)
    await connecting
    session.audio.append('AAAA')
    dropsNext = true
    session.audio.append('BBBB')
    session.audio.append('CCCC')
    server.restore()
    server.sendEvents(created)
    await settle()
    expect(server.connections.at(-1)?.map(({ audio }) => audio)).toEqual(['AAAA', 'BBBB', 'CCCC'])
    await session.close()
  })

  it('a translation session sends its audio again in its own event type', async () => {
    const server = droppable()
    const session = createTranslationSession({ transport: server.transport, clock: createManualClock() })
    const greeting: Json = {
      type: 'session.created',
      session: {
        id: 's',
        type: 'translation',
        object: 'realtime.translation_session',
        model: 'm',
        expires_at: 0,
        audio: { input: {}, output: { language: 'fr' } },
      },
    }
    const connecting = session.connect()
    await settle()
    server.sendEvents(greeting)
    await connecting
    session.audio.append(samples(1, 480))
    server.drop()
    server.restore()
    server.sendEvents(greeting)
    await settle()
    expect(server.connections.at(-1)).toEqual([
      { type: 'session.input_audio_buffer.append', audio: textOf(samples(1, 480)) },
    ])
    await session.close()
  })
})

describe('a request that ends while its event waits', () => {
  it('is not sent, and audio before and behind it is', async () => {
    const peer = await connected()
    peer.drop()
    const abort = new AbortController()
    peer.session.audio.append('AAAA')
    const committed = peer.session.audio.commit({ signal: abort.signal })
    peer.session.audio.append('BBBB')
    abort.abort(new Error('enough'))
    await expect(committed).rejects.toThrow('enough')
    await peer.comeBack()
    expect(peer.last().map(({ type, audio }) => audio ?? type)).toEqual(['AAAA', 'BBBB'])
    await peer.session.close()
  })
})

describe('an append that the transport refuses after it has waited', () => {
  it('does not block those behind it', async () => {
    const server = droppable()
    const transport = Object.create(server.transport, {
      send: {
        value(frame: string) {
          if (frame.includes('"BBBB"')) throw new TransportError('FRAME_TOO_LARGE', { bytes: 5, limitBytes: 4 })
          server.transport.send(frame)
        },
      },
    })
    const session = createSession({ transport, clock: createManualClock() })
    const connecting = session.connect()
    await settle()
    server.sendEvents(created)
    await connecting
    server.drop()
    const reported: unknown[] = []
    const onError = (error: unknown) => reported.push(error)
    process.on('uncaughtException', onError)
    for (const audio of ['AAAA', 'BBBB', 'CCCC']) session.audio.append(audio)
    server.restore()
    server.sendEvents(created)
    await settle()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('uncaughtException', onError)
    expect(server.connections.at(-1)?.map(({ audio }) => audio)).toEqual(['AAAA', 'CCCC'])
    expect(reported).toMatchObject([{ code: 'FRAME_TOO_LARGE' }])
    await session.close()
  })
})
