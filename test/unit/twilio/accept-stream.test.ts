import { createSession } from 'realtime-primitives'
import { createEmulator, createManualClock, createTelephone, socketPair } from 'realtime-primitives/testing'
import { acceptStream, bridgeTwilio } from 'realtime-primitives/twilio'
import { describe, expect, it } from 'vitest'

describe('acceptStream', () => {
  it('resolves with the call, and the bridge gets the audio that arrived before it', async () => {
    const clock = createManualClock()
    const [near, far] = socketPair()
    const accepted = acceptStream(near, { clock })
    const phone = createTelephone(far, { clock, callSid: 'CA1', customParameters: { tier: 'gold' } })
    phone.call()
    void phone.say(new Uint8Array(16_000).fill(0x20))
    await clock.advance(1_500)
    const { call, socket } = await accepted
    expect([call.callSid, call.customParameters]).toEqual(['CA1', { tier: 'gold' }])

    const emulator = createEmulator({ clock })
    const session = createSession({ clock, transport: emulator.connect() })
    const bridge = bridgeTwilio(socket, session)
    await clock.advance(3_000)
    expect(bridge.call?.callSid).toBe('CA1')
    const appends = emulator.journal({ type: 'input_audio_buffer.append' }).length
    expect(appends).toBeGreaterThan(150)
    phone.hangUp()
    await clock.advance(1_000)
    expect(session.getState().status).toBe('closed')
    expect(near.listenerCount).toBe(0)
  })

  it.each([
    ['START_TIMEOUT', () => {}],
    ['INVALID_MESSAGE', (far: { send(text: string): void }) => far.send('{"event":"start"}')],
    ['SOCKET_FAILED', (far: { close(): void }) => far.close()],
  ])('rejects with %s and closes the socket', async (code, act) => {
    const clock = createManualClock()
    const [near, far] = socketPair()
    const accepted = acceptStream(near, { clock, startTimeoutMs: 500 })
    const rejected = expect(accepted).rejects.toMatchObject({ code })
    act(far as never)
    await clock.advance(1_000)
    await rejected
    expect(clock.pending).toBe(0)
  })
})
