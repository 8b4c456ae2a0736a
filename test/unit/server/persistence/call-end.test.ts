import { createSession, memoryPair, sideband, webSocket } from 'realtime-primitives'
import { isCallEnded } from 'realtime-primitives/server'
import { createEmulator, createManualClock } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { describe, expect, it } from 'vitest'
import { SessionError } from '../../../../src/session/error.js'
import { TransportError } from '../../../../src/transports/error.js'

const failure = (error: Promise<unknown>) =>
  error.then(
    () => undefined,
    (reason: unknown) => reason,
  )

describe('isCallEnded', () => {
  it('is true for a call that the service does not have, over a socket and in memory', async () => {
    const emulator = createEmulator({ apiKey: 'sk-1' })
    const service = await serve(emulator)
    const transport = sideband({ apiKey: 'sk-1', baseUrl: service.httpUrl, callId: 'rtc_gone' })
    expect(isCallEnded(await failure(createSession({ transport }).connect()))).toBe(true)
    await service.close()

    const clock = createManualClock()
    const inMemory = createEmulator({ clock })
    const session = createSession({ clock, transport: inMemory.connect({ callId: 'rtc_gone' }) })
    const [error] = await Promise.all([failure(session.connect()), clock.advance(20_000)])
    expect(isCallEnded(error)).toBe(true)
  })

  it('is false for a service that cannot be reached, refuses the key, or does not reply', async () => {
    const unreachable = createSession({ transport: webSocket({ url: 'ws://127.0.0.1:9/v1/realtime' }) })
    expect(isCallEnded(await failure(unreachable.connect()))).toBe(false)
    const clock = createManualClock()
    const silent = createSession({ clock, transport: memoryPair()[0] })
    const [error] = await Promise.all([failure(silent.connect()), clock.advance(60_000)])
    expect(isCallEnded(error)).toBe(false)
    const refused = { url: 'wss://example.com', status: 401, reason: 'no' }
    for (const other of [new TransportError('CONNECT_FAILED', refused), new Error('x'), undefined, 'call_id_not_found'])
      expect(isCallEnded(other)).toBe(false)
  })

  it('reads the causes of an error', () => {
    const cause = new TransportError('CONNECT_FAILED', { url: 'wss://example.com', status: 404, reason: 'no' })
    expect(isCallEnded(new SessionError('CLOSED', { code: 1006, reason: 'no' }, { cause }))).toBe(true)
  })
})
