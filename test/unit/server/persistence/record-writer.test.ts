import { describe, expect, it } from 'vitest'
import { createRecordWriter } from '../../../../src/server/persistence/record-writer.js'
import type { CallStore } from '../../../../src/server/persistence/store.js'
import { createManualClock } from '../../../../src/testing/clock.js'

describe('createRecordWriter', () => {
  it('waits between its attempts when the store refuses the version that it reports', async () => {
    const clock = createManualClock()
    let writes = 0
    const store = {
      lease: async () => ({ status: 'held', token: 1 }),
      async compareAndSet(_key: string, { version }: { readonly version: number }) {
        writes += 1
        return { status: 'conflict', version }
      },
    } as unknown as CallStore
    const failures: string[] = []
    const writer = createRecordWriter({
      ...{ store, key: 'call', holder: 'a', clock, leaseMs: 60_000, storeTimeoutMs: 1_000, keepMs: 1_000 },
      ...{ held: { token: 1, version: 3 }, leaseAction: 'acquire', build: () => ({}) },
      ...{ onWritten() {}, onRecovered() {}, onLost() {}, onFailed: ({ code }) => failures.push(code) },
    })
    writer.change()
    await clock.advance(1_000)
    expect(writes).toBeGreaterThan(1)
    expect(writes).toBeLessThan(6)
    expect(failures).toEqual(Array(writes).fill('STORE_FAILED'))
    writer.stop()
    expect(clock.pending).toBe(0)
  })
})
