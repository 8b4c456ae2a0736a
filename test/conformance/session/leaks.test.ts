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
import { describe, expect, it } from 'vitest'
import { vowel } from '../../support/speech.js'

/** Timers and sockets that keep this process busy. */
function busy(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /Timeout|Immediate|TCP|TLS/.test(name))
    .sort()
}

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

describe('after close', () => {
  it.each([
    ['a socket', (url: string) => webSocket({ baseUrl: url, model: 'm' })],
    ['a socket that reconnects', (url: string) => reconnecting(webSocket({ baseUrl: url, model: 'm' }))],
  ])('nothing is left of a session over %s', async (_name, connect) => {
    const before = busy()
    const server = await serve(createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 0 }))
    const { transport, listeners } = counted(connect(server.url))
    await use(createSession({ transport, config: { audio: { input: { turn_detection: null } } } }))
    expect(listeners()).toBe(0)
    await server.close()
    // The runtime lets go of a socket some turns after it has closed.
    for (let turn = 0; turn < 100 && busy().length > before.length; turn++)
      await new Promise((resolve) => setImmediate(resolve))
    expect(busy()).toEqual(before)
  })

  it('nothing is left of a session in memory', async () => {
    const before = busy()
    const emulator = createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 0 })
    const { transport, listeners } = counted(emulator.connect({ model: 'm' }))
    await use(createSession({ transport, config: { audio: { input: { turn_detection: null } } } }))
    expect(listeners()).toBe(0)
    expect(emulator.sessionCount).toBe(0)
    await emulator.close()
    expect(busy()).toEqual(before)
  })

  it('nothing is left of a session that never connected', async () => {
    const before = busy()
    const { transport, listeners } = counted(memoryPair()[0])
    for (const session of [createSession({ transport }), createTranscriptionSession({ transport })]) {
      const abort = new AbortController()
      const connecting = session.connect({ signal: abort.signal }).catch((error) => error)
      abort.abort(new Error('changed my mind'))
      expect((await connecting).message).toBe('changed my mind')
      await session.close()
    }
    expect(listeners()).toBe(0)
    expect(busy()).toEqual(before)
  })
})
