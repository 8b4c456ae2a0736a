import {
  createSession,
  createTranscriptionSession,
  memoryPair,
  type RealtimeSession,
  reconnecting,
  type Transport,
  webSocket,
} from 'realtime-primitives'
import { createEmulator } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { vowel } from '../../support/speech.js'

/** Sockets and servers that keep this process busy. */
const sockets = () => process.getActiveResourcesInfo().filter((name) => /TCP|TLS/.test(name)).length

/** Waits until no more sockets are open than before: the runtime lets go of them some time after they have closed. */
async function socketsGone(before: number): Promise<void> {
  for (let turn = 0; turn < 400 && sockets() > before; turn++)
    await new Promise((resolve) => realSetTimeout(resolve, 5))
  expect(sockets()).toBeLessThanOrEqual(before)
}

const realSetTimeout = globalThis.setTimeout
const timers = new Set<unknown>()

beforeEach(() => {
  timers.clear()
  const { clearTimeout: clear } = globalThis
  vi.stubGlobal('setTimeout', (callback: () => void, ms?: number) => {
    const timer = realSetTimeout(() => {
      timers.delete(timer)
      callback()
    }, ms)
    timers.add(timer)
    return timer
  })
  vi.stubGlobal('clearTimeout', (timer: NodeJS.Timeout) => {
    timers.delete(timer)
    clear(timer)
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

/** A transport that counts who listens to it. */
function counted(inner: Transport): { transport: Transport; listeners: () => number } {
  let count = 0
  const transport = Object.create(inner) as Transport
  transport.on = (type, listener) => {
    count += 1
    const undo = inner.on(type, listener)
    let isUndone = false
    return () => {
      if (!isUndone) count -= 1
      isUndone = true
      undo()
    }
  }
  return { transport, listeners: () => count }
}

async function use(session: RealtimeSession): Promise<void> {
  await session.connect()
  session.audio.append(vowel(200))
  await session.update({ instructions: 'Be brief.' })
  const response = session.respond({ output_modalities: ['text'] })
  for await (const words of response.text()) expect(words).not.toBe('')
  await response.done
  session.respond()
  const waiting = session.waitFor('mcp_list_tools.failed').catch(() => {})
  const reading = session.events()
  await session.close()
  await waiting
  await reading.next()
}

describe('after close, no listener, timer, or object remains', () => {
  it.each([
    ['a socket', (url: string) => webSocket({ baseUrl: url, model: 'gpt-realtime' })],
    ['a socket that reconnects', (url: string) => reconnecting(webSocket({ baseUrl: url, model: 'gpt-realtime' }))],
  ])('of a session over %s', async (_name, connect) => {
    const before = sockets()
    const server = await serve(createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 0 }))
    const { transport, listeners } = counted(connect(server.url))
    await use(createSession({ transport, config: { audio: { input: { turn_detection: null } } } }))
    expect(listeners()).toBe(0)
    await server.close()
    await socketsGone(before)
    expect(timers.size).toBe(0)
  })

  it('of a session in memory', async () => {
    const emulator = createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 0 })
    const { transport, listeners } = counted(emulator.connect({ model: 'gpt-realtime' }))
    await use(createSession({ transport, config: { audio: { input: { turn_detection: null } } } }))
    expect(listeners()).toBe(0)
    expect(emulator.sessionCount).toBe(0)
    await emulator.close()
    expect(timers.size).toBe(0)
  })

  it('of a session that never connected', async () => {
    const { transport, listeners } = counted(memoryPair()[0])
    for (const session of [createSession({ transport }), createTranscriptionSession({ transport })]) {
      const abort = new AbortController()
      const connecting = session.connect({ signal: abort.signal }).catch((error) => error)
      abort.abort(new Error('changed my mind'))
      expect((await connecting).message).toBe('changed my mind')
      await session.close()
    }
    expect(listeners()).toBe(0)
    expect(timers.size).toBe(0)
  })
})
