import { describe, expect, it } from 'vitest'
import { createEmulator, createManualClock } from '../../../src/testing/index.js'
import { memoryPair } from '../../../src/transports/memory-pair.js'

/** A call that was answered and whose session has not begun, and a client that joined it. */
async function waiting() {
  const clock = createManualClock()
  const emulator = createEmulator({ clock })
  const call = emulator.answerCall({ model: 'gpt-realtime-2.1' })
  if ('refusal' in call) expect.fail(call.refusal.message)
  const transport = emulator.connect({ callId: call.callId })
  const frames: { type: string; session?: object }[] = []
  const codes: number[] = []
  transport.on('message', (frame) => frames.push(JSON.parse(frame)))
  transport.on('close', ({ code }) => codes.push(code))
  await transport.open()
  const update = (instructions: string) =>
    transport.send(JSON.stringify({ type: 'session.update', session: { type: 'realtime', instructions } }))
  return { clock, emulator, call, transport, frames, codes, update }
}

describe('a client that joins a call before its session starts', () => {
  it('receives responses in order once it has started, without session.created', async () => {
    const { clock, call, frames, update } = await waiting()
    update('One.')
    update('Two.')
    const [caller, server] = memoryPair({ audio: 'media' })
    const greeted: string[] = []
    caller.on('message', (frame) => greeted.push(JSON.parse(frame).type))
    await Promise.all([call.attach(server, () => {}), caller.open()])
    await clock.advance(0)
    expect(frames).toMatchObject([{ session: { instructions: 'One.' } }, { session: { instructions: 'Two.' } }])
    expect(greeted).toEqual(['session.created', 'session.updated', 'session.updated'])
    await caller.close()
    await clock.advance(0)
    expect(clock.pending).toBe(0)
  })

  it('is closed with 1000 when the call ends without a session', async () => {
    const { clock, emulator, call, codes } = await waiting()
    call.end()
    await clock.advance(0)
    expect(codes).toEqual([1000])
    const late = emulator.connect({ callId: call.callId })
    late.on('close', ({ code }) => codes.push(code))
    await late.open()
    await clock.advance(0)
    expect(codes).toEqual([1000, 4000])
  })

  it('is closed with 1008 when it sends too many frames', async () => {
    const { clock, update, codes } = await waiting()
    for (let count = 0; count < 256; count++) update('Wait.')
    await clock.advance(0)
    expect(codes).toEqual([])
    update('Wait.')
    await clock.advance(0)
    expect(codes).toEqual([1008])
  })

  it('is closed with 1001 when the emulator closes', async () => {
    const { clock, emulator, codes } = await waiting()
    await emulator.close()
    await clock.advance(0)
    expect(codes).toEqual([1001])
  })
})
