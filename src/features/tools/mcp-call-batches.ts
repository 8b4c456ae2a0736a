import type { DeepReadonly } from '../../internal/deep-readonly.js'
import { forgetOldest } from '../../internal/forget-oldest.js'
import type { McpCallItem } from '../../protocol/items.js'
import type { Response } from '../../protocol/response.js'
import { type CallBatch, createCallBatch, createCallBatches, takeFollowUp } from './call-batch.js'

/** The MCP calls of each response. The service runs them; one follow-up response is requested when all calls of a response have finished. */
export interface McpCallBatches {
  /** An approval request was received. */
  approvalRequested(itemId: string, responseId: string | undefined): void
  /** The service runs a call. The call replaces its approval request. */
  callStarted(item: DeepReadonly<McpCallItem>, responseId: string | undefined): void
  /** A call has finished, or its approval was rejected. */
  callFinished(itemId: string): void
  responseDone(response: DeepReadonly<Response>): void
  clear(): void
}

type McpCallState = 'awaiting_approval' | 'running' | 'finished'

/** How many items are remembered, so that none starts twice. */
const rememberedItems = 4_096

/** @param onComplete All calls of a response have finished, and the response itself has not spoken about them. */
export function createMcpCallBatches(onComplete: (responseId: string) => void): McpCallBatches {
  const batches = createCallBatches((responseId) => createCallBatch<McpCallState>(responseId))
  /** The response of each item, also after its batch was closed: a finished call does not start again. */
  const responseIds = new Map<string, string>()

  function add(itemId: string, responseId: string, state: McpCallState): void {
    if (responseIds.has(itemId)) return
    responseIds.set(itemId, responseId)
    forgetOldest(responseIds, rememberedItems)
    batches.open(responseId).calls.set(itemId, state)
  }

  function finish(itemId: string): void {
    const batch = batches.get(responseIds.get(itemId) ?? '')
    const state = batch?.calls.get(itemId)
    if (!batch || state === undefined || state === 'finished') return
    batch.calls.set(itemId, 'finished')
    closeIfComplete(batch)
  }

  function closeIfComplete(batch: CallBatch<McpCallState>): void {
    const areFinished = [...batch.calls.values()].every((state) => state === 'finished')
    if (batch.response !== 'done' || !areFinished) return
    batches.close(batch.responseId)
    if (takeFollowUp(batch, areFinished)) onComplete(batch.responseId)
  }

  return {
    approvalRequested(itemId, responseId) {
      if (responseId !== undefined) add(itemId, responseId, 'awaiting_approval')
    },
    callStarted({ id, approval_request_id: approvalId }, responseId) {
      const owner = (approvalId ? responseIds.get(approvalId) : undefined) ?? responseId
      if (owner === undefined) return
      add(id, owner, 'running')
      if (approvalId) finish(approvalId)
    },
    callFinished: finish,
    responseDone(response) {
      const batch = batches.get(response.id)
      if (!batch) return
      const types = response.output.map(({ type }) => String(type))
      const hasSpoken = types.lastIndexOf('message') > types.findLastIndex((type) => type.startsWith('mcp_'))
      batch.response = 'done'
      batch.followUp = hasSpoken || response.status === 'cancelled' ? 'none' : 'pending'
      closeIfComplete(batch)
    },
    clear() {
      batches.clear()
      responseIds.clear()
    },
  }
}
