import { describe, expect, it, vi } from 'vitest'
import { whenOpen } from '../../../src/session/when-open.js'
import { createPeer, settle } from '../../support/peer.js'

describe('whenOpen', () => {
  it('acts at once when the session is open', async () => {
    const peer = createPeer()
    await peer.connect()
    const act = vi.fn(async () => 'done')
    const acted = whenOpen(peer.session, act)
    expect(act).toHaveBeenCalledTimes(1)
    expect(await acted).toBe('done')
  })

  it('acts before listeners to status, so that what it sends comes first', async () => {
    const peer = createPeer()
    const order: string[] = []
    peer.session.on('status', ({ status }) => {
      if (status !== 'open') return
      order.push('status')
      peer.session.respond()
    })
    const acted = whenOpen(peer.session, async () => {
      order.push('act')
      peer.session.send({ type: 'input_audio_buffer.clear' })
    })
    await peer.connect()
    await acted
    await settle()
    expect(order).toEqual(['act', 'status'])
    expect(peer.sentEvents.map(({ type }) => type)).toEqual(['input_audio_buffer.clear', 'response.create'])
  })

  it('rejects with the reason of the signal when it aborts, and does not act', async () => {
    const peer = createPeer()
    const act = vi.fn(async () => {})
    const controller = new AbortController()
    const reason = new Error('stopped')
    const acted = whenOpen(peer.session, act, controller.signal)
    controller.abort(reason)
    await expect(acted).rejects.toBe(reason)
    await expect(whenOpen(peer.session, act, controller.signal)).rejects.toBe(reason)
    await peer.connect()
    expect(act).not.toHaveBeenCalled()
  })

  it('rejects with CLOSED and the close code when the session closes, and causes no unhandled rejection', async () => {
    const peer = createPeer()
    const acted = whenOpen(peer.session, async () => {})
    void whenOpen(peer.session, async () => {})
    await peer.session.close(3_000, 'enough')
    await settle()
    await expect(acted).rejects.toMatchObject({ code: 'CLOSED', data: { code: 3_000, reason: 'enough' } })
    await expect(whenOpen(peer.session, async () => {})).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('rejects like the action', async () => {
    const peer = createPeer()
    await peer.connect()
    const acted = whenOpen(peer.session, () => Promise.reject(new RangeError('no')))
    await expect(acted).rejects.toThrow(RangeError)
  })
})
