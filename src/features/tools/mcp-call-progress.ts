import type { Clock } from '../../internal/clock.js'
import { forgetOldest } from '../../internal/forget-oldest.js'
import type { McpCallItem } from '../../protocol/items.js'

/** The progress of an MCP call, which the service runs. */
export interface McpProgress {
  readonly itemId: string
  readonly status: 'in_progress' | 'completed' | 'failed'
  /** The item of the call. When the call has finished, it contains `output` or `error` if the server sends them. */
  readonly item: McpCallItem | undefined
}

/**
 * Reports the progress of MCP calls. The events of a call carry no output: it is in the item, which the server sends after
 * `response.mcp_call.completed` or `.failed` (PROTOCOL.md, "MCP"). So the end of a call is reported with the item.
 */
export interface McpCallProgress {
  /** The server reported a status. */
  report(itemId: string, status: McpProgress['status']): void
  /** The server sent the item of a call. `isDone`: the item is final. */
  describe(item: McpCallItem, isDone: boolean): void
  /** Reports all finished calls that wait for their item, because no item follows. */
  flush(): void
  stop(): void
}

/** How long a finished call waits for its item, in milliseconds. */
const itemMs = 1_000
const rememberedItems = 4_096

export function createMcpCallProgress(
  clock: Clock,
  find: (itemId: string) => McpCallItem | undefined,
  emit: (progress: McpProgress) => void,
): McpCallProgress {
  const waiting = new Map<string, { readonly status: McpProgress['status']; readonly cancelTimer: () => void }>()
  const done = new Set<string>()

  function end(itemId: string, item: McpCallItem | undefined): void {
    const entry = waiting.get(itemId)
    if (!entry) return
    entry.cancelTimer()
    waiting.delete(itemId)
    emit({ itemId, status: entry.status, item })
  }

  return {
    report(itemId, status) {
      const item = find(itemId)
      if (status === 'in_progress' || done.has(itemId) || (item && hasResult(item))) {
        emit({ itemId, status, item })
        return
      }
      waiting.get(itemId)?.cancelTimer()
      waiting.set(itemId, { status, cancelTimer: clock.after(itemMs, () => end(itemId, find(itemId))) })
    },
    describe(item, isDone) {
      if (isDone) done.add(item.id)
      forgetOldest(done, rememberedItems)
      if (isDone || hasResult(item)) end(item.id, item)
    },
    flush() {
      for (const itemId of [...waiting.keys()]) end(itemId, find(itemId))
      done.clear()
    },
    stop() {
      for (const { cancelTimer } of waiting.values()) cancelTimer()
      waiting.clear()
    },
  }
}

/** Returns whether the item of a call contains its output or its error. */
export function hasResult({ output, error }: McpCallItem): boolean {
  return typeof output === 'string' || Boolean(error)
}
