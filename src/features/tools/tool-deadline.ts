import type { Clock } from '../../internal/clock.js'
import { withDeadline } from '../../internal/deadline.js'
import { ToolError } from './error.js'
import type { Tool } from './tool.js'

/** Runs one step of a call with the timeout of its tool. Rejects with `TIMEOUT`, or with the reason of the signal when it aborts. */
export function withToolDeadline<T>(
  call: { readonly tool: Tool; readonly callId: string; readonly clock: Clock; readonly signal: AbortSignal },
  step: () => T | Promise<T>,
): Promise<T> {
  const { tool, callId, clock, signal } = call
  const { timeoutMs } = tool
  const timeoutError = () => new ToolError('TIMEOUT', { tool: tool.name, callId, timeoutMs })
  return withDeadline<T>({ clock, signal, timeoutMs, timeoutError }, (resolve, reject) => {
    Promise.resolve().then(step).then(resolve, reject)
    return () => {}
  })
}
