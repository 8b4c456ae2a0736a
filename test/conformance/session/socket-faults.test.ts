import { createSession, type RestoredEvent, reconnecting, selectItems, webSocket } from 'realtime-primitives'
import { createEmulator } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { describe, expect, it } from 'vitest'
import { tcpProxy } from '../../support/tcp-proxy.js'

const rounds = 60

describe('a session over a socket with repeated faults', () => {
  it('keeps every acknowledged item once, and reports what it restored', async () => {
    const emulator = createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 1 })
    const server = await serve(emulator, {
      refuseUpgrade: ({ attempt }) =>
        attempt % 11 === 10
          ? { status: 503 }
          : attempt % 17 === 16
            ? { status: 429, headers: { 'retry-after': '0' } }
            : undefined,
    })
    const proxy = await tcpProxy(Number(new URL(server.url).port))
    const transport = webSocket({
      baseUrl: `ws://127.0.0.1:${proxy.port}/v1`,
      model: 'gpt-realtime',
      heartbeatMs: 100,
      heartbeatTimeoutMs: 150,
    })
    const session = createSession({
      transport: reconnecting(transport, { minDelayMs: 1, maxDelayMs: 10, stableMs: 0 }),
      config: { output_modalities: ['text'], audio: { input: { turn_detection: null } } },
    })
    const reports: RestoredEvent[] = []
    session.on('restored', (report) => reports.push(report))
    await session.connect()
    try {
      const hurt = [proxy.cut, proxy.reset, proxy.stall]
      const acknowledged: Promise<unknown>[] = []
      for (let round = 0; round < rounds; round++) {
        const id = `item_${round}`
        acknowledged.push(
          session.items.create(
            { type: 'message', role: 'user', id, content: [{ type: 'input_text', text: id }] },
            { timeoutMs: 30_000 },
          ),
        )
        const response = session.respond()
        if (round % 3 === 0) proxy.refuse(2)
        const back = new Promise((resolve) => session.on('restored', resolve))
        hurt[round % hurt.length]?.()
        await Promise.all([back, response.done])
      }
      await Promise.all(acknowledged)

      const expected = Array.from({ length: rounds }, (_, round) => `item_${round}`)
      const ids = selectItems(session.getState()).map(({ id }) => id)
      expect(ids.filter((id) => expected.includes(id))).toEqual(expected)
      expect(new Set(ids).size).toBe(ids.length)
      for (const id of expected) expect(await session.items.retrieve(id)).toMatchObject({ id })
      expect(reports.length).toBeGreaterThanOrEqual(rounds)
      for (const { lost, droppedAppends } of reports) expect([lost, droppedAppends]).toEqual([[], 0])
    } finally {
      await session.close()
      await proxy.close()
      await server.close()
    }
  })
})
