import { isRealtimeError, type RealtimeError } from '../../errors.js'
import type { ResponseControl } from './handle.js'
import type { SentMessage } from './options.js'

/**
 * Sends the message that a response replies to, and drops it if the response is cancelled before it has left. Returns `false` when it cannot be
 * sent; the response is rejected then.
 * @param onRefused Called when the server refuses the message.
 */
export function sendFirst(
  { handle, settle }: ResponseControl,
  sendMessage: () => SentMessage,
  onRefused: (error: RealtimeError) => void,
): boolean {
  try {
    const { acknowledged, withdraw } = sendMessage()
    acknowledged.catch((error: unknown) => {
      if (isRealtimeError(error)) onRefused(error)
    })
    handle.done.then((outcome) => {
      if (outcome.status === 'cancelled' && outcome.reason === 'client_cancelled') withdraw()
    })
    return true
  } catch (error) {
    if (!isRealtimeError(error)) throw error
    settle({ status: 'rejected', error })
    return false
  }
}
