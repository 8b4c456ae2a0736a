import type { WebSocketOptions } from 'realtime-primitives'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createManualClock } from '../../../src/testing/clock.js'
import { startHeartbeat } from '../../../src/transports/heartbeat.js'
import type { OpenSocket, SocketHandlers } from '../../../src/transports/open-socket/socket.js'
import { logTransport } from '../../support/transport-log.js'

const openSocket = vi.fn<OpenSocket>()
// With --no-isolate, files share their modules. This file imports a `webSocket` of its own, which opens the socket above.
vi.resetModules()
vi.doMock('#open-socket', () => ({ openSocket }))
const { webSocket } = await import('realtime-primitives')
afterAll(() => {
  vi.doUnmock('#open-socket')
  vi.resetModules()
})

function watched({ canSend = true } = {}) {
  const clock = createManualClock()
  const sendHeartbeat = vi.fn(() => canSend)
  const onTimeout = vi.fn()
  const heartbeat = startHeartbeat({ clock, intervalMs: 100, timeoutMs: 40, sendHeartbeat, onTimeout })
  return { clock, sendHeartbeat, onTimeout, heartbeat }
}

describe('startHeartbeat', () => {
  it('sends a heartbeat after an interval of silence, and times out once', async () => {
    const { clock, sendHeartbeat, onTimeout } = watched()
    await clock.advance(99)
    expect(sendHeartbeat).not.toHaveBeenCalled()
    await clock.advance(1)
    expect(sendHeartbeat).toHaveBeenCalledOnce()
    await clock.advance(39)
    expect(onTimeout).not.toHaveBeenCalled()
    await clock.advance(1)
    expect(onTimeout).toHaveBeenCalledOnce()
    expect(clock.pending).toBe(0)
  })

  it('sends no heartbeat while the peer is active', async () => {
    const { clock, sendHeartbeat, heartbeat } = watched()
    for (let turn = 0; turn < 50; turn++) {
      await clock.advance(60)
      heartbeat.recordActivity()
    }
    expect(sendHeartbeat).not.toHaveBeenCalled()
    await clock.advance(100)
    expect(sendHeartbeat).toHaveBeenCalledOnce()
  })

  it('repeats heartbeats while the peer responds', async () => {
    const { clock, sendHeartbeat, onTimeout, heartbeat } = watched()
    sendHeartbeat.mockImplementation(() => {
      queueMicrotask(heartbeat.recordActivity)
      return true
    })
    await clock.advance(1_000)
    expect(sendHeartbeat.mock.calls.length).toBeGreaterThanOrEqual(9)
    expect(onTimeout).not.toHaveBeenCalled()
  })

  it('does not time out when no heartbeat can be sent', async () => {
    const { clock, sendHeartbeat, onTimeout } = watched({ canSend: false })
    await clock.advance(1_000)
    expect(sendHeartbeat).toHaveBeenCalledTimes(10)
    expect(onTimeout).not.toHaveBeenCalled()
  })

  it('reports errors of sendHeartbeat to the host, and does not time out', async () => {
    const reported = vi.fn()
    vi.stubGlobal('reportError', reported)
    const { clock, sendHeartbeat, onTimeout } = watched()
    const failure = new Error('no frame')
    sendHeartbeat.mockImplementation(() => {
      throw failure
    })
    await clock.advance(150)
    vi.unstubAllGlobals()
    expect(reported).toHaveBeenCalledWith(failure)
    expect(onTimeout).not.toHaveBeenCalled()
  })

  it('sends another heartbeat after the machine slept', () => {
    let now = 0
    let due = () => {}
    const clock = {
      now: () => now,
      after(_delayMs: number, callback: () => void) {
        due = callback
        return () => {}
      },
    }
    const sendHeartbeat = vi.fn(() => true)
    const onTimeout = vi.fn()
    startHeartbeat({ clock, intervalMs: 100, timeoutMs: 40, sendHeartbeat, onTimeout })
    now = 100
    due()
    now = 9_000
    due()
    expect([sendHeartbeat.mock.calls.length, onTimeout.mock.calls.length]).toEqual([2, 0])
    now = 9_040
    due()
    expect(onTimeout).toHaveBeenCalledOnce()
  })

  it('stop: leaves no timer', async () => {
    const { clock, heartbeat, sendHeartbeat } = watched()
    heartbeat.stop()
    expect(clock.pending).toBe(0)
    await clock.advance(500)
    expect(sendHeartbeat).not.toHaveBeenCalled()
  })
})

/** A `webSocket()` whose socket is played: with a ping, as in Node.js, or without, as in browsers. */
async function overPlayedSocket(options: Partial<WebSocketOptions>, ping?: () => void) {
  const sent: string[] = []
  const abandon = vi.fn()
  let handlers: SocketHandlers | undefined
  openSocket.mockImplementation((_request, given) => {
    handlers = given
    queueMicrotask(() => given.onOpen())
    return {
      bufferedAmount: 0,
      send: (frame) => sent.push(frame) > 0,
      close: () => {},
      abandon,
      ...(ping ? { ping } : {}),
    }
  })
  const transport = webSocket({ url: 'ws://127.0.0.1:9/', heartbeatMs: 100, heartbeatTimeoutMs: 40, ...options })
  const log = logTransport(transport)
  await transport.open()
  return { transport, log, sent, abandon, handlers: handlers as unknown as SocketHandlers }
}

describe('webSocket: heartbeat', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('pings a silent peer, and closes with 1006 without a pong', async () => {
    const ping = vi.fn()
    const { transport, log, sent, abandon } = await overPlayedSocket({ probe: () => 'unused' }, ping)
    await vi.advanceTimersByTimeAsync(100)
    expect(ping).toHaveBeenCalledOnce()
    await vi.advanceTimersByTimeAsync(40)
    expect(log.at(-1)).toEqual({ type: 'close', close: { code: 1006, reason: 'heartbeat', wasClean: false } })
    expect(abandon).toHaveBeenCalledOnce()
    expect(sent).toEqual([])
    expect(transport.state).toBe('closed')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('accepts a pong and any frame as a response', async () => {
    const ping = vi.fn(() => queueMicrotask(() => handlers.onPong()))
    const { transport, handlers } = await overPlayedSocket({}, ping)
    await vi.advanceTimersByTimeAsync(1_000)
    const pings = ping.mock.calls.length
    expect(pings).toBeGreaterThanOrEqual(9)
    for (let turn = 0; turn < 10; turn++) {
      handlers.onMessage('x')
      await vi.advanceTimersByTimeAsync(50)
    }
    expect(ping.mock.calls.length).toBeLessThanOrEqual(pings + 1)
    expect(transport.state).toBe('open')
  })

  it('sends a probe without ping support, and accepts any frame as a response', async () => {
    let count = 0
    const { transport, sent, handlers, log } = await overPlayedSocket({ probe: () => `probe ${++count}` })
    await vi.advanceTimersByTimeAsync(100)
    expect(sent).toEqual(['probe 1'])
    handlers.onMessage('answer')
    await vi.advanceTimersByTimeAsync(100)
    expect(transport.state).toBe('open')
    expect(sent).toEqual(['probe 1', 'probe 2'])
    await vi.advanceTimersByTimeAsync(40)
    expect(log.at(-1)).toEqual({ type: 'close', close: { code: 1006, reason: 'heartbeat', wasClean: false } })
  })

  it.each([
    ['has neither ping nor probe', {}],
    ['is given no frame by its probe', { probe: (): string | undefined => undefined }],
    ['was told never to sendHeartbeat', { heartbeatMs: 0, probe: (): string | undefined => 'unused' }],
  ])('does not time out when it %s', async (_what, options) => {
    const { transport, sent } = await overPlayedSocket(options)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(transport.state).toBe('open')
    expect(sent).toEqual([])
  })

  it('sends no heartbeat while closing', async () => {
    const ping = vi.fn()
    const { transport, handlers, log } = await overPlayedSocket({}, ping)
    const closing = transport.close(3001, 'done')
    await vi.advanceTimersByTimeAsync(1_000)
    handlers.onClose({ code: 3001, reason: 'done', wasClean: true })
    await closing
    expect(ping).not.toHaveBeenCalled()
    expect(log.at(-1)).toEqual({ type: 'close', close: { code: 3001, reason: 'done', wasClean: true } })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('sends no heartbeat after the peer closed', async () => {
    const ping = vi.fn()
    const { handlers } = await overPlayedSocket({}, ping)
    handlers.onClose({ code: 1012, reason: '', wasClean: true })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(ping).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([
    ['heartbeatMs', -1, 0],
    ['heartbeatMs', Number.NaN, 0],
    ['heartbeatTimeoutMs', 0, 1],
    ['heartbeatTimeoutMs', 2 ** 31, 1],
  ])('rejects %s of %d ms', (option, value, min) => {
    expect(() => webSocket({ model: 'm', [option]: value })).toThrow(
      `The option "${option}" must be a whole number between ${min} and 2147483647.`,
    )
  })
})
