import { reconnecting, type Transport, type TransportHooks, wrapTransport } from 'realtime-primitives'
import { withFallback } from 'realtime-primitives/webrtc'
import { describe, expect, it } from 'vitest'
import { fakeTransport } from '../../support/fake-transport.js'
import { logTransport, typesOf } from '../../support/transport-log.js'

describe('wrapTransport', () => {
  async function opened(hooks: TransportHooks) {
    const inner = fakeTransport()
    const transport = wrapTransport(inner, hooks)
    const log = logTransport(transport)
    const opening = transport.open()
    inner.accept()
    await opening
    return { inner, transport, log }
  }

  it('lets hooks replace, multiply and swallow frames in both directions', async () => {
    const copies = (frame: string, next: (frame: string) => void) => {
      for (let copy = 0; copy < Number(frame); copy++) next(`${frame}.${copy}`)
    }
    const { inner, transport, log } = await opened({ send: copies, onMessage: copies })
    for (const frame of ['0', '1', '2']) {
      transport.send(frame)
      inner.sendFrame(frame)
    }
    const expected = ['1.0', '2.0', '2.1']
    expect(inner.sent).toEqual(expected)
    expect(log.flatMap((entry) => (entry.type === 'message' ? [entry.frame] : []))).toEqual(expected)
  })

  it('runs the hooks of open, close and every event', async () => {
    const ran: string[] = []
    const { inner, transport, log } = await opened({
      async open(next, signal) {
        ran.push('open')
        await next(signal)
      },
      async close(next, code, reason) {
        ran.push(`close ${code} ${reason}`)
        await next(code, reason)
      },
      onOpen(next) {
        ran.push('onOpen')
        next()
      },
      onClose(close, next) {
        ran.push('onClose')
        next({ ...close, reason: 'from the hook' })
      },
    })
    await transport.close(1000, 'bye')
    expect(ran).toEqual(['open', 'onOpen', 'close 1000 bye', 'onClose'])
    expect(inner.closes).toEqual([{ code: 1000, reason: 'bye' }])
    expect(log.at(-1)).toMatchObject({ type: 'close', close: { code: 1000, reason: 'from the hook' } })
  })

  it('keeps members of the inner transport that the contract does not contain', () => {
    const inner = Object.assign(fakeTransport(), { isMuted: false, mute: () => 'muted' })
    const transport = wrapTransport(inner, {})
    expect(transport.mute()).toBe('muted')
    inner.isMuted = true
    expect(transport.isMuted).toBe(true)
  })

  it('listens to the inner transport while it has listeners, also when the inner transport is opened by others', async () => {
    const inner = fakeTransport()
    const transport = wrapTransport(inner, {})
    const off = transport.on('open', () => {})
    const log = logTransport(transport)
    const opening = inner.open()
    inner.accept()
    await opening
    expect(typesOf(log)).toEqual(['open'])
    off()
    off()
    expect(inner.listeners).toBeGreaterThan(0)
  })

  it('leaves no listener on the inner transport after a failed open, and after each use', async () => {
    const inner = fakeTransport()
    const transport: Transport = wrapTransport(inner, {})
    const failing = transport.open()
    inner.refuse(new Error('refused'))
    await expect(failing).rejects.toThrow('refused')
    expect(inner.listeners).toBe(0)
    for (let use = 0; use < 3; use++) {
      const offs = (['open', 'message', 'close', 'reconnecting'] as const).map((type) => transport.on(type, () => {}))
      const opening = transport.open()
      inner.accept()
      await opening
      await transport.close()
      for (const off of offs) off()
      expect(inner.listeners).toBe(0)
    }
  })

  it('forwards events of the inner transport that the contract does not contain', () => {
    const listeners = new Map<string, (event: unknown) => void>()
    const inner = fakeTransport()
    const { on } = inner
    const extended = {
      ...inner,
      on(type: string, listener: (event: never) => void) {
        if (type !== 'trackError') return on(type as 'open', listener as () => void)
        listeners.set(type, listener as (event: unknown) => void)
        return () => void listeners.delete(type)
      },
    }
    const received: unknown[] = []
    const off = wrapTransport(extended, {}).on('trackError', (event) => received.push(event))
    listeners.get('trackError')?.('broken')
    expect(received).toEqual(['broken'])
    off()
    expect(listeners.size).toBe(0)
  })

  it('with a state of its own: listens to the inner transport only while it is opening or open', async () => {
    const inner = fakeTransport()
    let state: Transport['state'] = 'idle'
    const transport = wrapTransport(inner, ({ emit }) => ({
      state: () => state,
      bufferedAmount: (innerAmount) => innerAmount + 1,
      async open(next, signal) {
        state = 'opening'
        await next(signal)
        state = 'open'
        emit('open', undefined)
      },
      onOpen() {},
      onClose() {},
    }))
    const log = logTransport(transport)
    expect(inner.listeners).toBe(0)
    const opening = transport.open()
    inner.accept()
    await opening
    expect([transport.state, transport.bufferedAmount, typesOf(log)]).toEqual(['open', 8, ['open']])
    inner.drop(1006)
    expect(inner.listeners).toBe(4)
    state = 'closed'
    await transport.close()
    expect(inner.listeners).toBe(0)
  })

  it('switchTo: listens to the new inner transport and reads its members', async () => {
    const first = Object.assign(fakeTransport(), { label: 'first' })
    const second = Object.assign(fakeTransport(), { label: 'second', mute: () => 'muted' })
    let switchToSecond = () => {}
    const transport = wrapTransport<Transport & { label: string; mute?: () => string }>(first, ({ switchTo }) => {
      switchToSecond = () => switchTo(second)
      return {}
    })
    const log = logTransport(transport)
    expect([transport.label, transport.mute]).toEqual(['first', undefined])
    switchToSecond()
    expect([transport.label, transport.mute?.()]).toEqual(['second', 'muted'])
    expect(first.listeners).toBe(0)
    const opening = transport.open()
    second.accept()
    await opening
    second.sendFrame('frame')
    expect(typesOf(log)).toEqual(['open', 'message'])
  })

  it('reconnecting and withFallback: keep members of the transport in use', async () => {
    const inner = Object.assign(fakeTransport(), { mute: () => 'muted' })
    const transport = reconnecting(withFallback(inner, fakeTransport()))
    expect(transport.mute?.()).toBe('muted')
    const opening = transport.open()
    inner.accept()
    await opening
    await transport.close()
    expect(inner.listeners).toBe(0)
  })
})
