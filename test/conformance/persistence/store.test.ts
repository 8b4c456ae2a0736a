import {
  type CallStore,
  type DurableObjectStorageLike,
  durableObjectStore,
  memoryStore,
  redisStore,
} from 'realtime-primitives/server'
import { createManualClock, type StoreHarness, storeChecks } from 'realtime-primitives/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasRedis, type RedisServer, startRedis } from '../../support/redis-server.js'

function memoryHarness(wrap: (store: CallStore) => CallStore = (store) => store): StoreHarness {
  const clock = createManualClock()
  return { store: wrap(memoryStore({ clock })), advance: (ms) => clock.advance(ms), dispose: async () => {} }
}

/** A storage of a Durable Object in memory. Transactions run one after the other, and fail without a trace. */
function fakeStorage(): DurableObjectStorageLike {
  const values = new Map<string, string>()
  let last: Promise<unknown> = Promise.resolve()
  const read = (key: string) => {
    const text = values.get(key)
    return text === undefined ? undefined : JSON.parse(text)
  }
  const storage: DurableObjectStorageLike = {
    get: async (key) => read(key),
    put: async (key, value) => void values.set(key, JSON.stringify(value)),
    delete: async (key) => values.delete(key),
    async list({ prefix, limit, startAfter = '' }) {
      const names = [...values.keys()].filter((name) => name.startsWith(prefix) && name > startAfter).sort()
      return new Map(names.slice(0, limit).map((name) => [name, read(name)]))
    },
    transaction(act) {
      const result = last.then(() => act(storage))
      last = result.catch(() => {})
      return result
    },
  }
  return storage
}

function durableObjectHarness(): StoreHarness {
  const clock = createManualClock()
  const store = durableObjectStore(fakeStorage(), { clock: { now: () => clock.now() + 1_700_000_000_000 } })
  return { store, advance: (ms) => clock.advance(ms), dispose: async () => {} }
}

async function run(harness: StoreHarness, check: (harness: StoreHarness) => Promise<void>): Promise<void> {
  try {
    await check(harness)
  } finally {
    await harness.dispose()
  }
}

describe('memoryStore', () => {
  it.each(storeChecks)('$name', ({ check }) => run(memoryHarness(), check))
})

describe('durableObjectStore', () => {
  it.each(storeChecks)('$name', ({ check }) => run(durableObjectHarness(), check))
})

// Without `redis-server` (Debian: apt-get install redis-server), these are skipped.
describe.skipIf(!hasRedis)('redisStore', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  it.each(storeChecks)('$name', async ({ check }) => {
    const [first, second] = [await server.connect(), await server.connect()]
    await first.flushAll()
    const advance = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
    await run({ store: redisStore(first), other: redisStore(second), advance, dispose: async () => {} }, check)
  })

  it('returns a value that is not JSON as text', async () => {
    const client = await server.connect()
    await client.hSet('realtime:{call}:record', { version: '3', value: '{"half' })
    expect(await redisStore(client).read('call')).toEqual({ version: 3, value: '{"half' })
  })
})

describe('storeChecks', () => {
  const broken: readonly (readonly [string, (store: CallStore) => CallStore])[] = [
    ['ignores versions', (store) => ({ ...store, compareAndSet: (key, request) => blind(store, key, request) })],
    [
      'ignores tokens',
      (store) => ({
        ...store,
        compareAndSet: (key, request) => store.compareAndSet(key, { ...request, token: Number.MAX_SAFE_INTEGER }),
      }),
    ],
    [
      'grants every lease',
      (store) => ({
        ...store,
        lease: (key, request) =>
          store.lease(key, request.action === 'acquire' ? { ...request, action: 'takeOver' } : request),
      }),
    ],
    ['lists nothing', (store) => ({ ...store, list: async () => [] })],
    ['reads nothing', (store) => ({ ...store, read: async () => undefined })],
    [
      'keeps records',
      (store) => ({
        ...store,
        compareAndSet: (key, request) => store.compareAndSet(key, { ...request, keepMs: Number.MAX_SAFE_INTEGER }),
      }),
    ],
  ]

  it.each(broken)('fails for a store that %s', async (_, breakStore) => {
    const results = await Promise.allSettled(storeChecks.map(({ check }) => run(memoryHarness(breakStore), check)))
    expect(results.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0)
  })
})

async function blind(store: CallStore, ...[key, request]: Parameters<CallStore['compareAndSet']>) {
  return store.compareAndSet(key, { ...request, version: (await store.read(key))?.version ?? 0 })
}
