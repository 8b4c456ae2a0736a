import { memoryPair, reconnecting, type Transport } from 'realtime-primitives'
import { beta, fromBeta } from 'realtime-primitives/migrate'
import { type TransportHarness, transportChecks } from 'realtime-primitives/testing'
import { describe, expect, it, vi } from 'vitest'

async function harness(wrap: (transport: Transport) => Transport): Promise<TransportHarness> {
  const [near, far] = memoryPair()
  const transport = wrap(near)
  const received: string[] = []
  far.on('message', (frame) => received.push(frame))
  far.open().catch(() => {})
  return {
    transport,
    received,
    send: (frame) => far.send(frame),
    hangUp: (code, reason) => void far.close(code, reason),
    async dispose() {
      await transport.close()
      await far.close()
    },
  }
}

const wrappers: Record<string, (transport: Transport) => Transport> = {
  beta,
  fromBeta,
  'fromBeta(beta)': (near) => fromBeta(beta(near)),
  'reconnecting(fromBeta)': (near) => reconnecting(fromBeta(near)),
}

describe.each(Object.entries(wrappers))('%s', (_name, wrap) => {
  it.each(transportChecks.map(({ name, check }) => [name, check] as const))('%s', async (_fact, check) => {
    const host = await harness(wrap)
    try {
      await expect(check(host)).resolves.toBeUndefined()
    } finally {
      await host.dispose()
    }
  })
})

describe.each([
  ['beta', beta],
  ['fromBeta', fromBeta],
])('%s', (_name, wrap) => {
  it('says of sound and of the session what the transport inside says', () => {
    const [events] = memoryPair()
    const [media] = memoryPair({ audio: 'media' })
    expect(wrap(events).audio).toBe('events')
    expect(wrap(media).audio).toBe('media')
    expect('session' in wrap(events)).toBe(false)
    expect(wrap({ ...events, session: 'joined' }).session).toBe('joined')
  })

  it('listens to the transport inside only while somebody listens to it', () => {
    const [near] = memoryPair()
    let listeners = 0
    const counted: Transport = {
      ...near,
      on: (type, listener) => {
        listeners += 1
        const undo = near.on(type, listener)
        return () => {
          listeners -= 1
          undo()
        }
      },
    }
    const transport = wrap(counted)
    expect(listeners).toBe(0)
    const undos = [transport.on('message', () => {}), transport.on('message', () => {})]
    expect(listeners).toBe(1)
    for (const undo of undos) undo()
    undos[0]?.()
    expect(listeners).toBe(0)
    transport.on('message', () => {})()
    expect(listeners).toBe(0)
  })

  it('goes on when the listener for losses throws', async () => {
    const report = vi.fn()
    vi.stubGlobal('reportError', report)
    try {
      const error = new Error('mine')
      const [near, far] = memoryPair()
      const arrived: string[] = []
      far.on('message', (frame) => arrived.push(frame))
      const transport = wrap(near, {
        onLoss: () => {
          throw error
        },
      })
      await Promise.all([transport.open(), far.open()])
      transport.send('{"type":"session.update","session":{"temperature":1,"truncation":"disabled","reasoning":{}}}')
      await new Promise((resolve) => setImmediate(resolve))
      expect(report).toHaveBeenCalledWith(error)
      expect(arrived).toHaveLength(1)
    } finally {
      vi.unstubAllGlobals()
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
})
