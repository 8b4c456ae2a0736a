import type { InterruptedCall } from '../../features/tools/journal.js'
import { type Clock, systemClock } from '../../internal/clock.js'
import { withDeadline } from '../../internal/deadline.js'
import type { JsonObject } from '../../protocol/scalars.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { SessionSnapshot } from '../../session/restore/snapshot.js'
import { whenOpen } from '../../session/when-open.js'
import { catchUp } from './catch-up.js'
import { isPersistenceError, PersistenceError } from './error.js'
import { leaseRequest, type TakenLease, type TakeOverPolicy, takeOverPolicy } from './lease-request.js'
import { assertKey, type PersistedParts, type PersistenceSettings, withDefaults } from './options.js'
import { type Persistence, startPersistence } from './persist.js'
import { type CallRecord, parseRecord } from './record.js'
import type { CallStore } from './store.js'

/** A call of another process, from its record. */
export interface SavedCall {
  /** For `createSession({ snapshot })`. */
  readonly snapshot: SessionSnapshot
  /** Name of the active agent, for `runAgents({ start })`. */
  readonly agent: string | undefined
  /** The usage so far, for `runUsage(session, { initial })`. */
  readonly usage: CallRecord['usage']
  /** The call id of the service, for `sideband({ callId })`. */
  readonly callId: string | undefined
  /** Data of the app. */
  readonly data: JsonObject | undefined
  /** Ids of the tool calls in progress. They continue by themselves. */
  readonly callIds: readonly string[]
  /** Ids of the calls that waited for approval. They are requested again. */
  readonly approvals: readonly string[]
  /** Whether the user waits for a response: the model was responding, or had not responded to the last turn. */
  readonly awaitsResponse: boolean
}

/** The session of a call, and the features that are persisted with it. */
export interface ResumedParts extends PersistedParts {
  /** The session. It is not connected yet, or only just. */
  readonly session: RealtimeSession
}

/** Options of {@link resume}. */
export interface ResumeOptions<Parts extends ResumedParts> extends PersistenceSettings {
  /**
   * Creates the session and its features. `saved` is `undefined` if there is no record that can be read. The call then starts anew.
   */
  readonly start: (saved: SavedCall | undefined) => Parts
  /**
   * - `expired` waits until the lease of the other process has expired.
   * - `always` takes the call from it at once: use it when the caller has reached this process, as a new telephone stream does.
   * - A function receives the option `holder` of the other process. It returns whether that process is known to be dead, and its call is then
   *   taken at once. Of several processes that try, one gets the call.
   * @defaultValue 'expired'
   */
  readonly takeOver?: 'expired' | 'always' | ((holder: string) => boolean) | undefined
  /** Maximum wait for the lease of another process, in milliseconds. @defaultValue twice `leaseMs` */
  readonly waitMs?: number | undefined
  /**
   * Called when the session of a resumed call is open, and the user waits for a response that no tool call will request.
   * @defaultValue `session.respond()`, except in a session that joined a call
   */
  readonly onContinue?: ((session: RealtimeSession, saved: SavedCall) => void) | undefined
  /** Clock of the operations before the session exists. @defaultValue the system clock */
  readonly clock?: Clock | undefined
}

/** A call that continues in this process, or that starts anew. */
export interface ResumedCall<Parts extends ResumedParts> {
  readonly outcome: 'resumed' | 'started'
  /** What `start` returned. */
  readonly parts: Parts
  readonly session: RealtimeSession
  readonly persistence: Persistence
  /** Why the call starts anew although a record may exist: `INVALID_RECORD`, `UNSUPPORTED_VERSION`, or `STORE_FAILED`. */
  readonly error: PersistenceError | undefined
}

type Claim =
  | { readonly status: 'held'; readonly token: number; readonly version: number; readonly value: unknown }
  | { readonly status: 'unreachable'; readonly error: PersistenceError }

const pollMs = 250

/**
 * Continues a call that another process has persisted, or starts a new one if there is none. Exactly one process continues a call: the one that
 * holds its lease. Tool calls in progress continue: a recorded result is sent, a call that had not started runs, and a call that had started
 * runs again only if its tool is `idempotent`. Connect the session afterwards; a bridge does it.
 *
 * @example
 * ```ts
 * const { session, outcome } = await resume(store, callSid, {
 *   takeOver: 'always',
 *   start(saved) {
 *     const session = createSession({ transport: webSocket({ apiKey, model: 'gpt-realtime-2.1' }), snapshot: saved?.snapshot })
 *     return { session, tools: runTools(session, [book]) }
 *   },
 * })
 * ```
 * @throws {PersistenceError} `LEASE_TAKEN` if another process holds the call, `INVALID_OPTION`. @throws what `start` throws.
 */
export async function resume<Parts extends ResumedParts>(
  store: CallStore,
  key: string,
  options: ResumeOptions<Parts>,
): Promise<ResumedCall<Parts>> {
  assertKey(key)
  const settings = withDefaults(options)
  const mayTakeOver = takeOverPolicy(options.takeOver)
  const claim = await claimCall(store, key, { ...options, ...settings, mayTakeOver })
  let record: CallRecord | undefined
  let error = claim.status === 'unreachable' ? claim.error : undefined
  if (claim.status === 'held' && claim.value !== undefined)
    try {
      record = parseRecord(key, claim.value)
    } catch (cause) {
      if (!isPersistenceError(cause)) throw cause
      error = cause
    }

  const saved = record && savedCallOf(record)
  let parts: Parts
  try {
    parts = options.start(saved)
  } catch (cause) {
    // Another process can try.
    if (claim.status === 'held') await store.lease(key, { action: 'release', token: claim.token }).catch(() => {})
    throw cause
  }
  const { session } = parts
  if (record?.standing) parts.tools?.approvals.addStanding(record.standing)
  const persistence = startPersistence(
    session,
    store,
    key,
    { ...options, callId: record?.callId, ...withoutUndefined(parts) },
    {
      held: claim.status === 'held' ? { token: claim.token, version: claim.version } : undefined,
      calls: record?.calls ?? [],
      mayTakeOver,
      holder: settings.holder,
    },
  )
  if (record && saved) continueCall(record, saved, parts, options)
  return { outcome: record ? 'resumed' : 'started', parts, session, persistence, error }
}

/** Acquires the lease and reads the record. A store that fails for `storeTimeoutMs` is given up: the call is worth more than its record. */
async function claimCall(
  store: CallStore,
  key: string,
  options: ReturnType<typeof withDefaults> & {
    readonly mayTakeOver: TakeOverPolicy
    readonly waitMs?: number | undefined
    readonly clock?: Clock | undefined
  },
): Promise<Claim> {
  const { mayTakeOver, holder, leaseMs, storeTimeoutMs, clock = systemClock, waitMs = 2 * leaseMs } = options
  const startedAt = clock.now()
  const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve))
  const remainingMs = () => startedAt + storeTimeoutMs - clock.now()
  let failures = 0

  function limited<T>(act: () => Promise<T>): Promise<T> {
    const timeoutMs = Math.max(1, Math.min(storeTimeoutMs, remainingMs()))
    const timeoutError = () => new PersistenceError('STORE_TIMEOUT', { timeoutMs: storeTimeoutMs })
    return withDeadline<T>({ clock, timeoutMs, timeoutError }, (resolve, reject) => {
      Promise.resolve().then(act).then(resolve, reject)
      return () => {}
    })
  }

  let operation: 'lease' | 'read' = 'lease'
  let taken: TakenLease | undefined
  for (;;)
    try {
      operation = 'lease'
      const request = leaseRequest(options, taken)
      const lease = await limited(() => store.lease(key, request))
      // If it is its own, an earlier request succeeded although it was reported as failed.
      if (lease.status === 'taken' && lease.holder !== holder) {
        taken = lease
        // A store that refuses to transfer the lease is asked again after a pause.
        if (request.action === 'acquire' && mayTakeOver(lease.holder)) continue
        const waitedMs = clock.now() - startedAt
        const { holder: other, remainingMs: leftMs } = lease
        if (waitedMs >= waitMs) throw new PersistenceError('LEASE_TAKEN', { key, holder: other, remainingMs: leftMs })
        await pause(Math.min(waitMs - waitedMs, Math.max(1, Math.min(pollMs, leftMs))))
        continue
      }
      const token = 'token' in lease ? lease.token : 0
      operation = 'read'
      const record = await limited(() => store.read(key))
      return { status: 'held', token, version: record?.version ?? 0, value: record?.value }
    } catch (cause) {
      if (isPersistenceError(cause, 'LEASE_TAKEN')) throw cause
      failures += 1
      const error = new PersistenceError('STORE_FAILED', { key, operation, attempts: failures }, { cause })
      if (remainingMs() <= 0) return { status: 'unreachable', error }
      await pause(Math.min(100 * failures, remainingMs()))
    }
}

function savedCallOf(record: CallRecord): SavedCall {
  const { snapshot, agent, usage, callId, data, calls, approvals } = record
  return {
    snapshot,
    agent,
    usage,
    callId,
    data,
    callIds: calls.map((call) => call.callId),
    approvals,
    awaitsResponse: record.isResponding || lastTurnIsOpen(snapshot),
  }
}

/** Whether no message of the model follows the last item of the user or of a tool. */
function lastTurnIsOpen({ items }: SessionSnapshot): boolean {
  const last = items.findLast(({ item }) => item.type !== 'message' || item.role !== 'system')
  return last !== undefined && !(last.item.type === 'message' && last.item.role === 'assistant')
}

function continueCall<Parts extends ResumedParts>(
  record: CallRecord,
  saved: SavedCall,
  { session, tools }: Parts,
  { onContinue }: ResumeOptions<Parts>,
): void {
  const isJoined = record.callId !== undefined
  const respond = () => {
    if (onContinue) onContinue(session, saved)
    else if (!isJoined) session.respond()
  }
  async function continueCalls(calls: readonly InterruptedCall[]): Promise<void> {
    if (calls.length > 0) await tools?.continueCalls(calls, { calls: isJoined ? 'on server' : 'lost' })
  }
  async function start(): Promise<void> {
    const [missed] = await Promise.all([isJoined ? catchUp(session, record.calls) : [], continueCalls(record.calls)])
    await continueCalls(missed)
    // The tools report why they were refused. The call continues without them.
    await tools?.ready.catch(() => {})
    const isRunning = tools !== undefined && record.calls.length + missed.length > 0
    if (!isRunning && saved.awaitsResponse && session.getState().status !== 'closed') respond()
  }
  // It rejects when the session closes first.
  whenOpen(session, start).catch(() => {})
}

function withoutUndefined<T extends object>(parts: T): Partial<T> {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Partial<T>
}
