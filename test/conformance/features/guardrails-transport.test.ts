import { holdBack, memoryPair, reconnecting } from 'realtime-primitives'
import { type TransportHarness, transportChecks } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'

/** The far end of a pipe whose near end is wrapped. */
async function createHarness(wrap: typeof holdBack): Promise<TransportHarness> {
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

const wraps = {
  'holdBack(memoryPair)': (near) => holdBack(near),
  'holdBack(reconnecting(memoryPair))': (near) => holdBack(reconnecting(near)),
  'holdBack(holdBack(memoryPair))': (near) => holdBack(holdBack(near)),
} satisfies Record<string, typeof holdBack>

describe.each(Object.entries(wraps))('%s', (_name, wrap) => {
  it.each(transportChecks.map(({ name, check }) => [name, check] as const))('%s', async (_fact, check) => {
    const harness = await createHarness(wrap)
    try {
      await expect(check(harness)).resolves.toBeUndefined()
    } finally {
      await harness.dispose()
    }
  })
})
