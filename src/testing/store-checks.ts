import type { CallStore, WriteResult } from '../server/persistence/store.js'

/** A store to check. */
export interface StoreHarness {
  /** A store without records. */
  readonly store: CallStore
  /** Another client of the same store, as another process has it. @defaultValue `store` */
  readonly other?: CallStore | undefined
  /** Lets time pass on the clock of the store. */
  advance(ms: number): Promise<void>
  /** Releases all resources. */
  dispose(): Promise<void>
}

/** A requirement for every store. `check` throws when it is not met. */
export interface StoreCheck {
  readonly name: string
  check(harness: StoreHarness): Promise<void>
}

const keepMs = 600_000
const long = 600_000

/**
 * Requirements for every {@link CallStore}. Run each of them on your own store, with a new harness:
 *
 * ```ts
 * it.each(storeChecks)('$name', async ({ check }) => {
 *   const harness = await createHarness()
 *   try { await check(harness) } finally { await harness.dispose() }
 * })
 * ```
 */
export const storeChecks: readonly StoreCheck[] = [
  {
    name: 'read() returns undefined for a key without a record, also after a lease',
    async check({ store }) {
      equal(await store.read('call'), undefined)
      await store.lease('call', { action: 'acquire', holder: 'a', ttlMs: long })
      equal(await store.read('call'), undefined)
    },
  },
  {
    name: 'compareAndSet() writes JSON unchanged and counts versions',
    async check({ store, other = store }) {
      const value = { text: 'ümlaut – 漢字 🎙 "\\', list: [1, null, { deep: [] }], empty: {}, none: null, yes: true }
      equal(await store.compareAndSet('call', write(0, 0, value)), { status: 'written', version: 1 })
      equal(await other.read('call'), { version: 1, value })
      equal(await other.compareAndSet('call', write(1, 0, { n: 2 })), { status: 'written', version: 2 })
      equal(await store.read('call'), { version: 2, value: { n: 2 } })
    },
  },
  {
    name: 'compareAndSet() refuses another version and changes nothing',
    async check({ store, other = store }) {
      equal(await store.compareAndSet('call', write(3, 0)), { status: 'conflict', version: 0 })
      equal(await store.read('call'), undefined)
      await store.compareAndSet('call', write(0, 0, { n: 1 }))
      equal(await other.compareAndSet('call', write(0, 0, { n: 9 })), { status: 'conflict', version: 1 })
      equal(await other.compareAndSet('call', write(2, 0, { n: 9 })), { status: 'conflict', version: 1 })
      equal(await store.read('call'), { version: 1, value: { n: 1 } })
    },
  },
  {
    name: 'compareAndSet() lets one of many simultaneous writers succeed',
    async check({ store, other = store }) {
      const attempts = Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? store : other).compareAndSet('call', write(0, 0, { n })),
      )
      const results = await Promise.all(attempts)
      const winners = results.flatMap(({ status }, n) => (status === 'written' ? [n] : []))
      equal(winners.length, 1)
      equal(await store.read('call'), { version: 1, value: { n: winners[0] } })
    },
  },
  {
    name: 'compareAndSet() without a value deletes the record, and the next version is 1',
    async check({ store }) {
      await store.compareAndSet('call', write(0, 0))
      const deletion = await store.compareAndSet('call', { version: 1, token: 0, value: undefined, keepMs })
      equal(deletion.status, 'written')
      equal(await store.read('call'), undefined)
      equal(await store.compareAndSet('call', write(0, 0)), { status: 'written', version: 1 })
    },
  },
  {
    name: 'a record expires after keepMs, and a write extends its time',
    async check({ store, advance }) {
      await store.compareAndSet('call', { ...write(0, 0), keepMs: 400 })
      await store.compareAndSet('call', { ...write(1, 0), keepMs: 60_000 })
      await store.compareAndSet('other', { ...write(0, 0), keepMs: 400 })
      await advance(600)
      equal((await store.read('call'))?.version, 2)
      equal(await store.read('other'), undefined)
      equal(await store.list(), [{ key: 'call' }])
    },
  },
  {
    name: 'lease() grants one lease at a time, with the name of its holder',
    async check({ store, other = store }) {
      const first = await store.lease('call', { action: 'acquire', holder: 'a', ttlMs: long })
      equal(first.status, 'held')
      const second = await other.lease('call', { action: 'acquire', holder: 'b', ttlMs: long })
      if (second.status !== 'taken') throw new Error(`expected taken, got ${second.status}`)
      equal(second.holder, 'a')
      equal(second.token, tokenOf(first))
      equal(second.remainingMs > 0 && second.remainingMs <= long, true)
      equal((await other.lease('another', { action: 'acquire', holder: 'b', ttlMs: long })).status, 'held')
    },
  },
  {
    name: 'lease() lets one of many simultaneous holders acquire it',
    async check({ store, other = store }) {
      const attempts = Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? store : other).lease('call', { action: 'acquire', holder: `node ${n}`, ttlMs: long }),
      )
      equal((await Promise.all(attempts)).filter(({ status }) => status === 'held').length, 1)
    },
  },
  {
    name: 'an expired lease can be acquired with a larger token, and its holder cannot renew it',
    async check({ store, other = store, advance }) {
      const first = tokenOf(await store.lease('call', { action: 'acquire', holder: 'a', ttlMs: 300 }))
      await advance(500)
      const second = tokenOf(await other.lease('call', { action: 'acquire', holder: 'b', ttlMs: long }))
      equal(second > first, true)
      equal((await store.lease('call', { action: 'renew', token: first, ttlMs: long })).status, 'taken')
      equal((await store.lease('call', { action: 'release', token: first })).status, 'taken')
      equal((await store.lease('call', { action: 'acquire', holder: 'a', ttlMs: long })).status, 'taken')
    },
  },
  {
    name: 'renew extends a lease, also after its expiry if no other was granted',
    async check({ store, other = store, advance }) {
      const token = tokenOf(await store.lease('call', { action: 'acquire', holder: 'a', ttlMs: 300 }))
      equal(await store.lease('call', { action: 'renew', token, ttlMs: long }), { status: 'held', token })
      await advance(500)
      equal((await other.lease('call', { action: 'acquire', holder: 'b', ttlMs: long })).status, 'taken')
      equal(await store.lease('call', { action: 'renew', token, ttlMs: 50 }), { status: 'held', token })
      await advance(200)
      equal(await store.lease('call', { action: 'renew', token, ttlMs: long }), { status: 'held', token })
      equal((await other.lease('call', { action: 'acquire', holder: 'b', ttlMs: long })).status, 'taken')
    },
  },
  {
    name: 'takeOver gets a lease in force, and the earlier holder is fenced',
    async check({ store, other = store }) {
      const first = tokenOf(await store.lease('call', { action: 'acquire', holder: 'a', ttlMs: long }))
      equal((await store.compareAndSet('call', write(0, first, { n: 1 }))).status, 'written')
      const second = tokenOf(await other.lease('call', { action: 'takeOver', holder: 'b', ttlMs: long }))
      equal(second > first, true)
      equal(await store.compareAndSet('call', write(1, first, { n: 2 })), { status: 'fenced', token: second })
      equal(await store.compareAndSet('call', write(7, first, { n: 2 })), { status: 'fenced', token: second })
      equal(await other.read('call'), { version: 1, value: { n: 1 } })
      equal((await other.compareAndSet('call', write(1, second, { n: 3 }))).status, 'written')
    },
  },
  {
    name: 'takeOver with from gets only that lease, so that one of several processes takes it',
    async check({ store, other = store }) {
      const from = tokenOf(await store.lease('call', { action: 'acquire', holder: 'a', ttlMs: long }))
      const attempts = Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? store : other).lease('call', { action: 'takeOver', holder: `node ${n}`, ttlMs: long, from }),
      )
      equal((await Promise.all(attempts)).filter(({ status }) => status === 'held').length, 1)
      equal((await store.lease('call', { action: 'takeOver', holder: 'b', ttlMs: long, from })).status, 'taken')
    },
  },
  {
    name: 'a holder whose lease expired can write until another lease is granted',
    async check({ store, other = store, advance }) {
      const first = tokenOf(await store.lease('call', { action: 'acquire', holder: 'a', ttlMs: 100 }))
      await advance(300)
      equal((await store.compareAndSet('call', write(0, first))).status, 'written')
      await other.lease('call', { action: 'acquire', holder: 'b', ttlMs: long })
      equal((await store.compareAndSet('call', write(1, first))).status, 'fenced')
    },
  },
  {
    name: 'a released lease can be acquired at once, and tokens grow after the record was deleted',
    async check({ store, other = store }) {
      const first = tokenOf(await store.lease('call', { action: 'acquire', holder: 'a', ttlMs: long }))
      await store.compareAndSet('call', write(0, first))
      await store.compareAndSet('call', { version: 1, token: first, value: undefined, keepMs })
      equal(await store.lease('call', { action: 'release', token: first }), { status: 'released' })
      const second = tokenOf(await other.lease('call', { action: 'acquire', holder: 'b', ttlMs: long }))
      equal(second > first, true)
      equal((await store.compareAndSet('call', write(0, first))).status, 'fenced')
    },
  },
  {
    name: 'list() returns the holder of a lease in force',
    async check({ store, other = store, advance }) {
      await store.compareAndSet('call', write(0, 0))
      await store.lease('call', { action: 'acquire', holder: 'a', ttlMs: 300 })
      equal(await other.list(), [{ key: 'call', holder: 'a' }])
      await advance(500)
      equal(await other.list(), [{ key: 'call' }])
    },
  },
  {
    name: 'list() returns the keys with a record, by prefix, and whether they are leased',
    async check({ store, other = store }) {
      const keys = ['a:1', 'a:2', 'a*:3', 'b:{x}', 'b:[y]']
      for (const key of keys) await store.compareAndSet(key, write(0, 0))
      await store.lease('a:2', { action: 'acquire', holder: 'n', ttlMs: long })
      await store.lease('a:9', { action: 'acquire', holder: 'n', ttlMs: long })
      const listed = async (prefix?: string) =>
        (await other.list({ prefix })).map(({ key, holder }) => `${key}${holder === undefined ? '' : ' leased'}`).sort()
      equal(await listed('a:'), ['a:1', 'a:2 leased'])
      equal(await listed('a*'), ['a*:3'])
      equal(await listed(), ['a*:3', 'a:1', 'a:2 leased', 'b:[y]', 'b:{x}'])
      equal((await other.list({ limit: 2 })).length, 2)
    },
  },
]

function write(version: number, token: number, value: Record<string, unknown> = { n: 0 }) {
  return { version, token, value, keepMs }
}

function tokenOf(result: { readonly status: string; readonly token?: number } | WriteResult): number {
  if (result.status !== 'held' || !('token' in result)) throw new Error(`expected held, got ${result.status}`)
  return result.token as number
}

function equal(actual: unknown, expected: unknown): void {
  const [found, wanted] = [stable(actual), stable(expected)]
  if (found !== wanted) throw new Error(`expected ${wanted}, got ${found}`)
}

/** Returns a value as JSON with sorted keys. */
function stable(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'object' && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    ) ?? 'undefined'
  )
}
