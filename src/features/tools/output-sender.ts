import type { Clock } from '../../internal/clock.js'
import { createId } from '../../internal/id.js'
import type { ConversationItemInput } from '../../protocol/item-inputs.js'
import { isSessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { Call } from './call.js'
import { ToolError } from './error.js'
import { watchOverdue } from './overdue-acknowledgement.js'

/** Sends the results of calls to the server. */
export interface OutputSender {
  /**
   * Sends the output of a call, after the call itself if the server does not have it.
   * @param onSettled Called when the server has acknowledged or refused the output.
   */
  sendOutput(call: Call, output: { id: string; output: string; withCall: boolean }, onSettled: () => void): void
  /**
   * Sends the result of a call whose output was a placeholder, as a message. Resends it after each lost connection until the server has
   * acknowledged or refused it.
   * @param onSettled Called when the server has acknowledged or refused the message.
   */
  sendLateResult(call: Call, output: string, onSettled: () => void): LateResult
  /** The connection is lost. Pending outputs are dropped; the batches send them again. */
  connectionLost(): void
  /** The session is open again. Resends late results that were not acknowledged. */
  resume(): void
  stop(): void
}

/** A result that is sent as a message. */
export interface LateResult {
  readonly itemId: string
  /** Cancels the message if the server has not acknowledged it. */
  cancel(): void
}

export function createOutputSender(
  session: RealtimeSession,
  clock: Clock,
  onError: (error: ToolError) => void,
): OutputSender {
  // One controller for each output: more than ten listeners on one signal make Node.js warn of a leak.
  const pending = new Set<AbortController>()
  /** Pending late results, and the function that resends each one if its last attempt failed. */
  const lateResults = new Map<AbortController, (() => void) | undefined>()

  /**
   * Resolves to `true` when the server has acknowledged or refused the items, and to `false` when the connection was lost first. There is
   * no timeout: on a half-open connection it would expire before the loss is detected.
   */
  async function send(call: Call, items: readonly ConversationItemInput[], signal: AbortSignal): Promise<boolean> {
    const refused = (cause: unknown) =>
      onError(new ToolError('OUTPUT_REFUSED', { tool: call.tool, callId: call.callId }, { cause }))
    const cancelReport = watchOverdue(session, clock, 'conversation.item.added', refused)
    try {
      const timeoutMs = Number.POSITIVE_INFINITY
      await Promise.all(items.map((item) => session.items.create(item, { signal, timeoutMs })))
      return true
    } catch (cause) {
      const isLost = isSessionError(cause, 'NOT_CONNECTED') || isSessionError(cause, 'CONNECTION_LOST')
      if (signal.aborted || session.getState().status === 'closed' || isLost) return false
      refused(cause)
      return true
    } finally {
      cancelReport()
    }
  }

  function dropPending(): void {
    for (const controller of pending) controller.abort()
    pending.clear()
  }

  return {
    sendOutput(call, { id, output, withCall }, onSettled) {
      const { callId: call_id, itemId, tool: name } = call
      const callItem = { type: 'function_call', id: itemId, call_id, name, arguments: call.arguments } as const
      const outputItem = { type: 'function_call_output', id, call_id, output } as const
      const controller = new AbortController()
      pending.add(controller)
      send(call, withCall ? [callItem, outputItem] : [outputItem], controller.signal).then((isSettled) => {
        pending.delete(controller)
        if (isSettled) onSettled()
      })
    },
    sendLateResult(call, output, onSettled) {
      const itemId = createId('item')
      const controller = new AbortController()
      const text = `The tool ${call.tool}, called as ${call.callId}, has finished: ${output}`
      const note: ConversationItemInput = {
        type: 'message',
        role: 'system',
        id: itemId,
        content: [{ type: 'input_text', text }],
      }
      // The session repeats a pending request on the next connection. What it does not repeat is sent again when the session is open.
      const attempt = () => {
        lateResults.set(controller, undefined)
        send(call, [note], controller.signal).then((isSettled) => {
          if (isSettled) onSettled()
          if (isSettled || controller.signal.aborted) lateResults.delete(controller)
          else lateResults.set(controller, attempt)
        })
      }
      attempt()
      return { itemId, cancel: () => controller.abort() }
    },
    connectionLost: dropPending,
    resume() {
      for (const attempt of [...lateResults.values()]) attempt?.()
    },
    stop() {
      dropPending()
      for (const controller of [...lateResults.keys()]) controller.abort()
      lateResults.clear()
    },
  }
}
