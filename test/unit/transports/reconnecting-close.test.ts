import { describe, expect, it } from 'vitest'
import { settle } from '../../support/peer.js'
import { setUpReconnecting, timeout } from '../../support/reconnecting.js'
import { typesOf } from '../../support/transport-log.js'

describe('reconnecting: close', () => {
  it('close: closes an open connection without reconnecting', async () => {
    const { clock, inner, transport, open, log } = setUpReconnecting()
    await open()
    await Promise.all([transport.close(3001, 'done'), transport.close()])
    expect(log.slice(1)).toEqual([{ type: 'close', close: { code: 3001, reason: 'done', wasClean: true } }])
    expect(inner.closes).toEqual([{ code: 3001, reason: 'done' }])
    expect([transport.state, clock.pending, inner.listeners]).toEqual(['closed', 0, 0])
  })

  it('close: does not retry when the connection is lost while closing', async () => {
    const { inner, transport, log, open } = setUpReconnecting()
    inner.close = async () => inner.drop(1006)
    await open()
    await transport.close(3001, 'done')
    expect(log.slice(1)).toEqual([{ type: 'close', close: { code: 1006, reason: '', wasClean: false } }])
  })

  it('close: emits close although the inner transport does not', async () => {
    const { inner, transport, log, open } = setUpReconnecting()
    inner.close = async () => {}
    await open()
    await transport.close(3001, 'done')
    expect(log.slice(1)).toEqual([{ type: 'close', close: { code: 3001, reason: 'done', wasClean: true } }])
  })

  it('close: closes an inner transport that opens afterwards', async () => {
    const { clock, inner, transport, open } = setUpReconnecting()
    await open()
    let finishOpening = () => {}
    inner.open = () =>
      new Promise((resolve) => {
        finishOpening = resolve
      })
    inner.drop(1006)
    await clock.advance(1_000)
    expect(transport.state).toBe('opening')
    let closes = 0
    inner.close = async () => {
      closes += 1
    }
    await transport.close()
    finishOpening()
    await settle()
    expect(closes).toBe(2)
    expect(transport.state).toBe('closed')
  })

  it('close: stays open when the inner transport rejects', async () => {
    const { inner, transport, open, news } = setUpReconnecting()
    const refusal = new Error('not now')
    const close = inner.close
    inner.close = () => Promise.reject(refusal)
    await open()
    await expect(transport.close()).rejects.toBe(refusal)
    expect(transport.state).toBe('open')
    transport.send('still here')
    inner.close = close
    await transport.close()
    expect(news()).toEqual(['open', 'close'])
  })

  it('send: throws NOT_OPEN while closing', async () => {
    const { transport, open } = setUpReconnecting()
    await open()
    const closing = transport.close()
    expect(() => transport.send('late')).toThrow('The transport is closed. Await open() before send().')
    await closing
  })

  it('close: ends a delay immediately with the given code', async () => {
    const { clock, inner, transport, open, log } = setUpReconnecting()
    await open()
    inner.drop(1006)
    const waiting = transport.open()
    const closed = transport.close(3001, 'done')
    expect(log.at(-1)).toEqual({ type: 'close', close: { code: 3001, reason: 'done', wasClean: false } })
    await closed
    await transport.close()
    await expect(waiting).rejects.toThrow('The transport was closed (3001: done). Open it again to continue.')
    await clock.advance(60_000)
    expect(typesOf(log)).toEqual(['open', 'reconnecting', 'close'])
    expect([transport.state, clock.pending, inner.listeners, inner.opens]).toEqual(['closed', 0, 0, 1])
  })

  it('close: ends an attempt immediately with the given code', async () => {
    const { clock, inner, transport, open, log } = setUpReconnecting()
    await open()
    inner.drop(1006)
    await clock.advance(500)
    expect(inner.state).toBe('opening')
    await transport.close(3001, 'done')
    expect(log.at(-1)).toEqual({ type: 'close', close: { code: 3001, reason: 'done', wasClean: false } })
    expect(inner.closes).toEqual([{ code: 3001, reason: 'done' }])
    expect([transport.state, clock.pending, inner.listeners]).toEqual(['closed', 0, 0])
  })

  it('close: rejects open() and emits no close when it never was open', async () => {
    const { clock, inner, transport, log } = setUpReconnecting()
    const opening = transport.open()
    inner.refuse(timeout())
    await settle()
    const closed = transport.close(3001, 'done')
    await expect(opening).rejects.toMatchObject({ code: 'CLOSED', data: { code: 3001, reason: 'done' } })
    await closed
    expect(typesOf(log)).toEqual(['reconnecting'])
    expect([clock.pending, inner.listeners]).toEqual([0, 0])
  })

  it.each(['open', 'reconnecting', 'close'] as const)('close: can be called in a listener of %s', async (type) => {
    const { clock, inner, transport, open, news } = setUpReconnecting()
    transport.on(type, () => void transport.close(3001, 'done'))
    await open()
    await settle()
    if (type !== 'open') inner.drop(type === 'close' ? 1000 : 1006)
    await clock.advance(60_000)
    expect(news()).toEqual(type === 'reconnecting' ? ['open', 'reconnecting', 'close'] : ['open', 'close'])
    expect([transport.state, clock.pending, inner.listeners]).toEqual(['closed', 0, 0])
  })

  it('open: can be called in a close listener', async () => {
    const { inner, transport, open } = setUpReconnecting()
    let again: Promise<void> | undefined
    const undo = transport.on('close', () => {
      undo()
      again = transport.open()
    })
    await open()
    inner.drop(1006)
    await transport.close()
    inner.accept()
    await again
    expect([transport.state, inner.opens]).toEqual(['open', 2])
  })

  it('close: rejects an invalid code and stays open', async () => {
    const { inner, transport, open, news } = setUpReconnecting()
    await open()
    inner.drop(1006)
    await expect(transport.close(1006)).rejects.toThrow('The option "code" must be 1000 or between 3000 and 4999.')
    expect(news()).toEqual(['open', 'reconnecting'])
    expect(transport.state).toBe('opening')
  })

  it('closes before it was ever opened', async () => {
    const { transport, news } = setUpReconnecting()
    await transport.close()
    expect(transport.state).toBe('closed')
    expect(news()).toEqual([])
  })
})
