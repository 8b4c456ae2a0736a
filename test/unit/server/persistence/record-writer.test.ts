import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../../src/server/persistence/memory-store.js'
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
      ...{ held: { token: 1, version: 3 }, mayTakeOver: () => false, build: () => ({}) },
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

  it.each([
    ['from a process that may be taken over: takes the lease, and writes', true],
    ['from any other process: reports that the lease is lost', false],
  ] as const)('without a lease, %s', async (_what, mayTakeOver) => {
    const clock = createManualClock()
    const store = memoryStore({ clock })
    await store.lease('call', { action: 'acquire', holder: 'dead', ttlMs: 60_000 })
    const requests: string[] = []
    const log: string[] = []
    const writer = createRecordWriter({
      store: {
        ...store,
        lease(key, request) {
          requests.push(request.action)
          return store.lease(key, request)
        },
      },
      ...{ key: 'call', holder: 'a', clock, leaseMs: 60_000, storeTimeoutMs: 1_000, keepMs: 1_000 },
      ...{ held: undefined, mayTakeOver: (holder) => mayTakeOver && holder === 'dead', build: () => ({ kept: true }) },
      ...{ onRecovered() {}, onFailed: ({ code }) => log.push(code) },
      onWritten: (version) => log.push(`written ${version}`),
      onLost: ({ code, data }) => log.push(`${code} ${data.holder}`),
    })
    writer.change()
    await clock.advance(1_000)
    expect(requests).toEqual(mayTakeOver ? ['acquire', 'takeOver'] : ['acquire'])
    expect(log).toEqual([mayTakeOver ? 'written 1' : 'LEASE_LOST dead'])
    writer.stop()
    expect(clock.pending).toBe(0)
  })
})
