import { createEmitter, type Emitter, reportToHost } from '../../internal/emitter.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import type { JsonObject } from '../../protocol/scalars.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { createCallJournal } from './call-journal.js'
import type { PersistenceError } from './error.js'
import type { TakeOverPolicy } from './lease-request.js'
import { assertKey, type PersistedParts, type PersistOptions, withDefaults } from './options.js'
import { type CallRecord, type RecordedCall, recordFormat, recordVersion } from './record.js'
import { createRecordWriter, type HeldRecord, type RecordWriter } from './record-writer.js'
import { isResponding, playedSnapshot, watchSession } from './session-record.js'
import type { CallStore } from './store.js'

/** Events of a {@link Persistence}. */
export interface PersistenceEvents {
  /** The store has the record, in this version. */
  written: { readonly version: number }
  /** The store failed. The call continues, and the operation is repeated. */
  failed: PersistenceError<'STORE_FAILED'>
  /** The store works again. */
  recovered: { readonly key: string }
  /** Another process has continued the call. The session of this one is closed. */
  lost: PersistenceError<'LEASE_LOST'>
  /** The record was too long, so the oldest items of the conversation were left out. Emitted when the number grows. */
  trimmed: { readonly items: number }
}

/** A call that is being persisted. When its session closes, it ends: see `persist`. */
export interface Persistence extends Stoppable {
  readonly key: string
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof PersistenceEvents>(type: K, listener: (event: PersistenceEvents[K]) => void): () => void
  /**
   * Resolves when the store has everything up to now.
   * @throws {PersistenceError} `NOT_WRITTEN`, `LEASE_LOST`.
   */
  flush(): Promise<void>
  /**
   * Writes the record a last time and releases the lease, so that another process can continue the call at once. Close the session afterwards.
   * The record is kept.
   * @throws {PersistenceError} `NOT_WRITTEN` if the store cannot be reached. The lease then expires by itself.
   */
  handOver(): Promise<void>
  /** Ends the call: deletes its record and releases the lease. */
  end(): Promise<void>
  /**
   * Stops recording. The record stays, and the lease expires. Later tool calls fail with `NOT_RECORDED`, because another process may continue the
   * call.
   */
  stop(): void
}

/** What `resume` knows before the call continues. */
export interface PersistStart {
  readonly held: HeldRecord | undefined
  readonly calls: readonly RecordedCall[]
  readonly mayTakeOver: TakeOverPolicy
  /** The name under which the lease was requested. */
  readonly holder?: string
}

/**
 * Records a call in a store after each change, so that `resume` continues it in another process: configuration, conversation, active agent, tool
 * calls with their results and idempotency keys, approvals, usage, and what was played. Writes never delay audio or events. A tool starts once
 * its start is recorded, so that no other process runs it again. If the session closes without an error, the record is deleted; otherwise
 * it stays for another process.
 *
 * @example
 * ```ts
 * const tools = runTools(session, [book])
 * const persistence = persist(session, store, 'call_1', { tools })
 * persistence.on('failed', (error) => console.warn(error.message))
 * ```
 * @throws {PersistenceError} `INVALID_OPTION`.
 */
export function persist(
  session: RealtimeSession,
  store: CallStore,
  key: string,
  options: PersistOptions = {},
): Persistence {
  return startPersistence(session, store, key, options, { held: undefined, calls: [], mayTakeOver: () => false })
}

/** Starts to record a call, which may be one of another process. */
export function startPersistence(
  session: RealtimeSession,
  store: CallStore,
  key: string,
  options: PersistOptions,
  start: PersistStart,
): Persistence {
  assertKey(key)
  const settings = withDefaults(options)
  const emitter = createEmitter<PersistenceEvents>()
  const build = createRecordBuilder(session, options, settings.maxRecordLength, () => journal.calls(), emitter)
  let isRecording = true
  /** The last operation. Only the first one takes place. */
  let ending: Promise<void> | undefined

  const writer = createRecordWriter({
    ...settings,
    holder: start.holder ?? settings.holder,
    store,
    key,
    clock: session.clock,
    held: start.held,
    mayTakeOver: start.mayTakeOver,
    build: () => build() as unknown as JsonObject,
    onWritten: (version) => emitter.emit('written', { version }),
    onFailed: (error) => emitter.emit('failed', error),
    onRecovered: () => emitter.emit('recovered', { key }),
    onLost(error) {
      release()
      // The rest of the model's audio is not played. In a joined call, the other process controls the response.
      if (session.playback.isPlaying) session.interrupt()
      session.close(1000, 'another process continues the call').catch(() => {})
      emitter.emit('lost', error)
    },
  })
  const journal = createCallJournal({
    key,
    initial: start.calls,
    recordTimeoutMs: settings.recordTimeoutMs,
    writer,
    isRecording: () => isRecording,
  })
  const unsubscribers = watchParts(session, options, () => {
    if (isRecording) writer.change()
  })
  options.tools?.setJournal(journal.journal)

  function release(): void {
    isRecording = false
    for (const off of unsubscribers.splice(0)) off()
  }

  /** Stops recording, and then does the last operation of the writer. */
  function end(last: (writer: RecordWriter) => Promise<void>): Promise<void> {
    release()
    return last(writer)
  }

  async function handOver(): Promise<void> {
    const last = writer.written(writer.change(), settings.storeTimeoutMs)
    release()
    await last.finally(() => writer.release().catch(() => {}))
  }

  unsubscribers.push(
    session.on('close', ({ error }) => {
      ending ??= end(error === undefined ? writer.remove : writer.release)
      ending.catch(() => {})
    }),
  )
  if (session.getState().status === 'closed') release()
  else writer.change()

  return asStoppable({
    key,
    on: emitter.on,
    flush: () => writer.written(writer.change(), settings.recordTimeoutMs),
    handOver() {
      ending ??= handOver()
      return ending
    },
    end() {
      ending ??= end(writer.remove)
      return ending
    },
    stop() {
      release()
      writer.stop()
    },
  })
}

/** Calls `onChange` after each change that belongs in the record. Returns functions that unsubscribe. */
function watchParts(session: RealtimeSession, { tools, usage }: PersistedParts, onChange: () => void): (() => void)[] {
  const unsubscribers = [watchSession(session, onChange)]
  if (usage) unsubscribers.push(usage.subscribe(onChange))
  if (tools)
    for (const type of ['requested', 'settled', 'standing'] as const)
      unsubscribers.push(tools.approvals.on(type, onChange))
  if (tools && 'current' in tools) unsubscribers.push(tools.subscribe(onChange))
  return unsubscribers
}

/** Returns a function that builds the record as it is now. */
function createRecordBuilder(
  session: RealtimeSession,
  { tools, usage, callId, data }: PersistedParts,
  maxLength: number,
  calls: () => readonly RecordedCall[],
  emitter: Emitter<PersistenceEvents>,
): () => CallRecord {
  let omitted = 0
  let appData: JsonObject | undefined

  /** Reads the data of the app. If that fails, the record keeps the last data, so that calls are still recorded. */
  function readData(): JsonObject | undefined {
    try {
      // A copy, without values that have no JSON.
      if (data) appData = JSON.parse(JSON.stringify(data()))
    } catch (error) {
      reportToHost(error)
    }
    return appData
  }

  return () => {
    const snapshot = playedSnapshot(session)
    const ownData = readData()
    const record: CallRecord = {
      format: recordFormat,
      version: recordVersion,
      snapshot,
      ...(tools && 'current' in tools ? { agent: tools.current.name } : {}),
      calls: calls(),
      approvals: tools?.approvals.pending.map(({ id }) => id) ?? [],
      ...(tools && tools.approvals.standing.length > 0 ? { standing: tools.approvals.standing } : {}),
      ...(usage ? { usage: { byModel: usage.getState().byModel } } : {}),
      isResponding: isResponding(session),
      ...(callId === undefined ? {} : { callId }),
      ...(ownData === undefined ? {} : { data: ownData }),
    }
    const excess = JSON.stringify(record).length - maxLength
    if (excess <= 0) return record
    const count = itemsToOmit(snapshot.items, excess)
    if (count > omitted) emitter.emit('trimmed', { items: count })
    omitted = Math.max(omitted, count)
    return { ...record, snapshot: { ...snapshot, items: snapshot.items.slice(count) } }
  }
}

/** Returns how many of the oldest items have this many characters together. */
function itemsToOmit(items: readonly object[], length: number): number {
  let omitted = 0
  let count = 0
  while (count < items.length && omitted < length) {
    omitted += JSON.stringify(items[count]).length
    count += 1
  }
  return count
}
