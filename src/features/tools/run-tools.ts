import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { Approvals } from './approvals.js'
import { isToolError } from './error.js'
import type { ContinueCallsOptions, InterruptedCall, ToolJournal } from './journal.js'
import { type RegisteredTool, toolSetOf } from './tool-registration.js'
import { type RunToolsOptions, startToolService, type ToolEvents } from './tool-service.js'

/** The tools of a session while they run. */
export interface ToolRun extends Stoppable {
  /**
   * Aborts running calls and stops handling new ones, without a message to the model. The tools stay in the session configuration; to remove
   * them, call `setTools([])` first.
   */
  stop(): void
  /** Resolves when the server has acknowledged the first tools. Rejects with `TOOLS_REFUSED`, or with `CLOSED` if the session closes first. */
  readonly ready: Promise<void>
  /**
   * Replaces the tools. Calls of earlier responses run with the earlier tools. Resolves when the server has acknowledged the change.
   * @throws {ToolError} `INVALID_TOOL`, `TOOLS_REFUSED`. The earlier tools stay active. @throws {SessionError} `CLOSED`.
   */
  setTools(tools: readonly RegisteredTool[]): Promise<void>
  /** Calls that wait for approval. */
  readonly approvals: Approvals
  /** Records the calls that start from now on in a journal. `persist` calls it. */
  setJournal(journal: ToolJournal): void
  /**
   * Continues calls of another process, when the server has acknowledged the first tools. If it refuses them, recorded results are sent all
   * the same, and the other calls fail. `resume` calls it.
   */
  continueCalls(calls: readonly InterruptedCall[], options: ContinueCallsOptions): Promise<void>
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof ToolEvents>(type: K, listener: (event: ToolEvents[K]) => void): () => void
}

/**
 * Registers tools and runs the calls of the model, until the session closes or `stop` is called. The list replaces all other tools of the
 * session. Call it before or after `connect`.
 *
 * @example
 * ```ts
 * const run = runTools(session, [weather, sendMail])
 * ```
 * @throws {ToolError} `INVALID_TOOL` if two tools have the same name, `INVALID_OPTION` if a limit is invalid.
 */
export function runTools(
  session: RealtimeSession,
  tools: readonly RegisteredTool[],
  options: RunToolsOptions = {},
): ToolRun {
  toolSetOf(tools)
  const { stop, register, report, approvals, on, setJournal, continueCalls } = startToolService(session, options)
  const ready = register(tools)
  ready.catch((error: unknown) => {
    if (isToolError(error)) report(error)
  })
  return asStoppable({
    stop,
    ready,
    setTools: (next: readonly RegisteredTool[]) => register(next),
    approvals,
    setJournal,
    continueCalls,
    on,
  })
}
