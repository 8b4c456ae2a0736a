import { createSession, type SessionOptions } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { sessionResource, settle } from '../../../support/peer.js'

/** A session over a transport whose buffer the test fills and empties. */
async function connected(options: Partial<SessionOptions> = {}) {
  const server = droppable()
  const clock = createManualClock()
  let bufferedAmount = 0
  const transport = Object.defineProperty({ ...server.transport }, 'bufferedAmount', { get: () => bufferedAmount })
  Object.defineProperty(transport, 'state', { get: () => server.transport.state })
  const session = createSession({ transport, clock, highWaterMark: 1000, ...options })
  const connecting = session.connect()
  await settle()
  server.sendEvents({ type: 'session.created', session: sessionResource })
  await connecting
  const sent = () => (server.connections[0] ?? []).map(({ type, audio }) => audio ?? type)
  return { session, clock, sent, fill: (bytes: number) => (bufferedAmount = bytes) }
}

describe('a slow transport', () => {
  it('queues audio, and sends it in order when there is room', async () => {
    const { session, clock, sent, fill } = await connected()
    fill(1001)
    session.audio.append('AAAA')
    session.audio.append('BBBB')
    expect(sent()).toEqual([])
    fill(0)
    await clock.advance(20)
    expect(sent()).toEqual(['AAAA', 'BBBB'])
    session.audio.append('CCCC')
    expect(sent()).toEqual(['AAAA', 'BBBB', 'CCCC'])
    expect(clock.pending).toBe(0)
  })

  it('delays other events only behind queued audio', async () => {
    const { session, clock, sent, fill } = await connected()
    fill(5000)
    session.send({ type: 'input_audio_buffer.clear' })
    session.audio.append('AAAA')
    session.send({ type: 'input_audio_buffer.commit' })
    expect(sent()).toEqual(['input_audio_buffer.clear'])
    fill(0)
    await clock.advance(20)
    expect(sent()).toEqual(['input_audio_buffer.clear', 'AAAA', 'input_audio_buffer.commit'])
  })

  it('drops and reports the oldest audio when too much waits, and drops nothing else', async () => {
    const { session, clock, sent, fill } = await connected({ maxWaitingAudioMs: 1 })
    const dropped: number[] = []
    session.on('dropped', ({ appends }) => dropped.push(appends))
    fill(5000)
    session.send({ type: 'input_audio_buffer.clear' })
    for (const audio of ['AAAA', 'BBBB', 'CCCC', 'DDDD']) session.audio.append(audio)
    session.send({ type: 'input_audio_buffer.commit' })
    fill(0)
    await clock.advance(20)
    expect(sent()).toEqual(['input_audio_buffer.clear', 'DDDD', 'input_audio_buffer.commit'])
    expect(dropped).toEqual([3])
  })

  it('resolves drained() when there is room', async () => {
    const { session, clock, sent, fill } = await connected()
    await session.audio.drained()
    fill(5000)
    session.audio.append('AAAA')
    const seen: string[] = []
    const drained = session.audio.drained().then(() => seen.push('drained'))
    await clock.advance(100)
    expect(seen).toEqual([])
    fill(0)
    await clock.advance(100)
    await drained
    expect(sent()).toEqual(['AAAA'])
    expect(clock.pending).toBe(0)
  })

  it('leaves no timer and rejects drained() when the session closes', async () => {
    const { session, clock, fill } = await connected()
    fill(5000)
    session.audio.append('AAAA')
    const outcome = expect(session.audio.drained()).rejects.toMatchObject({ code: 'CLOSED' })
    await session.close()
    await outcome
    expect(clock.pending).toBe(0)
  })
})
