import { abortReason, abortWith, throwIfAborted } from '../../internal/abort.js'
import type { Clock } from '../../internal/clock.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { ApprovalDecision, Approvals } from './approvals.js'
import type { Call, CallOutcome } from './call.js'
import { parseArguments, parseJsonObject } from './call-arguments.js'
import { type AbortReason, isToolError, ToolError } from './error.js'
import { frozenCopy } from './frozen-copy.js'
import type { ToolJournal } from './journal.js'
import { type DescribeError, failureMessage } from './model-messages.js'
import { encodeResult } from './result-encoding.js'
import type { Tool, ToolContext } from './tool.js'
import { withToolDeadline } from './tool-deadline.js'

/** A running call. */
export interface RunningCall {
  /** Always resolves, and never rejects. */
  readonly outcome: Promise<CallOutcome>
  abort(reason: AbortReason): void
}

export interface CallOptions {
  readonly session: RealtimeSession
  readonly clock: Clock
  readonly approvals: Approvals
  readonly maxResultBytes: number
  readonly describeError: DescribeError | undefined
  /** Records the call. `undefined` if calls are not recorded. */
  readonly journal?: ToolJournal | undefined
  /** Requests a progress message. Returns `false` while someone speaks. */
  readonly requestProgress: (text: string) => boolean
}

/** Validates, approves, and runs one call. */
export function startCall(call: Call, tool: Tool, options: CallOptions): RunningCall {
  const { session, clock, approvals, maxResultBytes, describeError, journal } = options
  const names = { tool: call.tool, callId: call.callId }
  const controller = new AbortController()
  const { signal } = controller
  let isSettled = false

  const context: ToolContext = {
    callId: call.callId,
    itemId: call.itemId,
    responseId: call.responseId,
    idempotencyKey: journal?.idempotencyKey(call.callId) ?? call.callId,
    session,
    signal,
    progress: (text) => !isSettled && !signal.aborted && options.requestProgress(text),
  }

  /** Wraps an error that `step` throws. A timeout or an abort keeps its own error. */
  function wrapFailure<T>(code: 'EXECUTION_FAILED' | 'APPROVAL_FAILED', step: () => T | Promise<T>): Promise<T> {
    return withToolDeadline({ tool, callId: call.callId, clock, signal }, async () => {
      try {
        return await step()
      } catch (cause) {
        throw new ToolError(code, names, { cause })
      }
    })
  }

  async function work(): Promise<CallOutcome> {
    const read = await wrapFailure('EXECUTION_FAILED', () => parseArguments(tool, names, call.arguments))
    if ('error' in read) return failed(read.error, read.details)
    const rejection = await rejectionOf(read.value)
    if (rejection) return rejection
    await recordStart()
    const cancelProgress = scheduleProgress()
    try {
      const result = await wrapFailure('EXECUTION_FAILED', () => tool.execute(read.value, context))
      return { output: encodeResult(names, result, maxResultBytes), error: undefined }
    } finally {
      cancelProgress()
    }
  }

  /** Waits until the start is recorded. An `execute` that is not recorded could run twice. */
  async function recordStart(): Promise<void> {
    if (!journal) return
    try {
      await journal.starting(call.callId)
    } catch (cause) {
      throw new ToolError('NOT_RECORDED', names, { cause })
    }
    // The call may have been aborted meanwhile.
    throwIfAborted(signal)
  }

  async function rejectionOf(args: unknown): Promise<CallOutcome | undefined> {
    const { needsApproval } = tool
    if (needsApproval === 'never' || journal?.isApproved(call.callId)) return undefined
    // The copy is not shared with the app, so the approved arguments are the ones that the tool receives.
    const copy = frozenCopy(args)
    if (needsApproval !== 'always') {
      const verdict = await wrapFailure('APPROVAL_FAILED', async () =>
        needsApproval(copy ? copy.value : await parseAgain(), context),
      )
      // Any value other than `false` requires approval.
      if (verdict === false) return undefined
    }
    const shown = (copy ?? frozenCopy(parseJsonObject(call.arguments)))?.value
    const request = { id: call.callId, kind: 'function', tool: call.tool, arguments: shown } as const
    return decided(await approvals.request(request, signal, clock))
  }

  /** Parses the arguments again, if they cannot be copied. */
  async function parseAgain(): Promise<unknown> {
    const read = await parseArguments(tool, names, call.arguments)
    if ('error' in read) throw read.error
    return read.value
  }

  function decided({ isApproved, by, reason }: ApprovalDecision): CallOutcome | undefined {
    if (by === 'cancelled') throw abortReason(signal)
    if (isApproved) {
      journal?.approved(call.callId)
      return undefined
    }
    const code = by === 'deadline' ? 'APPROVAL_TIMEOUT' : 'REJECTED'
    return failed(new ToolError(code, names), reason)
  }

  /** Requests the progress message of the tool after `afterMs`, and again after that time while someone speaks. */
  function scheduleProgress(): () => void {
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
    return { output: failureMessage(error, describeError, details), error }
  }

  const settled = work()
    .catch((cause: unknown) => {
      const error = isToolError(cause) ? cause : new ToolError('EXECUTION_FAILED', names, { cause })
      // Aborts an `execute` that still runs, because its result is not used.
      abortWith(controller, error)
      return failed(error)
    })
    .finally(() => {
      isSettled = true
    })

  const outcome = journal
    ? settled.then(async (result) => {
        await journal.finished(call.callId, result).catch(() => {})
        return result
      })
    : settled

  return {
    outcome,
    abort: (reason) => abortWith(controller, new ToolError('ABORTED', { ...names, reason })),
  }
}
