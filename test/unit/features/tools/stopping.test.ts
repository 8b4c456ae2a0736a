import { runAgents, runMcp, runTools, type Stoppable, tool } from 'realtime-primitives'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createPeer, sessionResource } from '../../../support/peer.js'
import { callOf, created, done, echo, settle, slow, startDroppable, startTools } from './harness.js'

describe('stopped tools', () => {
  it.each(['started', 'settled', 'error'] as const)(
    'do nothing after they were stopped in a listener of "%s"',
    async (event) => {
      const execute = vi.fn(() => 'ok')
      const peer = await startTools([tool({ name: 'pay', execute })])
      peer.run.on(event, () => peer.run.stop())
      const first = event === 'error' ? callOf('unknown', 'c0') : callOf('pay', 'c0')
      await peer.sendEvents(created('r1'), done('r1', [first, callOf('pay', 'c1'), callOf('pay', 'c2')]))
      expect(execute.mock.calls.length).toBeLessThanOrEqual(event === 'settled' ? 3 : 0)
      expect(peer.outputs()).toEqual([])
      expect(peer.clock.pending).toBe(0)
    },
  )

  it.each(['stop', 'close'] as const)('abort background calls (%s)', async (how) => {
    const { tool: report, calls } = slow('report', { scheduling: 'background' })
    const peer = await startTools([report])
    await peer.sendEvents(created('r1'), done('r1', [callOf('report', 'c1')]))
    await peer.acknowledge()
    await peer.sendEvents(created('r2'), done('r2', []))
    if (how === 'stop') peer.run.stop()
    else await peer.session.close()
    await settle()
    expect(calls[0]?.signal.aborted).toBe(true)
    expect(peer.clock.pending).toBe(0)
  })

  it('in the background send an error output after a lost connection', async () => {
    const { tool: report, calls } = slow('report', { scheduling: 'background' })
    const peer = await startDroppable([report])
    await peer.sendEvents(created('r1'), done('r1', [callOf('report', 'c1')]))
    await peer.acknowledgeAll()
    await peer.reconnect()
    expect(calls[0]?.signal.reason).toMatchObject({ code: 'ABORTED', data: { reason: 'connection_lost' } })
    expect(JSON.stringify(peer.log)).toContain('The connection was lost before the tool had finished.')
  })

  it('in great number: wait for their acknowledgements without a warning of the runtime', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    onTestFinished(() => warn.mockRestore())
    const peer = await startTools([echo])
    await peer.sendEvents(
      created('r1'),
      done(
        'r1',
        Array.from({ length: 20 }, (_, at) => callOf('echo', `c${at}`)),
      ),
    )
    await settle()
    expect(peer.outputs()).toHaveLength(20)
    expect(warn).not.toHaveBeenCalled()
  })

  it('settle `ready` at once for a closed session', async () => {
    const peer = createPeer()
    await peer.connect()
    await peer.session.close()
    const run = runTools(peer.session, [echo])
    await expect(run.ready).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(run.setTools([])).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it.each(['runTools', 'runMcp', 'runAgents'] as const)('%s: `using` stops it at the end of a block', async (name) => {
    const peer = createPeer()
    await peer.connect()
    const { on } = peer.session
    let listeners = 0
    const session: typeof peer.session = Object.assign(Object.create(peer.session), {
      on: ((type, listener) => {
        listeners += 1
        const off = on(type, listener)
        return () => {
          listeners -= 1
          off()
        }
      }) as typeof on,
    })
    const features: Record<typeof name, () => Stoppable> = {
      runTools: () => runTools(session, [echo]),
      runMcp: () => runMcp(session),
      runAgents: () => runAgents(session, { start: 'a', agents: [{ name: 'a', instructions: 'Be brief.' }] }),
    }
    const feature = features[name]()
    expect(listeners).toBeGreaterThan(0)
    feature[Symbol.dispose]()
    // The update that was sent before is still acknowledged.
    await peer.sendEvents({ type: 'session.updated', session: sessionResource })
    await settle()
    expect([listeners, peer.clock.pending]).toEqual([0, 0])
    expect(() => feature.stop()).not.toThrow()
  })

  it('work in a runtime without `Symbol.dispose`', () => {
    vi.stubGlobal('Symbol', Object.create(Symbol, { dispose: { value: undefined } }))
    try {
      const run = runMcp(createPeer().session)
      expect(Reflect.ownKeys(run)).toEqual(['stop', 'approvals', 'on'])
      expect(() => run.stop()).not.toThrow()
    } finally {
      vi.unstubAllGlobals()
    }
  })
})
