import type { Clock } from '../../internal/clock.js'
import { withDeadline } from '../../internal/deadline.js'
import { createDeferred, type Deferred } from '../../internal/deferred.js'
import type { JsonObject } from '../../protocol/scalars.js'
import { PersistenceError, type PersistenceErrorData } from './error.js'
import { leaseRequest, type TakenLease, type TakeOverPolicy } from './lease-request.js'
import type { CallStore, LeaseRequest } from './store.js'

/** The lease of a key, and the version of its record. */
export interface HeldRecord {
  readonly token: number
  readonly version: number
}

/** Keeps the lease of a key, and writes its record after each change: one write at a time, each with the latest state. */
export interface RecordWriter {
  /** Notes a change. Returns its number, for `written`. */
  change(): number
  /** Resolves when a change is in the store. Rejects with `LEASE_LOST` or `NOT_WRITTEN`. */
  written(change: number, timeoutMs: number): Promise<void>
  /** Stops, and releases the lease so that another process can acquire it at once. */
  release(): Promise<void>
  /** Stops, deletes the record, and releases the lease. */
  remove(): Promise<void>
  /** Stops without a further operation. */
  stop(): void
}

export interface RecordWriterOptions {
  readonly store: CallStore
  readonly key: string
  readonly holder: string
  readonly clock: Clock
  readonly leaseMs: number
  readonly storeTimeoutMs: number
  readonly keepMs: number
  /** The lease, if it is held already. */
  readonly held: HeldRecord | undefined
  /** From whom the lease may be taken if it is not held. */
  readonly mayTakeOver: TakeOverPolicy
  /** Returns the record as it is now. */
  readonly build: () => JsonObject
  readonly onWritten: (version: number) => void
  /** Called after each failure of the store. */
  readonly onFailed: (error: PersistenceError<'STORE_FAILED'>) => void
  readonly onRecovered: () => void
  /** Another process has the lease. Called once; nothing is written afterwards. */
  readonly onLost: (error: PersistenceError<'LEASE_LOST'>) => void
}

type Phase =
  | { readonly name: 'waiting' }
  | { readonly name: 'holding'; readonly token: number; readonly version: number }
  | { readonly name: 'stopped'; readonly error: PersistenceError }

const firstRetryMs = 100
const maxRetryMs = 2_000
/** How often the last operations are attempted. */
const endAttempts = 6

export function createRecordWriter(options: RecordWriterOptions): RecordWriter {
  const { store, key, holder, clock, leaseMs, storeTimeoutMs, keepMs } = options
  let phase: Phase = options.held ? { name: 'holding', ...options.held } : { name: 'waiting' }
  let changes = 0
  let recorded = 0
  let isRunning = false
  let failures = 0
  let taken: TakenLease | undefined
  let cancelRetry = () => {}
  let cancelRenewal = () => {}
  const waiting = new Map<Deferred<void>, number>()

  /** Calls the store with a timeout. */
  async function call<T>(
    operation: PersistenceErrorData['STORE_FAILED']['operation'],
    act: () => Promise<T>,
  ): Promise<T> {
    const timeoutError = () => new PersistenceError('STORE_TIMEOUT', { timeoutMs: storeTimeoutMs })
    try {
      const result = await withDeadline<T>({ clock, timeoutMs: storeTimeoutMs, timeoutError }, (resolve, reject) => {
        Promise.resolve().then(act).then(resolve, reject)
        return () => {}
      })
      if (failures > 0 && phase.name !== 'stopped') options.onRecovered()
      failures = 0
      return result
    } catch (cause) {
      failures += 1
      throw new PersistenceError('STORE_FAILED', { key, operation, attempts: failures }, { cause })
    }
  }

  function stopWith(error: PersistenceError): void {
    if (phase.name === 'stopped') return
    phase = { name: 'stopped', error }
    cancelRetry()
    cancelRenewal()
    for (const [deferred] of waiting) deferred.reject(error)
    waiting.clear()
  }

  function lose(by: string | undefined): void {
    if (phase.name === 'stopped') return
    const error = new PersistenceError('LEASE_LOST', { key, holder: by })
    stopWith(error)
    options.onLost(error)
  }

  function failed(error: unknown): void {
    if (phase.name !== 'stopped') options.onFailed(error as PersistenceError<'STORE_FAILED'>)
  }

  async function requestLease(request: LeaseRequest): Promise<number | undefined> {
    const result = await call('lease', () => store.lease(key, request))
    if (result.status === 'held') return result.token
    // An earlier request of this writer succeeded, although it was reported as failed.
    if (result.status === 'taken' && result.holder === holder) return result.token
    if (result.status !== 'taken') return undefined
    // Before it holds the lease, this process takes it from one that may be taken over with the next request.
    if (phase.name === 'waiting' && options.mayTakeOver(result.holder)) taken = result
    else lose(result.holder)
    return undefined
  }

  async function acquire(): Promise<void> {
    const token = await requestLease(leaseRequest(options, taken))
    if (token === undefined) return
    const record = await call('read', () => store.read(key))
    if (phase.name === 'waiting') phase = { name: 'holding', token, version: record?.version ?? 0 }
    scheduleRenewal()
  }

  async function write({ token, version }: HeldRecord): Promise<void> {
    const number = changes
    const value = options.build()
    const result = await call('compareAndSet', async () => {
      const written = await store.compareAndSet(key, { version, token, value, keepMs })
      // Repeating the write at once would never end.
      if (written.status === 'conflict' && written.version === version)
        throw new Error('The store refuses the version that it reports.')
      return written
    })
    if (phase.name !== 'holding') return
    if (result.status === 'fenced') {
      lose(undefined)
      return
    }
    // With the lease, a conflict is an earlier write of this process that was reported as failed.
    phase = { ...phase, version: result.version }
    if (result.status === 'conflict') return
    recorded = number
    options.onWritten(result.version)
    for (const [deferred, change] of waiting) {
      if (change > recorded) continue
      waiting.delete(deferred)
      deferred.resolve()
    }
  }

  async function run(): Promise<void> {
    if (isRunning) return
    isRunning = true
    try {
      // All changes of one tick are written together.
      await undefined
      while (phase.name !== 'stopped' && recorded < changes)
        if (phase.name === 'waiting') await acquire()
        else await write(phase)
      isRunning = false
    } catch (error) {
      failed(error)
      const delayMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 10))
      if (phase.name !== 'stopped')
        cancelRetry = clock.after(delayMs, () => {
          isRunning = false
          void run()
        })
    }
  }

  function scheduleRenewal(): void {
    cancelRenewal()
    if (phase.name === 'holding') cancelRenewal = clock.after(leaseMs / 3, renew)
  }

  async function renew(): Promise<void> {
    if (phase.name !== 'holding') return
    try {
      await requestLease({ action: 'renew', token: phase.token, ttlMs: leaseMs })
    } catch (error) {
      failed(error)
    }
    scheduleRenewal()
  }

  async function end(act: (held: HeldRecord) => Promise<unknown>): Promise<void> {
    const held = phase.name === 'holding' ? phase : undefined
    stopWith(new PersistenceError('NOT_WRITTEN', { key, problem: 'the session was closed' }))
    for (let attempt = 1; held; attempt++)
      try {
        await act(held)
        return
      } catch (error) {
        if (attempt === endAttempts) throw error
        await new Promise<void>((resolve) => clock.after(firstRetryMs * 2 ** attempt, resolve))
      }
  }

  scheduleRenewal()

  return {
    change() {
      changes += 1
      void run()
      return changes
    },
    written(change, timeoutMs) {
      if (phase.name === 'stopped') return Promise.reject(phase.error)
      if (change <= recorded) return Promise.resolve()
      const deferred = createDeferred<void>()
      waiting.set(deferred, change)
      const problem = `the store did not record it within ${timeoutMs} ms`
      const cancel = clock.after(timeoutMs, () => {
        waiting.delete(deferred)
        deferred.reject(new PersistenceError('NOT_WRITTEN', { key, problem }))
      })
      return deferred.promise.finally(cancel)
    },
    release: () => end(({ token }) => call('lease', () => store.lease(key, { action: 'release', token }))),
    remove: () =>
      end(async (held) => {
        const { token } = held
        let { version } = held
        // A second attempt follows a write that was in flight.
        for (let attempt = 0; attempt < 3; attempt++) {
          const request = { version, token, value: undefined, keepMs }
          const result = await call('compareAndSet', () => store.compareAndSet(key, request))
          if (result.status !== 'conflict') break
          version = result.version
        }
        await call('lease', () => store.lease(key, { action: 'release', token }))
      }),
    stop() {
      stopWith(new PersistenceError('NOT_WRITTEN', { key, problem: 'persistence was stopped' }))
    },
  }
}
