import { createSession, type ExpiringEvent, selectItems } from 'realtime-primitives'
import { bytesToInt16 } from 'realtime-primitives/audio'
import { call, createEmulator, createManualClock, type EmulatorOptions, reply } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { findSound, vowel } from '../../support/speech.js'

/** A session on a clock of its own, one minute before whose end something is done. */
async function connected(action: 'warn' | 'rotate', script?: NonNullable<EmulatorOptions['script']>) {
  const clock = createManualClock()
  const emulator = createEmulator({
    clock,
    sessionMinutes: 10,
    pace: Number.POSITIVE_INFINITY,
    latencyMs: 0,
    ...(script && { script }),
  })
  const session = createSession({
    transport: emulator.connect({ model: 'gpt-realtime-2.1' }),
    clock,
    config: { audio: { input: { turn_detection: null } } },
    lifetime: { leadMs: 60_000, action },
  })
  const warnings: ExpiringEvent[] = []
  const sessionIds: string[] = []
  session.on('expiring', (event) => warnings.push(event))
  session.on('session.created', ({ session: { id } }) => sessionIds.push(String(id)))
  const connecting = session.connect()
  await clock.advance(1)
  await connecting
  return { clock, session, warnings, sessionIds }
}

const minute = 60_000

describe('lifetime', () => {
  it('warns before the time limit, and closes with EXPIRED at it', async () => {
    const { clock, session, warnings } = await connected('warn')
    await clock.advance(8 * minute)
    expect(warnings).toEqual([])
    await clock.advance(1.1 * minute)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.leftMs).toBeGreaterThan(58_000)
    expect(warnings[0]?.leftMs).toBeLessThanOrEqual(61_000)
    await clock.advance(2 * minute)
    expect(await session.closed).toMatchObject({ code: 1001, initiator: 'server', error: { code: 'EXPIRED' } })
    expect(clock.pending).toBe(0)
  })

  it('continues in a new server session with the history and all audio', async () => {
    const { clock, session, sessionIds } = await connected('rotate')
    const created = session.items.create({
      type: 'message',
      role: 'user',
      id: 'item_hi',
      content: [{ type: 'input_text', text: 'Hi' }],
    })
    await clock.advance(1)
    await created
    const restored = new Promise((resolve) => session.on('restored', resolve))
    await clock.advance(9 * minute)
    const spoken = vowel(400)
    session.audio.append(spoken)
    await clock.advance(minute)
    expect(await restored).toMatchObject({ itemIds: ['item_hi'], lost: [], droppedAppends: 0 })
    expect(new Set(sessionIds).size).toBe(2)
    await clock.advance(2 * minute)
    expect(session.getState().status).toBe('open')

    // The new server has the audio that was sent to the old one and not committed.
    const committed = session.audio.commit()
    const response = session.respond()
    await clock.advance(1000)
    await committed
    const pieces: Uint8Array[] = []
    for await (const piece of response.audio()) pieces.push(piece)
    expect(findSound(bytesToInt16(new Uint8Array(Buffer.concat(pieces))), spoken)).toBeGreaterThanOrEqual(0)
    expect(selectItems(session.getState())[0]?.id).toBe('item_hi')
    await session.close()
    expect(clock.pending).toBe(0)
  })

  it('rotates again in each server session', async () => {
    const { clock, session, sessionIds } = await connected('rotate')
    await clock.advance(35 * minute)
    expect(session.getState().status).toBe('open')
    expect(new Set(sessionIds).size).toBe(4)
    await session.close()
  })

  it('waits for a pause in the conversation', async () => {
    const { clock, session, sessionIds } = await connected('rotate')
    session.playback.enqueued({ itemId: 'a' })
    await clock.advance(9.2 * minute)
    expect(sessionIds).toHaveLength(1)
    session.playback.played({ itemId: 'a' }, 1)
    await clock.advance(minute)
    expect(sessionIds).toHaveLength(2)
    await session.close()
  })

  it('waits for the output of a call', async () => {
    const { clock, session, sessionIds } = await connected('rotate', [
      call('look_up', '{}', { callId: 'call_1' }),
      reply(''),
    ])
    const asked = session.respond()
    await clock.advance(1000)
    await asked.done
    await clock.advance(9.2 * minute)
    expect(sessionIds).toHaveLength(1)
    session.items.create({ type: 'function_call_output', call_id: 'call_1', output: 'found' }).catch(() => {})
    await clock.advance(1000)
    expect(sessionIds).toHaveLength(2)
    await session.close()
  })

  it('keeps audio that is appended during a rotation', async () => {
    const { clock, session } = await connected('rotate')
    const spoken = vowel(300)
    const rotating = session.rotate()
    session.audio.append(spoken)
    expect(session.getState().status).toBe('reconnecting')
    await clock.advance(10)
    await rotating
    const committed = session.audio.commit()
    await clock.advance(10)
    await committed
    const response = session.respond()
    await clock.advance(1000)
    const pieces: Uint8Array[] = []
    for await (const piece of response.audio()) pieces.push(piece)
    expect(findSound(bytesToInt16(new Uint8Array(Buffer.concat(pieces))), spoken)).toBe(0)
    await session.close()
    expect(clock.pending).toBe(0)
  })
})
