import { createSession, runTools, tool } from 'realtime-primitives'
import { memoryStore, persist } from 'realtime-primitives/server'
import { drain, drainOnSignal } from 'realtime-primitives/server/node'
import { call, createEmulator, createManualClock, type ScriptedResponse, silence } from 'realtime-primitives/testing'
import { describe, expect, it, vi } from 'vitest'

async function start(script: ScriptedResponse[] = []) {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, script })
  const session = createSession({
    clock,
    transport: emulator.connect({ model: 'gpt-realtime-2.1' }),
    config: { output_modalities: ['text'] },
  })
  await Promise.all([session.connect(), clock.advance(1_000)])
  return { clock, emulator, session }
}

describe('drain', () => {
  it('stops accepting first, and closes sessions between turns at once', async () => {
    const { clock, session } = await start()
    const stopAccepting = vi.fn(() => new Promise(() => {}))
    const drained = drain([session], { clock, deadlineMs: 10_000, stopAccepting })
    await clock.advance(100)
    expect(await drained).toMatchObject({ finished: 1, cut: 0, handedOver: 0 })
    expect(stopAccepting).toHaveBeenCalledOnce()
    expect(session.getState().status).toBe('closed')
  })

  it('lets a response and its tools finish', async () => {
    const { clock, session } = await start([call('slow'), 'Done.'])
    const slow = tool({
      name: 'slow',
      execute: () => new Promise<string>((resolve) => void clock.after(2_000, () => resolve('ok'))),
    })
    const tools = runTools(session, [slow])
    await Promise.all([tools.ready, clock.advance(100)])
    session.sendMessage('Go.')
    await clock.advance(500)
    const drained = drain([session], { clock, deadlineMs: 10_000 })
    await clock.advance(1_000)
    expect(session.getState().status).toBe('open')
    await clock.advance(3_000)
    expect(await drained).toMatchObject({ finished: 1 })
    const { order } = session.getState().responses
    expect(order).toHaveLength(2)
  })

  it('closes sessions in the middle of a turn when the deadline passes', async () => {
    const { clock, session } = await start([silence(Number.POSITIVE_INFINITY)])
    session.sendMessage('Go.')
    await clock.advance(500)
    const drained = drain([session], { clock, deadlineMs: 5_000 })
    await clock.advance(5_100)
    const report = await drained
    expect(report).toMatchObject({ cut: 1 })
    expect(report.durationMs).toBeLessThanOrEqual(5_000)
  })

  it('hands over calls with a record, and has the others say goodbye', async () => {
    const { clock, session } = await start()
    const other = await start(['Goodbye.'])
    const store = memoryStore({ clock })
    const persistence = persist(session, store, 'call')
    const goodbye = { instructions: 'Say goodbye.' }
    const first = drain([{ session, persistence }], { clock, deadlineMs: 5_000, goodbye })
    await clock.advance(1_000)
    expect(await first).toMatchObject({ handedOver: 1 })
    expect(await store.list()).toEqual([{ key: 'call' }])
    const heard: string[] = []
    other.session.on('response.output_text.done', ({ text }) => heard.push(text))
    const second = drain([other.session], { clock: other.clock, deadlineMs: 5_000, goodbye })
    await other.clock.advance(3_000)
    expect(await second).toMatchObject({ finished: 1 })
    expect(heard).toEqual(['Goodbye.'])
  })

  it('keeps to the deadline when the store does not reply', async () => {
    const { clock, session } = await start()
    const persistence = { handOver: () => new Promise<void>(() => {}) }
    const drained = drain([{ session, persistence }], { clock, deadlineMs: 3_000 })
    await clock.advance(3_100)
    expect(await drained).toMatchObject({ cut: 1, durationMs: 3_000 })
    expect(clock.pending).toBe(0)
  })

  it('rejects with INVALID_OPTION for an invalid deadline', async () => {
    await expect(drain([], { deadlineMs: Number.NaN })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})

describe('drainOnSignal', () => {
  it('drains the calls that exist when the signal arrives', async () => {
    const { clock, session } = await start()
    const sessions = new Set<typeof session>()
    const onDrained = vi.fn()
    const stop = drainOnSignal(() => sessions, { clock, deadlineMs: 1_000, signals: ['SIGUSR2'], onDrained })
    sessions.add(session)
    process.emit('SIGUSR2')
    await clock.advance(1_000)
    stop()
    expect(onDrained).toHaveBeenCalledWith(expect.objectContaining({ finished: 1 }))
    expect(process.listenerCount('SIGUSR2')).toBe(0)
  })
})
