import { createId } from '../../internal/id.js'
import type { ConversationItemInput } from '../../protocol/item-inputs.js'
import { isSessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { Call } from './call.js'
import { ToolError } from './error.js'

/** Tells the server what calls have come to. */
export interface Delivery {
  /**
   * Sends the output of a call, behind the call itself where the server does not have it.
   * @param onSettled the server has it, or has refused it
   */
  output(call: Call, output: { id: string; output: string; withCall: boolean }, onSettled: () => void): void
  /** Notes a result whose call is answered already; the answer is the id of the item. */
  late(call: Call, output: string): string
  /** What is not acknowledged will never be; whoever sent it sends it anew. */
  lose(): void
}

export function createDelivery(session: RealtimeSession, onError: (error: ToolError) => void): Delivery {
  let connection = new AbortController()

  /** Resolves with whether the server has dealt with the items; what the connection lost on the way it has not. */
  function send(call: Call, items: readonly ConversationItemInput[], signal?: AbortSignal): Promise<boolean> {
    return Promise.all(items.map((item) => session.items.create(item, { signal }))).then(
      () => true,
      (cause: unknown) => {
        if (signal?.aborted || session.getState().status === 'closed' || isSessionError(cause, 'NOT_CONNECTED'))
          return false
        onError(new ToolError('OUTPUT_REFUSED', { tool: call.tool, callId: call.callId }, { cause }))
        return true
      },
    )
  }

  return {
    output(call, { id, output, withCall }, onSettled) {
      const { callId: call_id, itemId, tool: name } = call
      const made = { type: 'function_call', id: itemId, call_id, name, arguments: call.arguments } as const
      const answer = { type: 'function_call_output', id, call_id, output } as const
      send(call, withCall ? [made, answer] : [answer], connection.signal).then((isSettled) => {
        if (isSettled) onSettled()
      })
    },
    late(call, output) {
      const id = createId('item')
      const text = `The tool ${call.tool}, which was called as ${call.callId}, has answered: ${output}`
      const note: ConversationItemInput = {
        type: 'message',
        role: 'system',
        id,
        content: [{ type: 'input_text', text }],
      }
      send(call, [note]).then((isSettled) => {
        // Nobody sends it anew; what is sent while the session reconnects waits for the next connection.
        if (!isSettled && session.getState().status === 'reconnecting') void send(call, [note])
      })
      return id
    },
    lose() {
      connection.abort()
      connection = new AbortController()
    },
  }
}
