import type { DeepReadonly } from '../../internal/deep-readonly.js'
import { createEmitter } from '../../internal/emitter.js'
import { forgetOldest } from '../../internal/forget-oldest.js'
import { createId } from '../../internal/id.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import type { ConversationItem, McpApprovalRequestItem, McpCallItem, McpListedTool } from '../../protocol/items.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { selectItems } from '../../session/state/select.js'
import { type Approvals, createApprovals } from './approvals.js'
import { parseJsonObject } from './call-arguments.js'
import { ToolError } from './error.js'
import { createFollowUp } from './follow-up.js'
import { frozenCopy } from './frozen-copy.js'
import { createMcpCallBatches } from './mcp-call-batches.js'
import { createMcpCallProgress, hasResult, type McpProgress } from './mcp-call-progress.js'
import { reasonOf } from './model-messages.js'
import { watchOverdue } from './overdue-acknowledgement.js'
import { watchSpeechActivity } from './speech-activity.js'
import { resolveLimits } from './tool-limits.js'

/** The progress of listing the tools of an MCP server. */
export interface McpListing {
  readonly itemId: string
  readonly status: 'in_progress' | 'completed' | 'failed'
  /** `undefined` until the server has sent the item. */
  readonly serverLabel: string | undefined
  readonly tools: readonly McpListedTool[]
}

/** Events of {@link runMcp}. */
export interface McpEvents {
  listing: McpListing
  call: McpProgress
  error: ToolError
}

/** Options of {@link runMcp}. */
export interface RunMcpOptions {
  /** Where calls wait for approval. @defaultValue a new queue */
  approvals?: Approvals
  /**
   * Whether to request a response when the calls of a response have finished and it contains no message after them. With `manual`, the app
   * requests it.
   * @defaultValue 'auto'
   */
  answer?: 'auto' | 'manual'
  /** How many responses are requested in a row without a user turn. After that, the model must respond without tools. @defaultValue 16 */
  maxRounds?: number
}

/** Handling of the MCP servers of a session while it runs. */
export interface McpRun extends Stoppable {
  /** Cancels pending approval requests and stops reporting. The server keeps its MCP servers. */
  stop(): void
  /** Calls that wait for approval. */
  readonly approvals: Approvals
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof McpEvents>(type: K, listener: (event: McpEvents[K]) => void): () => void
}

/** How many approval requests are remembered, so that none is handled twice. */
const rememberedRequests = 4_096

/**
 * Handles the approval requests of MCP servers, reports the progress of listings and calls, and requests a response when the calls have
 * finished. Pass the servers themselves to `runTools`, or set them in the session configuration.
 *
 * @example
 * ```ts
 * const mcp = runMcp(session)
 * mcp.approvals.on('requested', ({ id }) => mcp.approvals.approve(id))
 * mcp.on('call', ({ status, item }) => console.log(item?.name, status))
 * ```
 * @throws {ToolError} `INVALID_OPTION` if `maxRounds` is invalid.
 */
export function runMcp(session: RealtimeSession, options: RunMcpOptions = {}): McpRun {
  const { answer = 'auto' } = options
  const { clock } = session
  const { maxRounds } = resolveLimits(options)
  const { approvals = createApprovals() } = options
  const emitter = createEmitter<McpEvents>()
  const onError = (error: ToolError) => emitter.emit('error', error)
  const speech = watchSpeechActivity(session)
  const followUp = createFollowUp({ session, clock, speech, maxRounds, onError })
  const batches = createMcpCallBatches((responseId) => {
    if (answer === 'auto' && !followUp.isLast(responseId)) followUp.request([])
  })
  const findCall = (itemId: string) => {
    const item = find(session, itemId)
    return item && isCall(item) ? item : undefined
  }
  const calls = createMcpCallProgress(clock, findCall, (progress) => emitter.emit('call', progress))
  const handled = new Set<string>()
  const listings = new Map<string, McpListing['status']>()
  /** Listings whose item is done, before they are completed. */
  const doneListings = new Set<string>()
  /** Calls that the service has started, so that none of them waits for an approval. */
  const startedCalls = new Set<string>()
  let connection = new AbortController()

  async function decide(item: DeepReadonly<McpApprovalRequestItem>): Promise<void> {
    if (handled.has(item.id)) return
    handled.add(item.id)
    forgetOldest(handled, rememberedRequests)
    const { signal } = connection
    const args = parseJsonObject(item.arguments)
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
    const reasonText = by === 'deadline' ? 'The call was not approved in time.' : reasonOf(reason)
    const refused = (cause: unknown) => onError(new ToolError('APPROVAL_REFUSED', { requestId: item.id }, { cause }))
    const cancelReport = watchOverdue(session, clock, 'conversation.item.added', refused)
    try {
      await session.items.create(
        {
          type: 'mcp_approval_response',
          id: createId('item'),
          approval_request_id: item.id,
          approve: isApproved,
          ...(reasonText === undefined ? {} : { reason: reasonText }),
        },
        // No timeout: on a half-open connection it would expire before the loss is detected.
        { signal, timeoutMs: Number.POSITIVE_INFINITY },
      )
    } catch (cause) {
      if (signal.aborted) return
      refused(cause)
      finishUnapproved(item)
    } finally {
      cancelReport()
    }
    if (!isApproved) finishUnapproved(item)
  }

  /**
   * Finishes a call that will not run. A request that is no output of a response does not name its call, and the service may send nothing
   * about the call any more.
   */
  function finishUnapproved(request: DeepReadonly<McpApprovalRequestItem>): void {
    batches.callFinished(request.id)
    const call = knownItems(session).find(
      (item) =>
        isCall(item) &&
        !startedCalls.has(item.id) &&
        !hasResult(item) &&
        item.server_label === request.server_label &&
        item.name === request.name &&
        item.arguments === request.arguments,
    )
    if (call) batches.callFinished(String(call.id))
  }

  function receiveItem(item: DeepReadonly<ConversationItem>, responseId: string | undefined, isDone = false): void {
    if (isRequest(item)) {
      batches.approvalRequested(item.id, responseId)
      void decide(item)
    } else if (isCall(item)) {
      batches.callStarted(item, responseId)
      calls.describe(item, isDone)
    } else if (item.type === 'mcp_list_tools' && typeof item.id === 'string') {
      doneListings.add(item.id)
      forgetOldest(doneListings, rememberedRequests)
      reportListing(item.id)
    }
  }

  function reportListing(itemId: string, status = listings.get(itemId)): void {
    if (status === undefined) return
    const item = find(session, itemId)
    const { server_label, tools } =
      item?.type === 'mcp_list_tools' ? (item as { server_label?: string; tools?: unknown }) : {}
    // The item is added without tools and contains them when it is done, which can be before or after the completion.
    const isDescribed = doneListings.has(itemId) || (Array.isArray(tools) && tools.length > 0)
    if (status !== 'in_progress' && isDescribed) doneListings.delete(itemId)
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

  function reportCall(itemId: string, status: McpProgress['status']): void {
    startedCalls.add(itemId)
    forgetOldest(startedCalls, rememberedRequests)
    calls.report(itemId, status)
    if (status !== 'in_progress') batches.callFinished(itemId)
  }

  /** Handles the requests again that a server session which outlived the connection still waits for. */
  function requestAgain(itemIds: readonly string[]): void {
    const decided = new Set(
      selectItems(session.getState()).map(({ item }) => 'approval_request_id' in item && item.approval_request_id),
    )
    for (const id of itemIds) {
      const item = find(session, id)
      if (!item || !isRequest(item) || decided.has(id)) continue
      handled.delete(id)
      void decide(item)
    }
  }

  function forget(): void {
    connection.abort()
    connection = new AbortController()
    batches.clear()
    listings.clear()
    doneListings.clear()
    startedCalls.clear()
  }

  const unsubscribers = [
    session.on('response.output_item.added', ({ item, response_id }) => {
      if (isCall(item)) receiveItem(item, response_id)
    }),
    session.on('response.output_item.done', ({ item, response_id }) => {
      receiveItem(item, response_id, true)
      if (isCall(item) && hasResult(item)) batches.callFinished(item.id)
    }),
    session.on('conversation.item.done', ({ item }) => receiveItem(item, undefined)),
    session.on('conversation.item.created', ({ item }) => receiveItem(item, undefined)),
    session.on('response.done', ({ response }) => {
      for (const item of response.output) receiveItem(item, response.id)
      batches.responseDone(response)
    }),
    session.on('mcp_list_tools.in_progress', ({ item_id }) => reportListing(item_id, 'in_progress')),
    session.on('mcp_list_tools.completed', ({ item_id }) => reportListing(item_id, 'completed')),
    session.on('mcp_list_tools.failed', ({ item_id }) => reportListing(item_id, 'failed')),
    session.on('response.mcp_call.in_progress', ({ item_id }) => reportCall(item_id, 'in_progress')),
    session.on('response.mcp_call.completed', ({ item_id }) => reportCall(item_id, 'completed')),
    session.on('response.mcp_call.failed', ({ item_id }) => reportCall(item_id, 'failed')),
    session.on('restored', ({ itemIds }) => requestAgain(itemIds)),
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
    for (const off of unsubscribers) off()
    calls.stop()
    forget()
    followUp.stop()
    speech.stop()
    emitter.clear()
  }

  return asStoppable({ stop, approvals, on: emitter.on })
}

const isCall = (item: DeepReadonly<ConversationItem>): item is DeepReadonly<McpCallItem> => item.type === 'mcp_call'
const isRequest = (item: DeepReadonly<ConversationItem>): item is DeepReadonly<McpApprovalRequestItem> =>
  item.type === 'mcp_approval_request'

function find(session: RealtimeSession, itemId: string): DeepReadonly<ConversationItem> | undefined {
  return knownItems(session).find(({ id }) => id === itemId)
}

/** Returns the items of the conversation and of all responses. */
function knownItems(session: RealtimeSession): readonly DeepReadonly<ConversationItem>[] {
  const state = session.getState()
  const output = state.responses.order.flatMap((id) => state.responses.byId[id]?.output ?? [])
  return [...selectItems(state), ...output].map(({ item }) => item)
}
