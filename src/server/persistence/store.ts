import type { JsonObject } from '../../protocol/scalars.js'

/** A record of a store, and how many times its key was written. */
export interface StoredRecord {
  /** 1 after the first write. Each write adds 1. */
  readonly version: number
  /** The value as JSON. Check its shape: another program may have written it. */
  readonly value: unknown
}

/** A write that takes place only if the record has not changed, and if no later lease of the key was granted. */
export interface WriteRequest {
  /** The version of the record that the write replaces. 0 if there is no record. */
  readonly version: number
  /** The fencing token of the writer's lease. */
  readonly token: number
  /** The new value. `undefined` deletes the record. */
  readonly value: JsonObject | undefined
  /** The store deletes the record if it is not written again within this time, in milliseconds. */
  readonly keepMs: number
}

/** The result of a write. */
export type WriteResult =
  | { readonly status: 'written'; readonly version: number }
  /** The record has another version. */
  | { readonly status: 'conflict'; readonly version: number }
  /** A later lease was granted. Its token is `token`. */
  | { readonly status: 'fenced'; readonly token: number }

/**
 * A request for the lease of a key.
 *
 * - `acquire`: succeeds if no lease is in force.
 * - `takeOver`: succeeds always, or with `from` only if that lease is the last one. The writes of earlier holders are refused from then on.
 * - `renew`: extends a lease, even after its expiry, unless a later one was granted.
 * - `release`: ends a lease, unless a later one was granted.
 */
export type LeaseRequest =
  | { readonly action: 'acquire'; readonly holder: string; readonly ttlMs: number }
  | {
      readonly action: 'takeOver'
      readonly holder: string
      readonly ttlMs: number
      /** Token of the lease to take over. The request is refused if a later lease was granted. @defaultValue any lease */
      readonly from?: number | undefined
    }
  | { readonly action: 'renew'; readonly token: number; readonly ttlMs: number }
  | { readonly action: 'release'; readonly token: number }

/** The result of a lease request. */
export type LeaseResult =
  /** The lease is in force. Each new lease of a key has a larger token than all earlier ones. */
  | { readonly status: 'held'; readonly token: number }
  | { readonly status: 'released' }
  /** Another lease was granted. */
  | { readonly status: 'taken'; readonly holder: string; readonly token: number; readonly remainingMs: number }

/** A key of a store. */
export interface StoredKey {
  readonly key: string
  /**
   * The holder of the lease in force. `holderName` returns its name. Absent without a lease: the record then belongs to a call whose process
   * has died.
   */
  readonly holder?: string | undefined
}

/** Options of `list`. */
export interface ListOptions {
  /** Lists only keys that start with this. @defaultValue all keys */
  readonly prefix?: string | undefined
  /** Maximum number of keys. @defaultValue 1_000 */
  readonly limit?: number | undefined
}

/**
 * Where the records of calls are stored. Each operation is atomic. A store rejects when it cannot be reached; callers retry. Check your own
 * store with `storeChecks` of `realtime-primitives/testing`.
 */
export interface CallStore {
  /** Returns the record of a key, or `undefined` if there is none. */
  read(key: string): Promise<StoredRecord | undefined>
  /** Writes or deletes the record of a key. A fenced write is reported as `fenced` even if its version does not match either. */
  compareAndSet(key: string, request: WriteRequest): Promise<WriteResult>
  /** Grants, extends, or ends the lease of a key. */
  lease(key: string, request: LeaseRequest): Promise<LeaseResult>
  /** Lists keys that have a record, in any order. */
  list(options?: ListOptions): Promise<readonly StoredKey[]>
}
