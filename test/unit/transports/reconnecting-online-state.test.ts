import { reconnecting } from 'realtime-primitives'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createManualClock } from '../../../src/testing/clock.js'
import { TransportError } from '../../../src/transports/error.js'
import { fakeTransport } from '../../support/fake-transport.js'
import { logTransport } from '../../support/transport-log.js'

/** The globals of a page, with a count of what listens to them. */
class Page extends EventTarget {
  readonly listeners = new Set<unknown>()
  override addEventListener(type: string, listener: EventListener): void {
    this.listeners.add(listener)
    super.addEventListener(type, listener)
  }
  override removeEventListener(type: string, listener: EventListener): void {
    this.listeners.delete(listener)
    super.removeEventListener(type, listener)
  }
}

const navigator = { onLine: true }
let page: Page
let document: Page & { visibilityState?: string }

beforeEach(() => {
  page = new Page()
  document = new Page()
  navigator.onLine = true
  vi.stubGlobal('navigator', navigator)
  vi.stubGlobal('document', document)
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
})

afterEach(() => {
  vi.unstubAllGlobals()
})

async function dropped() {
  const clock = createManualClock()
  const inner = fakeTransport()
  const transport = reconnecting(inner, { clock, random: () => 1 })
  const log = logTransport(transport)
  const opening = transport.open()
  inner.accept()
  await opening
  return { clock, inner, transport, log, listening: () => page.listeners.size + document.listeners.size }
}

describe('reconnecting: online state', () => {
  it('listens to the page only during a delay', async () => {
    const { clock, inner, transport, listening } = await dropped()
    expect(listening()).toBe(0)
    inner.drop(1006)
    expect(listening()).toBe(2)
    await clock.advance(500)
    expect(listening()).toBe(0)
    inner.accept()
    inner.drop(1006)
    expect(listening()).toBe(2)
    await transport.close()
    expect(listening()).toBe(0)
  })

  it('retries at the longest delay while offline', async () => {
    const { clock, inner, log } = await dropped()
    navigator.onLine = false
    inner.drop(1006)
    expect(log.at(-1)).toMatchObject({ type: 'reconnecting', event: { attempt: 1, delayMs: 30_000 } })
    await clock.advance(29_999)
    expect(inner.opens).toBe(1)
    await clock.advance(1)
    expect(inner.opens).toBe(2)
  })

  it('retries immediately when the network returns', async () => {
    const { clock, inner, listening } = await dropped()
    navigator.onLine = false
    inner.drop(1006)
    await clock.advance(5_000)
    navigator.onLine = true
    page.dispatchEvent(new Event('online'))
    expect(inner.opens).toBe(2)
    expect([clock.pending, listening()]).toEqual([0, 0])
  })

  it('retries immediately when the page becomes visible', async () => {
    const { clock, inner } = await dropped()
    inner.drop(1006)
    document.visibilityState = 'hidden'
    document.dispatchEvent(new Event('visibilitychange'))
    expect(inner.opens).toBe(1)
    document.visibilityState = 'visible'
    document.dispatchEvent(new Event('visibilitychange'))
    expect(inner.opens).toBe(2)
    expect(clock.pending).toBe(0)
  })

  it('keeps waiting when the page becomes visible while offline', async () => {
    const { inner } = await dropped()
    navigator.onLine = false
    inner.drop(1006)
    document.visibilityState = 'visible'
    document.dispatchEvent(new Event('visibilitychange'))
    expect(inner.opens).toBe(1)
  })

  it('does not shorten a Retry-After when the page becomes visible', async () => {
    const { clock, inner, listening } = await dropped()
    inner.drop(1013)
    await clock.advance(500)
    inner.refuse(
      new TransportError('CONNECT_FAILED', { url: 'wss://h/', status: 429, reason: 'slow down', retryAfterMs: 7_000 }),
    )
    await clock.advance(0)
    expect(listening()).toBe(0)
    page.dispatchEvent(new Event('online'))
    expect(inner.opens).toBe(2)
    await clock.advance(7_000)
    expect(inner.opens).toBe(3)
  })

  it('works in a worker, which has no document', async () => {
    vi.stubGlobal('document', undefined)
    const { inner } = await dropped()
    inner.drop(1006)
    page.dispatchEvent(new Event('online'))
    expect(inner.opens).toBe(2)
  })

  it('does not listen to globals of a server', async () => {
    vi.stubGlobal('navigator', { userAgent: 'a server' })
    const { inner, listening } = await dropped()
    inner.drop(1006)
    expect(listening()).toBe(0)
  })
})
