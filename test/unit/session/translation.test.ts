import { createTranslationSession } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/testing/clock.js'
import { droppable } from '../../support/droppable.js'
import { settle } from '../../support/peer.js'

const resource = { type: 'translation', id: 'sess_1', model: 'gpt-realtime-translate', expires_at: 0, audio: {} }

async function connected() {
  const server = droppable()
  const clock = createManualClock()
  const session = createTranslationSession({
    transport: server.transport,
    clock,
    config: { audio: { output: { language: 'fr' } } },
  })
  const connecting = session.connect()
  await settle()
  server.say({ type: 'session.created', session: resource })
  await settle()
  server.say({ type: 'session.updated', session: resource })
  await connecting
  return { ...server, session, clock, last: () => server.connections.at(-1) ?? [] }
}

describe('a translation session', () => {
  it('sends its configuration and its sound under its own names', async () => {
    const { session, last } = await connected()
    session.audio.append(new Int16Array([1]))
    expect(last()).toMatchObject([
      { type: 'session.update', session: { audio: { output: { language: 'fr' } } } },
      { type: 'session.input_audio_buffer.append', audio: 'AQA=' },
    ])
  })

  it('gathers both transcripts and knows how far it is', async () => {
    const { session, say } = await connected()
    say(
      { type: 'session.input_transcript.delta', delta: 'Good ', elapsed_ms: 200 },
      { type: 'session.output_transcript.delta', delta: 'Bonjour', elapsed_ms: 600 },
      { type: 'session.input_transcript.delta', delta: 'day', elapsed_ms: 400 },
    )
    expect(session.getState()).toMatchObject({ input: 'Good day', output: 'Bonjour', elapsedMs: 600 })
  })

  it('finishes when the server has said its last word', async () => {
    const { session, say, last, clock } = await connected()
    const finishing = session.finish()
    expect(last().at(-1)?.type).toBe('session.close')
    say({ type: 'session.output_transcript.delta', delta: 'Fin.' }, { type: 'session.closed' })
    await finishing
    expect(session.getState().output).toBe('Fin.')
    expect(session.getState().status).toBe('closed')
    expect(clock.pending).toBe(0)
  })

  it('rejects at its deadline when the server does not end', async () => {
    const { session, clock } = await connected()
    const outcome = expect(session.finish({ timeoutMs: 500 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      data: { waitingFor: 'session.closed' },
    })
    await clock.advance(500)
    await outcome
  })

  it('counts on, and keeps words apart, in the next session of the server', async () => {
    const { session, say, drop, restore } = await connected()
    say(
      { type: 'session.input_transcript.delta', delta: 'One', elapsed_ms: 9_000 },
      { type: 'session.output_transcript.delta', delta: 'Un', elapsed_ms: 9_000 },
    )
    drop()
    restore()
    say({ type: 'session.created', session: resource })
    await settle()
    say({ type: 'session.updated', session: resource })
    await settle()
    say(
      { type: 'session.input_transcript.delta', delta: 'two', elapsed_ms: 1_000 },
      { type: 'session.output_transcript.delta', delta: 'deux', elapsed_ms: 1_400 },
    )
    expect(session.getState()).toMatchObject({ input: 'One two', output: 'Un deux', elapsedMs: 10_400 })
    await session.close()
  })

  it('lets a sender wait for room', async () => {
    const { session, clock, drop, restore, say } = await connected()
    drop()
    session.audio.append(new Int16Array([1]))
    let hasRoom = false
    session.audio.drained().then(() => {
      hasRoom = true
    })
    await clock.advance(1_000)
    expect(hasRoom).toBe(false)
    restore()
    say({ type: 'session.created', session: resource })
    await settle()
    say({ type: 'session.updated', session: resource })
    await clock.advance(20)
    expect(hasRoom).toBe(true)
    await session.close()
  })

  it('does not repeat after a drop what is being translated already', async () => {
    const { session, say, last, drop, restore } = await connected()
    session.audio.append(new Int16Array([1]))
    drop()
    session.audio.append(new Int16Array([2]))
    restore()
    say({ type: 'session.created', session: resource })
    await settle()
    say({ type: 'session.updated', session: resource })
    await settle()
    expect(last().map(({ type, audio }) => [type, audio])).toEqual([
      ['session.update', undefined],
      ['session.input_audio_buffer.append', 'AgA='],
    ])
  })
})
