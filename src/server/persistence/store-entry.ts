import type { LeaseRequest, LeaseResult, StoredKey, StoredRecord, WriteRequest, WriteResult } from './store.js'

/** A key of a store that keeps records and leases together. Its times are on the clock of the store. */
export interface StoreEntry {
  readonly record: (StoredRecord & { readonly expiresAt: number }) | undefined
  /** The last lease. It stays after its end, so that tokens never repeat. */
  readonly lease: { readonly token: number; readonly holder: string; readonly expiresAt: number }
}

/** How long the token of an ended lease is remembered, in milliseconds. A process that paused longer than this is not fenced. */
export const rememberedTokenMs = 24 * 3_600_000

const unused: StoreEntry = { record: undefined, lease: { token: 0, holder: '', expiresAt: Number.NEGATIVE_INFINITY } }

/** Returns the record if it has not expired. */
export function recordOf(entry: StoreEntry | undefined, now: number): StoredRecord | undefined {
  const record = entry?.record
  return record && record.expiresAt > now ? { version: record.version, value: record.value } : undefined
}

/** Returns a key with its lease, if one is in force. */
export function storedKey(key: string, { lease }: StoreEntry, now: number): StoredKey {
  return lease.expiresAt > now ? { key, holder: lease.holder } : { key }
}

/** Returns whether neither a record nor a token has to be kept. */
export function isObsolete(entry: StoreEntry, now: number): boolean {
  return recordOf(entry, now) === undefined && entry.lease.expiresAt + rememberedTokenMs <= now
}

/** Returns the entry after a write, and the result of the write. */
export function writeEntry(
  before: StoreEntry | undefined,
  { version, token, value, keepMs }: WriteRequest,
  now: number,
): { entry: StoreEntry; result: WriteResult } {
  const entry = before ?? unused
  if (token < entry.lease.token) return { entry, result: { status: 'fenced', token: entry.lease.token } }
  const current = recordOf(entry, now)?.version ?? 0
  if (current !== version) return { entry, result: { status: 'conflict', version: current } }
  const record = value === undefined ? undefined : { version: version + 1, value, expiresAt: now + keepMs }
  return { entry: { ...entry, record }, result: { status: 'written', version: record?.version ?? 0 } }
}

/** Returns the entry after a lease request, and the result of the request. */
export function leaseEntry(
  before: StoreEntry | undefined,
  request: LeaseRequest,
  now: number,
): { entry: StoreEntry; result: LeaseResult } {
  const entry = before ?? unused
  const { lease } = entry
  const taken: LeaseResult = {
    status: 'taken',
    holder: lease.holder,
    token: lease.token,
    remainingMs: Math.max(0, lease.expiresAt - now),
  }
  switch (request.action) {
    case 'acquire':
    case 'takeOver': {
      if (request.action === 'acquire' && lease.expiresAt > now) return { entry, result: taken }
      if (request.action === 'takeOver' && request.from !== undefined && request.from !== lease.token)
        return { entry, result: taken }
      const token = lease.token + 1
      const next = { token, holder: request.holder, expiresAt: now + request.ttlMs }
      return { entry: { ...entry, lease: next }, result: { status: 'held', token } }
    }
    case 'renew': {
      if (request.token !== lease.token) return { entry, result: taken }
      const next = { ...lease, expiresAt: now + request.ttlMs }
      return { entry: { ...entry, lease: next }, result: { status: 'held', token: lease.token } }
    }
    case 'release':
      if (request.token !== lease.token) return { entry, result: taken }
      return { entry: { ...entry, lease: { ...lease, expiresAt: now } }, result: { status: 'released' } }
  }
}
