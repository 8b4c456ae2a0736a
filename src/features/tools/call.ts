import { abortReason, abortWith } from '../../internal/abort.js'
import type { Clock } from '../../internal/clock.js'
import { withDeadline } from '../../internal/deadline.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { ApprovalDecision, Approvals } from './approvals.js'
import { parseObject, readArguments } from './arguments.js'
import { type AbortReason, isToolError, ToolError } from './error.js'
import { frozenCopy } from './frozen-copy.js'
import { encodeResult } from './result.js'
import { type DescribeError, tellFailure } from './tell.js'
import type { Tool, ToolContext } from './tool.js'

/** A call as the model made it. */
export interface Call {
  readonly callId: string
  readonly itemId: string
  readonly responseId: string
  readonly tool: string
  /** JSON text, or what the model took for it. */
  readonly arguments: string
}

/** What came of a call: what the model reads, and what went wrong if something did. */
export interface CallOutcome {
  readonly output: string
  readonly error: ToolError | undefined
}

/** A call that runs. */
export interface RunningCall {
  /** It always settles and never rejects. */
  readonly outcome: Promise<CallOutcome>
  abort(reason: AbortReason): void
}

export interface CallOptions {
  readonly session: RealtimeSession
  readonly clock: Clock
  readonly approvals: Approvals
  readonly maxResultBytes: number
  readonly describeError: DescribeError | undefined
  /** Says something while the tool works, if nobody speaks. */
  readonly say: (text: string) => boolean
}

/** Runs one call from its text to the text that answers it. */
export function startCall(call: Call, tool: Tool, options: CallOptions): RunningCall {
  const { session, clock, approvals, maxResultBytes, describeError } = options
  const names = { tool: call.tool, callId: call.callId }
  const controller = new AbortController()
  const { signal } = controller
  let isOver = false

  const context: ToolContext = {
    callId: call.callId,
    itemId: call.itemId,
    responseId: call.responseId,
    session,
    signal,
    progress: (text) => !isOver && !signal.aborted && options.say(text),
  }

  /** One step of the way, no longer than the tool may take. */
  function inTime<T>(step: () => T | Promise<T>): Promise<T> {
    const { timeoutMs } = tool
    const timeoutError = () => new ToolError('TIMEOUT', { ...names, timeoutMs })
    return withDeadline<T>({ clock, signal, timeoutMs, timeoutError }, (resolve, reject) => {
      Promise.resolve().then(step).then(resolve, reject)
      return () => {}
    })
  }

  /** What `step` throws is the fault of the app; what ends the wait for it is not. */
  function orFail<T>(code: 'EXECUTION_FAILED' | 'APPROVAL_FAILED', step: () => T | Promise<T>): Promise<T> {
    return inTime(async () => {
      try {
        return await step()
      } catch (cause) {
        throw new ToolError(code, names, { cause })
      }
    })
  }

  async function work(): Promise<CallOutcome> {
    const read = await orFail('EXECUTION_FAILED', () => readArguments(tool, names, call.arguments))
    if ('error' in read) return failed(read.error, read.details)
    const rejection = await rejectionOf(read.value)
    if (rejection) return rejection
    const stopTalking = talk()
    try {
      const result = await orFail('EXECUTION_FAILED', () => tool.execute(read.value, context))
      return { output: encodeResult(names, result, maxResultBytes), error: undefined }
    } finally {
      stopTalking()
    }
  }

  async function rejectionOf(args: unknown): Promise<CallOutcome | undefined> {
    const { needsApproval } = tool
    if (needsApproval === 'never') return undefined
    // Nobody else holds what will run, so what is shown and approved is what runs.
    const copy = frozenCopy(args)
    if (needsApproval !== 'always') {
      const verdict = await orFail('APPROVAL_FAILED', async () =>
        needsApproval(copy ? copy.value : await madeAnew(), context),
      )
      // Anything but a clear no asks.
      if (verdict === false) return undefined
    }
    const shown = (copy ?? frozenCopy(parseObject(call.arguments)))?.value
    const request = { id: call.callId, kind: 'function', tool: call.tool, arguments: shown } as const
    return decided(await approvals.request(request, signal, clock))
  }

  /** The arguments once more, for those that cannot be copied. */
  async function madeAnew(): Promise<unknown> {
    const read = await readArguments(tool, names, call.arguments)
    if ('error' in read) throw read.error
    return read.value
  }

  function decided({ isApproved, by, reason }: ApprovalDecision): CallOutcome | undefined {
    if (by === 'cancelled') throw abortReason(signal)
    if (isApproved) return undefined
    const code = by === 'deadline' ? 'APPROVAL_TIMEOUT' : 'REJECTED'
    return failed(new ToolError(code, names), reason)
  }

  /** Says what there is to say when it takes long; asks again as long as somebody else speaks. */
  function talk(): () => void {
    const { progress } = tool
    if (!progress) return () => {}
    let cancel = () => {}
    const wait = () => {
      cancel = clock.after(progress.afterMs, () => {
        if (!context.progress(progress.text)) wait()
      })
    }
    wait()
    return () => cancel()
  }

  function failed(error: ToolError, details?: string): CallOutcome {
    return { output: tellFailure(error, describeError, details), error }
  }

  const outcome = work()
    .catch((cause: unknown) => {
      const error = isToolError(cause) ? cause : new ToolError('EXECUTION_FAILED', names, { cause })
      // Whatever still runs has nobody to run for.
      abortWith(controller, error)
      return failed(error)
    })
    .finally(() => {
      isOver = true
    })

  return {
    outcome,
    abort: (reason) => abortWith(controller, new ToolError('ABORTED', { ...names, reason })),
  }
}
