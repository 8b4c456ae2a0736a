import { abortReason, abortWith, throwIfAborted } from '../../internal/abort.js'
import { createDeferred, type Deferred } from '../../internal/deferred.js'
import type { McpToolInput, Tool as ReportedTool, ToolInput } from '../../protocol/tools.js'
import type { SessionConfigInput } from '../../session/options.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { SessionState } from '../../session/state/state.js'
import { ToolError } from './error.js'
import { watchIgnored } from './overdue-acknowledgement.js'
import type { Tool } from './tool.js'

/** An entry of the tool list of `runTools`: a tool, or an MCP server whose tools the service calls itself. */
export type RegisteredTool = Tool | McpToolInput

/** A list of tools, by name and as sent to the server. */
export interface ToolSet {
  readonly byName: ReadonlyMap<string, Tool>
  readonly definitions: readonly ToolInput[]
}

/** Options of `register`. */
export interface RegisterOptions {
  /** Settings that are sent in the same `session.update`, so that no response sees only part of the change. */
  readonly config?: Omit<SessionConfigInput, 'tools'>
  /** Called when the server has acknowledged the update, before later events of the server reach their listeners. */
  readonly onAcknowledged?: () => void
  /** Stops waiting for the acknowledgement. `register` then rejects with the reason. */
  readonly signal?: AbortSignal
  /** @defaultValue 'connection' */
  readonly wait?: AcknowledgementWait
}

/**
 * How long to wait for the acknowledgement of tools: as long as for any request, or also while the connection is lost or half-open. The session
 * sends the update again on the next connection.
 */
export type AcknowledgementWait = 'request_timeout' | 'connection'

interface PendingUpdate extends RegisterOptions {
  readonly set: ToolSet
}

/**
 * The tools that the server has acknowledged, and those that each response was created with. A session that was joined has the tools of the
 * process that held it before, and can call them at any time, also before this process has registered its own.
 */
export interface ToolRegistration {
  register(tools: readonly RegisteredTool[], change?: RegisterOptions): Promise<void>
  /** Counts a promise as an attempt to register tools until it settles, and returns it. */
  track<T>(attempt: Promise<T>): Promise<T>
  /** Whether tools were acknowledged, or no attempt to register any is left. Until then, calls wait. */
  isSettled(): boolean
  /** Resolves when the registration is settled. Rejects when it is stopped first. */
  whenSettled(): Promise<void>
  /** Returns the tools that a response was created with. */
  toolsOf(responseId: string): ToolSet
  /**
   * Whether a response may have the tools of another process: it was created before tools were acknowledged, or at a time that this process
   * does not know.
   */
  mayHaveOtherTools(responseId: string): boolean
  /** Removes the tools of a finished response. */
  forget(responseId: string): void
  /** The connection is lost, and with it all responses. */
  connectionLost(): void
  stop(reason: Error): void
}

const noTools: ToolSet = { byName: new Map(), definitions: [] }

/** @throws {ToolError} `INVALID_TOOL` if two tools have the same name. */
export function toolSetOf(given: readonly RegisteredTool[]): ToolSet {
  const tools = [...new Set(given)]
  const own = tools.filter((tool): tool is Tool => 'execute' in tool)
  const byName = new Map(own.map((tool) => [tool.name, tool]))
  const twice = own.find((tool) => byName.get(tool.name) !== tool)
  if (twice) throw new ToolError('INVALID_TOOL', { tool: twice.name, problem: 'another tool has the same name' })
  return { byName, definitions: tools.map((tool) => ('execute' in tool ? tool.definition : tool)) }
}

/** @param onSettled Called when the first tools were acknowledged, or the last attempt to register any has failed. */
export function createToolRegistration(session: RealtimeSession, onSettled: () => void): ToolRegistration {
  const atCreation = new Map<string, ToolSet>()
  /** Responses that may have been created before tools were acknowledged. */
  const early = new Set<string>()
  const pending: PendingUpdate[] = []
  /** The tools that the server has acknowledged. */
  let acknowledged: ToolSet | undefined
  let attempts = 0
  let settled: Deferred<void> | undefined
  let reported = session.getState().session

  function acknowledge(set: ToolSet, onAcknowledged?: () => void): void {
    const isFirst = acknowledged === undefined
    acknowledged = set
    if (isFirst) for (const responseId of early) atCreation.set(responseId, set)
    onAcknowledged?.()
    if (isFirst) settle()
  }

  function settle(): void {
    settled?.resolve()
    settled = undefined
    onSettled()
  }

  function promote(next: PendingUpdate): void {
    const index = pending.indexOf(next)
    if (index < 0) return
    pending.splice(0, index + 1)
    acknowledge(next.set, next.onAcknowledged)
  }

  function track<T>(attempt: Promise<T>): Promise<T> {
    attempts += 1
    const end = () => {
      attempts -= 1
      if (attempts === 0 && !acknowledged) settle()
    }
    attempt.then(end, end)
    return attempt
  }

  const unsubscribers = [
    session.on('response.created', ({ event_id, response }) => {
      // The session adds the event, without an id, if it did not receive it. In a joined session, the response can be older.
      if (acknowledged && event_id != null) atCreation.set(response.id, acknowledged)
      else early.add(response.id)
    }),
    // A response can be created in the same tick, before the promise of the request resolves.
    session.on('session.updated', ({ session: updated }) => {
      const before = reported
      reported = updated
      const [next] = pending
      if (!next || !isAppliedIn(updated, next)) return
      if (!isAppliedIn(before, next)) promote(next)
      // The server had these tools before, for example from a snapshot, so this may be the acknowledgement of another update. The first calls
      // wait no longer. Later ones run with the earlier tools until the update is acknowledged.
      else if (!acknowledged) acknowledge(next.set)
    }),
  ]

  const isSettled = () => acknowledged !== undefined || attempts === 0

  return {
    async register(tools, change = {}) {
      const set = toolSetOf(tools)
      const next = { ...change, set }
      pending.push(next)
      try {
        await updateSession(session, { ...change.config, tools: [...set.definitions] }, change)
        promote(next)
      } catch (cause) {
        const index = pending.indexOf(next)
        if (index >= 0) pending.splice(index, 1)
        throwIfAborted(change.signal)
        throw new ToolError('TOOLS_REFUSED', { tools: [...set.byName.keys()] }, { cause })
      }
    },
    track,
    isSettled,
    whenSettled() {
      if (isSettled()) return Promise.resolve()
      settled ??= createDeferred()
      return settled.promise
    },
    toolsOf: (responseId) => atCreation.get(responseId) ?? acknowledged ?? noTools,
    mayHaveOtherTools: (responseId) =>
      acknowledged !== undefined && (early.has(responseId) || !atCreation.has(responseId)),
    forget(responseId) {
      atCreation.delete(responseId)
      early.delete(responseId)
    },
    connectionLost() {
      atCreation.clear()
      early.clear()
    },
    stop(reason) {
      settled?.reject(reason)
      for (const off of unsubscribers) off()
    },
  }
}

async function updateSession(
  session: RealtimeSession,
  config: SessionConfigInput,
  { signal, wait = 'connection' }: RegisterOptions,
): Promise<void> {
  if (wait === 'request_timeout') {
    await session.update(config, { signal })
    return
  }
  const waiting = new AbortController()
  const stopWatching = watchIgnored(session, session.clock, 'session.updated', (cause) => abortWith(waiting, cause))
  const onAbort = () => {
    // At once: a feature that was stopped has no listener.
    stopWatching()
    abortWith(waiting, abortReason(signal))
  }
  signal?.addEventListener('abort', onAbort)
  try {
    await session.update(config, { signal: waiting.signal, timeoutMs: Number.POSITIVE_INFINITY })
  } finally {
    stopWatching()
    signal?.removeEventListener('abort', onAbort)
  }
}

/** Returns whether the configuration on the server contains an update. */
function isAppliedIn(session: SessionState['session'], { set, config }: PendingUpdate): boolean {
  if (session?.type !== 'realtime') return false
  if (config?.instructions !== undefined && session.instructions !== config.instructions) return false
  const reported: readonly (ReportedTool | ToolInput)[] = Array.isArray(session.tools) ? session.tools : []
  const { definitions } = set
  return reported.length === definitions.length && reported.every((tool, index) => isSameTool(tool, definitions[index]))
}

/** Whether two definitions have the same name, and the same description if the server reports one. */
function isSameTool(reported: ReportedTool | ToolInput, definition: ToolInput | undefined): boolean {
  const [a, b] = [fieldsOf(reported), fieldsOf(definition)]
  const isSameDescription = !a.description || !b.description || a.description === b.description
  return a.name === b.name && a.server_label === b.server_label && isSameDescription
}

function fieldsOf(tool: object | undefined): { name?: unknown; server_label?: unknown; description?: unknown } {
  return tool ?? {}
}
