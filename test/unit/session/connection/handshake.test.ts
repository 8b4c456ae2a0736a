import type { Transport } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { runHandshake } from '../../../../src/session/connection/handshake.js'
import { createHandshakeDeadline } from '../../../../src/session/connection/handshake-deadline.js'
import { createManualClock } from '../../../../src/testing/clock.js'

describe('runHandshake', () => {
  it('sends no request again that was given up while the session was restored', async () => {
    const pending = new Set(['kept', 'given up'])
    const sent: string[] = []
    await runHandshake<{ type: string }, never>({
      signal: new AbortController().signal,
      isConnect: false,
      deadline: createHandshakeDeadline({
        clock: createManualClock(),
        transport: {} as Transport,
        connectTimeoutMs: 1_000,
      }),
      waitForSession: undefined,
      sendNow: ({ type }) => void sent.push(type),
      request: () => Promise.reject(new Error('not expected')),
      takeUnacknowledged: () => [...pending].map((type) => ({ type })),
      configure: async () => {},
      async restore() {
        pending.delete('given up')
        return { itemIds: [], lost: [] }
      },
    })
    expect(sent).toEqual(['kept'])
  })
})
