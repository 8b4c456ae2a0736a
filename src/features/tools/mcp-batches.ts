import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { McpCallItem } from '../../protocol/items.js'
import type { Response } from '../../protocol/response.js'
import { forgetOldest } from './forget-oldest.js'

/** The MCP calls of each response, so that the model is asked to answer once, when all have ended. */
export interface McpBatches {
  /** An approval is waited for. */
  begin(itemId: string, responseId: string | undefined): void
  /** The service has a call in hand; it takes the place of the approval that it waited for. */
  call(item: DeepReadonly<McpCallItem>, responseId: string | undefined): void
  /** A call has ended, or was rejected. */
  end(itemId: string): void
  done(response: DeepReadonly<Response>): void
  clear(): void
}

interface Batch {
  readonly open: Set<string>
  isDone: boolean
  /** Whether the response itself went on to speak after its calls. */
  hasAnswered: boolean
}

/** How many items are remembered, so that none begins twice. */
const rememberedItems = 4_096

/** @param onEnd all calls of a response have ended, and the response itself did not go on to speak about them */
export function createMcpBatches(onEnd: (responseId: string) => void): McpBatches {
  const batches = new Map<string, Batch>()
  /** The response of each item that was seen; what has ended does not begin again. */
  const owners = new Map<string, string>()

  function begin(itemId: string, responseId: string): void {
    if (owners.has(itemId)) return
    owners.set(itemId, responseId)
    forgetOldest(owners, rememberedItems)
    const batch = batches.get(responseId) ?? { open: new Set(), isDone: false, hasAnswered: false }
    batches.set(responseId, batch)
    batch.open.add(itemId)
  }

  function end(itemId: string): void {
    const responseId = owners.get(itemId)
    const batch = responseId === undefined ? undefined : batches.get(responseId)
    if (!batch?.open.delete(itemId)) return
    close(responseId, batch)
  }

  function close(responseId: string | undefined, batch: Batch): void {
    if (responseId === undefined || !batch.isDone || batch.open.size > 0) return
    batches.delete(responseId)
    if (!batch.hasAnswered) onEnd(responseId)
  }

  return {
    begin(itemId, responseId) {
      if (responseId !== undefined) begin(itemId, responseId)
    },
    call({ id, approval_request_id: approval }, responseId) {
      const owner = (approval ? owners.get(approval) : undefined) ?? responseId
      if (owner === undefined) return
      begin(id, owner)
      if (approval) end(approval)
    },
    end,
    done(response) {
      const batch = batches.get(response.id)
      if (!batch) return
      const types = response.output.map(({ type }) => String(type))
      batch.isDone = true
      batch.hasAnswered =
        response.status === 'cancelled' ||
        types.lastIndexOf('message') > types.findLastIndex((type) => type.startsWith('mcp_'))
      close(response.id, batch)
    },
    clear() {
      batches.clear()
      owners.clear()
    },
  }
}
