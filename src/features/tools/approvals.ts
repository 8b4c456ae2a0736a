import { type Clock, systemClock } from '../../internal/clock.js'
import { createEmitter } from '../../internal/emitter.js'
import type { ReadableStore } from '../../internal/readable-store.js'
import { createStore } from '../../session/store.js'
import { assertTimeout } from './tool-limits.js'

/** A call that waits for approval. */
export interface ApprovalRequest {
  /** Identifies the request in `approve` and `reject`: the `call_id` of a function call, or the id of an `mcp_approval_request` item. */
  readonly id: string
  readonly kind: 'function' | 'mcp'
  readonly tool: string
  /** The label of the MCP server. `undefined` for function calls. */
  readonly serverLabel?: string | undefined
  /** A frozen copy of the arguments. A string if the arguments of an MCP call are not valid JSON. */
  readonly arguments: unknown
}

/** The decision about a call. `by` is `cancelled` if the call was aborted while it waited. */
export interface ApprovalDecision {
  readonly isApproved: boolean
  readonly by: 'app' | 'always' | 'deadline' | 'cancelled'
  readonly reason: string | undefined
}

/** A decision that was made with `always`: it applies to all later calls of a tool. */
export interface StandingDecision {
  readonly kind: ApprovalRequest['kind']
  readonly tool: string
  /** The label of the MCP server. Absent for functions. */
  readonly serverLabel?: string | undefined
  readonly isApproved: boolean
  readonly reason?: string | undefined
}

/** Events of an approval queue. */
export interface ApprovalEvents {
  /** The decisions that were made with `always` have changed. */
  standing: readonly StandingDecision[]
  requested: ApprovalRequest
  settled: { readonly request: ApprovalRequest; readonly decision: ApprovalDecision }
}

/** Options of `approve` and `reject`. */
export interface DecideOptions {
  /** Applies the decision to all pending and later calls of the same tool. @defaultValue false */
  always?: boolean
}

/** The calls that wait for approval. It is immutable. */
export interface ApprovalsState {
  /** Pending requests, oldest first. */
  readonly pending: readonly ApprovalRequest[]
}

/** A queue of calls that wait for approval. Several features can share it. */
export interface Approvals extends ReadableStore<ApprovalsState> {
  /** Pending requests, oldest first, as in the state. */
  readonly pending: readonly ApprovalRequest[]
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof ApprovalEvents>(type: K, listener: (event: ApprovalEvents[K]) => void): () => void
  /** Approves a call, which then runs. Returns `false` if the request is not pending. */
  approve(id: string, options?: DecideOptions): boolean
  /** Rejects a call. The model receives the reason. Returns `false` if the request is not pending. */
  reject(id: string, reason?: string, options?: DecideOptions): boolean
  /** The decisions that were made with `always`, oldest first. They are plain JSON. */
  readonly standing: readonly StandingDecision[]
  /** Adds standing decisions, such as those of another process. They replace earlier ones for the same tools. `resume` calls it. */
  addStanding(decisions: readonly StandingDecision[]): void
  /** Removes all decisions that were made with `always`. */
  reset(): void
  /**
   * Adds a request on behalf of a feature. Always resolves. `signal` cancels the request.
   * @param clock - The clock of the session. It measures `timeoutMs` unless the queue has its own clock.
   */
  request(request: ApprovalRequest, signal: AbortSignal, clock?: Clock): Promise<ApprovalDecision>
}

/** Options of {@link createApprovals}. */
export interface ApprovalsOptions {
  /** Time in milliseconds after which a pending request is rejected. `Infinity` sets no limit. @defaultValue 60_000 */
  timeoutMs?: number
  /** Measures `timeoutMs`. @defaultValue the clock of the session, or the system clock */
  clock?: Clock
}

interface PendingRequest {
  readonly request: ApprovalRequest
  settle(decision: ApprovalDecision): void
}

/**
 * Creates an approval queue.
 *
 * @example
 * ```ts
 * const approvals = createApprovals({ timeoutMs: 60_000 })
 * approvals.on('requested', ({ id, tool }) => askUser(tool).then((isAllowed) => (isAllowed ? approvals.approve(id) : approvals.reject(id))))
 * runTools(session, tools, { approvals })
 * ```
 * @throws {ToolError} `INVALID_OPTION` if `timeoutMs` is invalid.
 */
export function createApprovals({ timeoutMs = 60_000, clock: ownClock }: ApprovalsOptions = {}): Approvals {
  assertTimeout('timeoutMs', timeoutMs)
  const emitter = createEmitter<ApprovalEvents>()
  /** Decisions that were made with `always`, by the keys of their tools. */
  const standing = new Map<string, StandingDecision>()
  let waiting: readonly PendingRequest[] = []
  const store = createStore<ApprovalsState>({ pending: [] })

  function setWaiting(next: readonly PendingRequest[]): void {
    waiting = next
    store.setState({ pending: Object.freeze(next.map(({ request }) => request)) })
  }

  function decide(id: string, isApproved: boolean, reason: string | undefined, always: boolean): boolean {
    const entry = waiting.find(({ request }) => request.id === id)
    if (!entry) return false
    const key = keyOf(entry.request)
    if (always) {
      const { kind, tool, serverLabel } = entry.request
      addStanding([
        { kind, tool, isApproved, ...(serverLabel && { serverLabel }), ...(reason !== undefined && { reason }) },
      ])
    }
    entry.settle({ isApproved, reason, by: 'app' })
    // Requests of the same tool that are already pending get the same decision.
    if (always)
      for (const { request, settle } of waiting)
        if (keyOf(request) === key) settle({ isApproved, reason, by: 'always' })
    return true
  }

  function addStanding(decisions: readonly StandingDecision[]): void {
    for (const decision of decisions) {
      const key = keyOf(decision)
      // The latest decision is the last one.
      standing.delete(key)
      standing.set(key, decision)
    }
    if (decisions.length > 0) emitter.emit('standing', [...standing.values()])
  }

  return {
    get pending() {
      return store.getState().pending
    },
    get standing() {
      return [...standing.values()]
    },
    addStanding,
    getState: store.getState,
    subscribe: store.subscribe,
    getServerState: store.getServerState,
    on: emitter.on,
    approve: (id, { always = false } = {}) => decide(id, true, undefined, always),
    reject: (id, reason, { always = false } = {}) => decide(id, false, reason, always),
    reset() {
      if (standing.size === 0) return
      standing.clear()
      emitter.emit('standing', [])
    },
    request(request, signal, sessionClock) {
      const known = standing.get(keyOf(request))
      if (signal.aborted) return Promise.resolve(cancelled)
      if (known) return Promise.resolve({ isApproved: known.isApproved, reason: known.reason, by: 'always' })
      return new Promise((resolve) => {
        const settle = (decision: ApprovalDecision) => {
          if (!waiting.includes(entry)) return
          cancelTimer()
          signal.removeEventListener('abort', onAbort)
          setWaiting(waiting.filter((other) => other !== entry))
          resolve(decision)
          emitter.emit('settled', { request, decision })
        }
        const entry: PendingRequest = { request, settle }
        const onAbort = () => settle(cancelled)
        const cancelTimer = Number.isFinite(timeoutMs)
          ? (ownClock ?? sessionClock ?? systemClock).after(timeoutMs, () =>
              settle({ isApproved: false, reason: undefined, by: 'deadline' }),
            )
          : () => {}
        signal.addEventListener('abort', onAbort, { once: true })
        setWaiting([...waiting, entry])
        emitter.emit('requested', request)
      })
    },
  }
}

const cancelled: ApprovalDecision = { isApproved: false, reason: undefined, by: 'cancelled' }

function keyOf({ kind, serverLabel = '', tool }: Pick<ApprovalRequest, 'kind' | 'serverLabel' | 'tool'>): string {
  return JSON.stringify([kind, serverLabel, tool])
}
