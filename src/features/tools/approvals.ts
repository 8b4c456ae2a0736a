import { type Clock, systemClock } from '../../internal/clock.js'
import { createEmitter } from '../../internal/emitter.js'
import { assertTimeout } from './options.js'

/** A call that waits for somebody to decide. */
export interface ApprovalRequest {
  /** Names the request in `approve` and `reject`: the `call_id` of a function call, the id of an `mcp_approval_request`. */
  readonly id: string
  readonly kind: 'function' | 'mcp'
  readonly tool: string
  /** The MCP server that would run it. */
  readonly serverLabel?: string | undefined
  /** A frozen copy of what will run. Text when the arguments of an MCP call are no JSON. */
  readonly arguments: unknown
}

/** What was decided about a call, and by whom. `cancelled`: nobody waits for it any more. */
export interface ApprovalDecision {
  readonly isApproved: boolean
  readonly by: 'app' | 'always' | 'deadline' | 'cancelled'
  readonly reason: string | undefined
}

/** What an approval queue tells its listeners. */
export interface ApprovalEvents {
  requested: ApprovalRequest
  settled: { readonly request: ApprovalRequest; readonly decision: ApprovalDecision }
}

/** How a decision holds. */
export interface DecideOptions {
  /** Decides every later call of the same tool the same way. @default false */
  always?: boolean
}

/** Calls that wait for an approval, of any number of features. */
export interface Approvals {
  /** What waits, the oldest first; another array after each change. */
  readonly pending: readonly ApprovalRequest[]
  on<K extends keyof ApprovalEvents>(type: K, listener: (event: ApprovalEvents[K]) => void): () => void
  /** Lets a call run. False when it does not wait any more. */
  approve(id: string, options?: DecideOptions): boolean
  /** Keeps a call from running; the model reads the reason. False when it does not wait any more. */
  reject(id: string, reason?: string, options?: DecideOptions): boolean
  /** Forgets every decision that was made with `always`. */
  reset(): void
  /**
   * Asks for a decision, on behalf of a feature. Always resolves; `signal` withdraws the request.
   * @param clock - The session's clock, which measures `timeoutMs` unless the queue has a clock of its own.
   */
  request(request: ApprovalRequest, signal: AbortSignal, clock?: Clock): Promise<ApprovalDecision>
}

/** Options of {@link createApprovals}. */
export interface ApprovalsOptions {
  /** How long a call waits, in milliseconds; then it is rejected. `Infinity` for ever. @default 60_000 */
  timeoutMs?: number
  /** Measures `timeoutMs`. @default the clock of the session that asks, else the system clock */
  clock?: Clock
}

interface Waiting {
  readonly request: ApprovalRequest
  settle(decision: ApprovalDecision): void
}

/** An approval queue. @throws {ToolError} `INVALID_OPTION` when `timeoutMs` cannot work. */
export function createApprovals({ timeoutMs = 60_000, clock: ownClock }: ApprovalsOptions = {}): Approvals {
  assertTimeout('timeoutMs', timeoutMs)
  const emitter = createEmitter<ApprovalEvents>()
  const sticky = new Map<string, ApprovalDecision>()
  let waiting: readonly Waiting[] = []
  let pending: readonly ApprovalRequest[] = []

  function setWaiting(next: readonly Waiting[]): void {
    waiting = next
    pending = Object.freeze(next.map(({ request }) => request))
  }

  function decide(id: string, isApproved: boolean, reason: string | undefined, always: boolean): boolean {
    const entry = waiting.find(({ request }) => request.id === id)
    if (!entry) return false
    const key = keyOf(entry.request)
    if (always) sticky.set(key, { isApproved, reason, by: 'always' })
    entry.settle({ isApproved, reason, by: 'app' })
    // What already waits is of the same kind, and was asked for before anybody knew.
    if (always)
      for (const { request, settle } of waiting)
        if (keyOf(request) === key) settle({ isApproved, reason, by: 'always' })
    return true
  }

  return {
    get pending() {
      return pending
    },
    on: emitter.on,
    approve: (id, { always = false } = {}) => decide(id, true, undefined, always),
    reject: (id, reason, { always = false } = {}) => decide(id, false, reason, always),
    reset: () => sticky.clear(),
    request(request, signal, sessionClock) {
      const known = sticky.get(keyOf(request))
      if (signal.aborted) return Promise.resolve(cancelled)
      if (known) return Promise.resolve(known)
      return new Promise((resolve) => {
        const settle = (decision: ApprovalDecision) => {
          if (!waiting.includes(entry)) return
          cancelTimer()
          signal.removeEventListener('abort', onAbort)
          setWaiting(waiting.filter((other) => other !== entry))
          resolve(decision)
          emitter.emit('settled', { request, decision })
        }
        const entry: Waiting = { request, settle }
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

function keyOf({ kind, serverLabel = '', tool }: ApprovalRequest): string {
  return JSON.stringify([kind, serverLabel, tool])
}
