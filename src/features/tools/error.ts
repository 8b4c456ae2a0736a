import { isErrorOf, type MessageTable, RealtimeError } from '../../errors.js'

/** The call that an error is about. */
export interface FailedCall {
  readonly tool: string
  readonly callId: string
}

/** Why a call was stopped before it had finished. */
export type AbortReason = 'interruption' | 'connection_lost' | 'stopped'

/** What each tool error knows. */
export interface ToolErrorData {
  /** A tool, or a set of them, could never work; `problem` says what is wrong with which field. */
  INVALID_TOOL: { readonly tool: string; readonly problem: string }
  /** An option has a value that cannot work. */
  INVALID_OPTION: { readonly option: string; readonly problem: string }
  /** The model called a tool that was not offered. */
  UNKNOWN_TOOL: FailedCall
  /** The arguments are no JSON, or do not fit; `field` is the first parameter that does not. */
  INVALID_ARGUMENTS: FailedCall & { readonly field: string | undefined }
  /** `execute` threw; the cause is what it threw. */
  EXECUTION_FAILED: FailedCall
  /** The call was not approved. */
  REJECTED: FailedCall
  /** Nobody decided in time whether the call may run. */
  APPROVAL_TIMEOUT: FailedCall
  /** `needsApproval` threw, so the call did not run; the cause is what it threw. */
  APPROVAL_FAILED: FailedCall
  /** The tool took longer than it may. */
  TIMEOUT: FailedCall & { readonly timeoutMs: number }
  /** The call was stopped. */
  ABORTED: FailedCall & { readonly reason: AbortReason }
  /** The response ended before the call was written to its end, so it did not run. */
  INCOMPLETE: FailedCall
  /** The result is longer than the model may be given. */
  RESULT_TOO_LARGE: FailedCall & { readonly bytes: number; readonly maxBytes: number }
  /** The result cannot be written as JSON. */
  RESULT_NOT_JSON: FailedCall
  /** The server did not take the output of a call; the cause is its refusal. */
  OUTPUT_REFUSED: FailedCall
  /** The server did not take the answer to an approval request; the cause is its refusal. */
  APPROVAL_REFUSED: { readonly requestId: string }
  /** The server did not take the tools; the cause is its refusal. */
  TOOLS_REFUSED: { readonly tools: readonly string[] }
  /** The answer to the results was refused; the cause is the refusal. */
  ANSWER_REFUSED: Record<never, never>
  /**
   * The model called tools `maxRounds` times in a row without a turn of the caller. It was then made to answer without them, and calls of that
   * answer do not run.
   */
  TOO_MANY_ROUNDS: { readonly maxRounds: number }
}

export type ToolErrorCode = keyof ToolErrorData

const messages: MessageTable<ToolErrorData> = {
  INVALID_TOOL: ({ tool, problem }) => `The tool "${tool}" cannot be offered: ${problem}.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  UNKNOWN_TOOL: ({ tool }) => `The model called "${tool}", which was not offered; it was told so.`,
  INVALID_ARGUMENTS: ({ tool, field }) =>
    `The arguments of "${tool}" do not fit${field === undefined ? '' : ` at "${field}"`}; the model was told why.`,
  EXECUTION_FAILED: ({ tool }) =>
    `The tool "${tool}" threw; the cause is what it threw, and the model was told that it failed.`,
  REJECTED: ({ tool }) => `The call of "${tool}" was rejected and did not run; the model was told so.`,
  APPROVAL_TIMEOUT: ({ tool }) =>
    `Nobody approved the call of "${tool}" in time, so it did not run; decide sooner, or allow more time.`,
  APPROVAL_FAILED: ({ tool }) =>
    `needsApproval of "${tool}" threw, so the call did not run; the cause is what it threw.`,
  TIMEOUT: ({ tool, timeoutMs }) =>
    `The tool "${tool}" did not finish within ${timeoutMs} ms; make it faster, raise timeoutMs, or run it in the background.`,
  ABORTED: ({ tool, reason }) => `The call of "${tool}" was stopped: ${abortReasons[reason]}.`,
  INCOMPLETE: ({ tool }) =>
    `The call of "${tool}" was cut off before its end and did not run; allow more output tokens.`,
  RESULT_TOO_LARGE: ({ tool, bytes, maxBytes }) =>
    `The result of "${tool}" has ${bytes} bytes and may have ${maxBytes}; return less, or raise maxResultBytes.`,
  RESULT_NOT_JSON: ({ tool }) => `The result of "${tool}" cannot be written as JSON; return text or plain data.`,
  OUTPUT_REFUSED: ({ tool }) => `The server did not take the output of "${tool}"; the cause says why.`,
  APPROVAL_REFUSED: ({ requestId }) =>
    `The server did not take the answer to the approval request ${requestId}; the cause says why.`,
  TOOLS_REFUSED: ({ tools }) => `The server did not take the tools ${tools.join(', ')}; the cause says why.`,
  ANSWER_REFUSED: () => 'The server refused to answer after the tools had run; the cause says why.',
  TOO_MANY_ROUNDS: ({ maxRounds }) =>
    `The model called tools ${maxRounds} times in a row without a turn of the caller; it was made to answer without them.`,
}

const abortReasons: Readonly<Record<AbortReason, string>> = {
  interruption: 'the caller interrupted',
  connection_lost: 'the connection was lost while it ran',
  stopped: 'the tools were stopped or the session closed',
}

/** A failure of a tool, of its approval, or of telling the model about it. It never holds arguments or results. */
export class ToolError<Code extends ToolErrorCode = ToolErrorCode> extends RealtimeError<Code, ToolErrorData[Code]> {
  constructor(code: Code, data: ToolErrorData[Code], options?: ErrorOptions) {
    super('ToolError', code, messages[code](data), data, options)
  }
}

/** Whether a value is a {@link ToolError}, of the given code if one is given; it narrows `data`. */
export function isToolError<Code extends ToolErrorCode = ToolErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: ToolError<C> }[Code] {
  return isErrorOf(value, 'ToolError', code)
}
