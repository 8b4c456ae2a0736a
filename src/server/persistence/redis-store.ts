import type { CallStore, LeaseResult, StoredKey, WriteResult } from './store.js'
import { rememberedTokenMs } from './store-entry.js'

/** A client of Redis, as far as {@link redisStore} uses it. A client of the `redis` package has it. */
export interface RedisClientLike {
  /** Sends one command and resolves with its reply. */
  sendCommand(command: string[]): Promise<unknown>
}

/** Options of {@link redisStore}. */
export interface RedisStoreOptions {
  /** Prefix of the keys in Redis. @defaultValue 'realtime' */
  readonly prefix?: string
}

/*
 * A key has two Redis keys: the record, a hash of `version` and `value`, and the lease, a hash of `token`, `holder`, and `expires`. The lease
 * outlives its expiry, so that tokens never repeat. Each operation is one script, which Redis runs atomically and on its own clock.
 */

const nowMs = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

const writeScript = `
local token = tonumber(redis.call('HGET', KEYS[2], 'token') or '0')
if tonumber(ARGV[2]) < token then return {'fenced', token} end
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if version ~= tonumber(ARGV[1]) then return {'conflict', version} end
if ARGV[3] == 'delete' then
  redis.call('DEL', KEYS[1])
  return {'written', 0}
end
redis.call('HSET', KEYS[1], 'version', version + 1, 'value', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return {'written', version + 1}
`

const leaseScript = `${nowMs}
local action, ttl = ARGV[1], tonumber(ARGV[4])
local token = tonumber(redis.call('HGET', KEYS[1], 'token') or '0')
local holder = redis.call('HGET', KEYS[1], 'holder') or ''
local expires = tonumber(redis.call('HGET', KEYS[1], 'expires') or '0')
local function taken() return {'taken', token, holder, math.max(0, expires - now)} end
if action == 'acquire' and expires > now then return taken() end
if action == 'takeOver' and ARGV[2] ~= '' and tonumber(ARGV[2]) ~= token then return taken() end
if action == 'acquire' or action == 'takeOver' then
  token = token + 1
  holder = ARGV[3]
elseif tonumber(ARGV[2]) ~= token then return taken() end
redis.call('HSET', KEYS[1], 'token', token, 'holder', holder, 'expires', now + ttl)
redis.call('PEXPIRE', KEYS[1], ttl + tonumber(ARGV[5]))
if action == 'release' then return {'released', token} end
return {'held', token}
`

const holderScript = `${nowMs}
if tonumber(redis.call('HGET', KEYS[1], 'expires') or '0') > now then return {redis.call('HGET', KEYS[1], 'holder')} end
return {}
`

/**
 * Creates a store in Redis 6 or later. It needs a client of the `redis` package, which is connected. In a cluster, use a client of the cluster
 * that routes commands by their keys.
 *
 * @example
 * ```ts
 * const client = await createClient({ url: 'redis://127.0.0.1:6379' }).on('error', console.error).connect()
 * const store = redisStore(client)
 * ```
 */
export function redisStore(client: RedisClientLike, { prefix = 'realtime' }: RedisStoreOptions = {}): CallStore {
  // The braces are a hash tag: both keys of a call are in one slot of a cluster.
  const recordKey = (key: string) => `${prefix}:{${key}}:record`
  const leaseKey = (key: string) => `${prefix}:{${key}}:lease`
  const run = (script: string, keys: readonly string[], args: readonly (string | number)[]) =>
    client.sendCommand(['EVAL', script, String(keys.length), ...keys, ...args.map(String)]) as Promise<unknown[]>

  async function describe(key: string): Promise<StoredKey> {
    const [holder] = await run(holderScript, [leaseKey(key)], [])
    return holder == null ? { key } : { key, holder: String(holder) }
  }

  return {
    async read(key) {
      const reply = (await client.sendCommand(['HMGET', recordKey(key), 'version', 'value'])) as (string | null)[]
      const [version, value] = reply
      if (version == null || value == null) return undefined
      return { version: Number(version), value: parse(String(value)) }
    },
    async compareAndSet(key, { version, token, value, keepMs }): Promise<WriteResult> {
      const text = value === undefined ? ['delete', ''] : ['write', JSON.stringify(value)]
      const args = [version, token, ...text, Math.ceil(keepMs)]
      const [status, number] = await run(writeScript, [recordKey(key), leaseKey(key)], args)
      if (status === 'fenced') return { status, token: Number(number) }
      return { status: status === 'written' ? 'written' : 'conflict', version: Number(number) }
    },
    async lease(key, request): Promise<LeaseResult> {
      const token = 'token' in request ? request.token : 'from' in request ? (request.from ?? '') : ''
      const holder = 'holder' in request ? request.holder : ''
      const ttlMs = 'ttlMs' in request ? Math.ceil(request.ttlMs) : 0
      const args = [request.action, token, holder, ttlMs, rememberedTokenMs]
      const [status, number, name, remaining] = await run(leaseScript, [leaseKey(key)], args)
      if (status === 'released') return { status }
      if (status === 'held') return { status, token: Number(number) }
      return { status: 'taken', token: Number(number), holder: String(name), remainingMs: Number(remaining) }
    },
    async list({ prefix: keyPrefix = '', limit = 1_000 } = {}) {
      const start = `${prefix}:{${keyPrefix}`
      const keys = new Set<string>()
      let cursor = '0'
      do {
        const match = `${escapePattern(start)}*}:record`
        const reply = await client.sendCommand(['SCAN', cursor, 'MATCH', match, 'COUNT', '500'])
        const [next, page] = reply as [string, string[]]
        cursor = String(next)
        for (const name of page) keys.add(name.slice(prefix.length + 2, -'}:record'.length))
      } while (cursor !== '0' && keys.size < limit)
      return Promise.all([...keys].slice(0, limit).map(describe))
    },
  }
}

/** Returns the value of a record. Text that is not JSON is returned as it is, and the reader of the record reports it. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&')
}
