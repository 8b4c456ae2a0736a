import type { AgentRun } from '../../features/agents/run-agents.js'
import type { ToolRun } from '../../features/tools/run-tools.js'
import type { UsageMeter } from '../../features/usage/run-usage.js'
import { createId, prefixOf } from '../../internal/id.js'
import type { JsonObject } from '../../protocol/scalars.js'
import { PersistenceError } from './error.js'

/** What {@link persist} records besides the session. */
export interface PersistedParts {
  /** The tools or the agents of the session. Their calls are recorded, and the agent in charge. */
  readonly tools?: ToolRun | AgentRun | undefined
  /** The usage of the session. */
  readonly usage?: UsageMeter | undefined
  /** The call id of the service, if the session joined a WebRTC or SIP call with `sideband`. Another process joins the call by it. */
  readonly callId?: string | undefined
  /** Returns data of the app, as plain JSON. It is read at each write. If it throws, the record keeps the last data. */
  readonly data?: (() => JsonObject) | undefined
}

/** How a call is persisted. */
export interface PersistenceSettings {
  /** Name of this process in errors of others. @defaultValue 'node' */
  readonly holder?: string | undefined
  /**
   * How long another process waits before it can continue the call of a process that died, in milliseconds. The lease is renewed three times
   * in this time.
   * @defaultValue 3_000
   */
  readonly leaseMs?: number | undefined
  /** Timeout of one operation of the store, in milliseconds. @defaultValue 5_000 */
  readonly storeTimeoutMs?: number | undefined
  /** How long a tool call waits until its start is recorded, in milliseconds. Then it fails with `NOT_RECORDED`. @defaultValue 15_000 */
  readonly recordTimeoutMs?: number | undefined
  /** How long the store keeps the record of a call that no process continues, in milliseconds. @defaultValue 3_600_000 */
  readonly keepMs?: number | undefined
  /**
   * Maximum size of a record, in characters of JSON. Above it, the oldest items of the conversation are left out, and `trimmed` is emitted.
   * @defaultValue 1_000_000
   */
  readonly maxRecordLength?: number | undefined
}

/** Options of {@link persist}. */
export interface PersistOptions extends PersistedParts, PersistenceSettings {}

/**
 * Returns the option `holder` of the process that has a lease. The store has it with a random part, which distinguishes two processes of the
 * same name.
 *
 * @example
 * ```ts
 * const orphans = (await store.list()).filter(({ holder }) => holder !== undefined && dead.has(holderName(holder)))
 * ```
 */
export function holderName(holder: string): string {
  return prefixOf(holder)
}

/** @throws {PersistenceError} `INVALID_OPTION`. */
export function withDefaults(options: PersistenceSettings) {
  const positive = (option: keyof PersistenceSettings, fallback: number): number => {
    const value = options[option] ?? fallback
    if (typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY) return value
    throw new PersistenceError('INVALID_OPTION', { option, problem: 'must be a positive, finite number' })
  }
  return {
    // The random part distinguishes two processes with the same name.
    holder: createId(options.holder ?? 'node'),
    leaseMs: positive('leaseMs', 3_000),
    storeTimeoutMs: positive('storeTimeoutMs', 5_000),
    recordTimeoutMs: positive('recordTimeoutMs', 15_000),
    keepMs: positive('keepMs', 3_600_000),
    maxRecordLength: positive('maxRecordLength', 1_000_000),
  }
}

/** @throws {PersistenceError} `INVALID_OPTION`. */
export function assertKey(key: unknown): asserts key is string {
  if (typeof key === 'string' && key !== '' && key.length <= 512) return
  throw new PersistenceError('INVALID_OPTION', { option: 'key', problem: 'must be a string of 1 to 512 characters' })
}
