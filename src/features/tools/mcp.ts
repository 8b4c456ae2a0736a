import type { DeepReadonly } from '../../internal/deep-readonly.js'
import { createEmitter } from '../../internal/emitter.js'
import { createId } from '../../internal/id.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import type { ConversationItem, McpApprovalRequestItem, McpCallItem, McpListedTool } from '../../protocol/items.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { selectItems } from '../../session/state/select.js'
import { type Approvals, createApprovals } from './approvals.js'
import { parseObject } from './arguments.js'
import { ToolError } from './error.js'
import { createFollowUp } from './follow-up.js'
import { forgetOldest } from './forget-oldest.js'
import { frozenCopy } from './frozen-copy.js'
import { createMcpBatches } from './mcp-batches.js'
import { createMcpCallProgress, hasEnded, type McpProgress } from './mcp-call-progress.js'
import { limitsOf } from './options.js'
import { watchOverdue } from './overdue.js'
import { watchQuiet } from './quiet.js'
import { reasonOf } from './tell.js'

/** How far the listing of an MCP server's tools has come. */
export interface McpListing {
  readonly itemId: string
  readonly status: 'in_progress' | 'completed' | 'failed'
  /** Undefined as long as the server has not described the item. */
  readonly serverLabel: string | undefined
  readonly tools: readonly McpListedTool[]
}

/** What {@link runMcp} tells its listeners. */
export interface McpEvents {
  listing: McpListing
  call: McpProgress
  error: ToolError
}

/** Options of {@link runMcp}. */
export interface RunMcpOptions {
  /** Where calls wait for an approval. @defaultValue a queue of its own */
  approvals?: Approvals
  /**
   * Who asks the model to speak when its calls have ended and it has not spoken of them: this feature, or the app.
   * @defaultValue 'auto'
   */
  answer?: 'auto' | 'manual'
  /** How often the model may be asked in a row without a turn of the caller; then it must answer. @defaultValue 16 */
  maxRounds?: number
}

/** Handling of the MCP servers of a session while it runs. */
export interface McpRun extends Stoppable {
  /** Cancels pending approval requests and stops reporting. The server keeps its MCP servers. */
  stop(): void
  /** Calls that wait for an approval. */
  readonly approvals: Approvals
  on<K extends keyof McpEvents>(type: K, listener: (event: McpEvents[K]) => void): () => void
}

/** How many approval requests are remembered, so that none is asked twice. */
const rememberedRequests = 4_096

/**
 * Answers the approval requests of MCP servers from a queue, tells how their listings and calls come along, and has the model answer
 * when its calls have ended. The servers themselves are among the tools that `runTools` offers, or in the session's configuration.
 * @throws {ToolError} `INVALID_OPTION` when `maxRounds` cannot work.
 */
export function runMcp(session: RealtimeSession, options: RunMcpOptions = {}): McpRun {
  const { answer = 'auto' } = options
  const { clock } = session
  const { maxRounds } = limitsOf(options)
  const { approvals = createApprovals() } = options
  const emitter = createEmitter<McpEvents>()
  const onError = (error: ToolError) => emitter.emit('error', error)
  const quiet = watchQuiet(session)
  const followUp = createFollowUp({ session, clock, quiet, maxRounds, onError })
  const batches = createMcpBatches((responseId) => {
    if (answer === 'auto' && !followUp.isLast(responseId)) followUp.request([])
  })
  const findCall = (itemId: string) => {
    const item = find(session, itemId)
    return item && isCall(item) ? item : undefined
  }
  const calls = createMcpCallProgress(clock, findCall, (progress) => emitter.emit('call', progress))
  const asked = new Set<string>()
  const listings = new Map<string, McpListing['status']>()
  let connection = new AbortController()

  async function ask(item: DeepReadonly<McpApprovalRequestItem>): Promise<void> {
    if (asked.has(item.id)) return
    asked.add(item.id)
    forgetOldest(asked, rememberedRequests)
    const { signal } = connection
    const args = parseObject(item.arguments)
    const { isApproved, reason, by } = await approvals.request(
      {
        id: item.id,
        kind: 'mcp',
        tool: item.name,
        serverLabel: item.server_label,
        arguments: args ? frozenCopy(args)?.value : item.arguments,
      },
      signal,
      clock,
    )
    if (by === 'cancelled') return
    const told = by === 'deadline' ? 'Nobody approved the call in time.' : reasonOf(reason)
    const refused = (cause: unknown) => onError(new ToolError('APPROVAL_REFUSED', { requestId: item.id }, { cause }))
    const cancelReport = watchOverdue(session, clock, 'conversation.item.added', refused)
    try {
      await session.items.create(
        {
          type: 'mcp_approval_response',
          id: createId('item'),
          approval_request_id: item.id,
          approve: isApproved,
          ...(told === undefined ? {} : { reason: told }),
        },
        // A timeout settles nothing: on a half-open connection it passes before the loss is noticed.
        { signal, timeoutMs: Number.POSITIVE_INFINITY },
      )
    } catch (cause) {
      if (signal.aborted) return
      refused(cause)
      batches.end(item.id)
    } finally {
      cancelReport()
    }
    if (!isApproved) batches.end(item.id)
  }

  function look(item: DeepReadonly<ConversationItem>, responseId: string | undefined, isDone = false): void {
    if (isRequest(item)) {
      batches.begin(item.id, responseId)
      void ask(item)
    } else if (isCall(item)) {
      batches.call(item, responseId)
      calls.describe(item, isDone)
    } else if (item.type === 'mcp_list_tools' && typeof item.id === 'string') tellListing(item.id)
  }

  function tellListing(itemId: string, status = listings.get(itemId)): void {
    if (status === undefined) return
    const item = find(session, itemId)
    const { server_label, tools } =
      item?.type === 'mcp_list_tools' ? (item as { server_label?: string; tools?: unknown }) : {}
    const isDescribed = server_label !== undefined
    // The tools of a listing that is complete are in its item, which may come later.
    if (isDescribed || status === 'failed') listings.delete(itemId)
    else listings.set(itemId, status)
    if (status === 'completed' && !isDescribed) return
    emitter.emit('listing', {
      itemId,
      status,
      serverLabel: server_label,
      tools: Array.isArray(tools) ? (tools as McpListedTool[]) : [],
    })
  }

  function tellCall(itemId: string, status: McpProgress['status']): void {
    calls.report(itemId, status)
    if (status !== 'in_progress') batches.end(itemId)
  }

  /** What a server that outlived the connection still waits for. */
  function askAgain(itemIds: readonly string[]): void {
    const answered = new Set(
      selectItems(session.getState()).map(({ item }) => 'approval_request_id' in item && item.approval_request_id),
    )
    for (const id of itemIds) {
      const item = find(session, id)
      if (!item || !isRequest(item) || answered.has(id)) continue
      asked.delete(id)
      void ask(item)
    }
  }

  function forget(): void {
    connection.abort()
    connection = new AbortController()
    batches.clear()
    listings.clear()
  }

  const undo = [
    session.on('response.output_item.added', ({ item, response_id }) => {
      if (isCall(item)) look(item, response_id)
    }),
    session.on('response.output_item.done', ({ item, response_id }) => {
      look(item, response_id, true)
      if (isCall(item) && hasEnded(item)) batches.end(item.id)
    }),
    session.on('conversation.item.done', ({ item }) => look(item, undefined)),
    session.on('conversation.item.created', ({ item }) => look(item, undefined)),
    session.on('response.done', ({ response }) => {
      for (const item of response.output) look(item, response.id)
      batches.done(response)
    }),
    session.on('mcp_list_tools.in_progress', ({ item_id }) => tellListing(item_id, 'in_progress')),
    session.on('mcp_list_tools.completed', ({ item_id }) => tellListing(item_id, 'completed')),
    session.on('mcp_list_tools.failed', ({ item_id }) => tellListing(item_id, 'failed')),
    session.on('response.mcp_call.in_progress', ({ item_id }) => tellCall(item_id, 'in_progress')),
    session.on('response.mcp_call.completed', ({ item_id }) => tellCall(item_id, 'completed')),
    session.on('response.mcp_call.failed', ({ item_id }) => tellCall(item_id, 'failed')),
    session.on('restored', ({ itemIds }) => askAgain(itemIds)),
    session.on('close', () => {
      calls.flush()
      stop()
    }),
    session.on('status', ({ status }) => {
      if (status !== 'reconnecting') return
      calls.flush()
      forget()
    }),
  ]

  function stop(): void {
    for (const off of undo) off()
    calls.stop()
    forget()
    followUp.stop()
    quiet.stop()
    emitter.clear()
  }

  return asStoppable({ stop, approvals, on: emitter.on })
}

const isCall = (item: DeepReadonly<ConversationItem>): item is DeepReadonly<McpCallItem> => item.type === 'mcp_call'
const isRequest = (item: DeepReadonly<ConversationItem>): item is DeepReadonly<McpApprovalRequestItem> =>
  item.type === 'mcp_approval_request'

function find(session: RealtimeSession, itemId: string): DeepReadonly<ConversationItem> | undefined {
  const state = session.getState()
  const known = selectItems(state).find(({ id }) => id === itemId)
  if (known) return known.item
  for (const id of state.responses.order) {
    const found = state.responses.byId[id]?.output.find((item) => item.id === itemId)
    if (found) return found.item
  }
  return undefined
}
