import { memoryPair, type Transport } from 'realtime-primitives'
import { beta, fromBeta } from 'realtime-primitives/migrate'
import { describe, expect, it, vi } from 'vitest'

describe.each([
  ['beta', beta],
  ['fromBeta', fromBeta],
])('%s', (_name, wrap) => {
  it('has the audio mode and the session kind of the inner transport', () => {
    const [events] = memoryPair()
    const [media] = memoryPair({ audio: 'media' })
    expect(wrap(events).audio).toBe('events')
    expect(wrap(media).audio).toBe('media')
    expect('session' in wrap(events)).toBe(false)
    expect(wrap({ ...events, session: 'joined' }).session).toBe('joined')
  })

  it('listens to the inner transport only while it has listeners', () => {
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
    expect(listeners).toBeGreaterThan(0)
    for (const undo of undos) undo()
    undos[0]?.()
    expect(listeners).toBe(0)
    transport.on('message', () => {})()
    expect(listeners).toBe(0)
  })

  it('continues when the loss listener throws', async () => {
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
