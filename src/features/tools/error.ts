import { isErrorOf, type MessageTable, RealtimeError } from '../../errors.js'

/** The call that an error is about. */
export interface FailedCall {
  readonly tool: string
  readonly callId: string
}

/** Why a running call was aborted. */
export type AbortReason = 'interruption' | 'connection_lost' | 'stopped'

/** The data of each tool error, by code. */
export interface ToolErrorData {
  /** A tool or a list of tools is invalid. `problem` names the field and what is wrong with it. */
  INVALID_TOOL: { readonly tool: string; readonly problem: string }
  /** An option has an invalid value. */
  INVALID_OPTION: { readonly option: string; readonly problem: string }
  /** The model called a tool that is not registered. */
  UNKNOWN_TOOL: FailedCall
  /** The arguments are not a JSON object or do not match the schema. `field` is the first invalid parameter. */
  INVALID_ARGUMENTS: FailedCall & { readonly field: string | undefined }
  /** `execute` threw. The cause is the thrown value. */
  EXECUTION_FAILED: FailedCall
  /** The call was not approved. */
  REJECTED: FailedCall
  /** The approval request was not decided in time. */
  APPROVAL_TIMEOUT: FailedCall
  /** `needsApproval` threw, so the call did not run. The cause is the thrown value. */
  APPROVAL_FAILED: FailedCall
  /** The call ran longer than `timeoutMs`. */
  TIMEOUT: FailedCall & { readonly timeoutMs: number }
  /** The call was aborted. */
  ABORTED: FailedCall & { readonly reason: AbortReason }
  /** The response ended before the call was complete, so it did not run. */
  INCOMPLETE: FailedCall
  /** The result is longer than `maxResultBytes`. */
  RESULT_TOO_LARGE: FailedCall & { readonly bytes: number; readonly maxBytes: number }
  /** The result cannot be converted to JSON. */
  RESULT_NOT_JSON: FailedCall
  /** The server refused or did not acknowledge the output of a call. The cause has the reason. */
  OUTPUT_REFUSED: FailedCall
  /** The server refused or did not acknowledge the response to an approval request. The cause has the reason. */
  APPROVAL_REFUSED: { readonly requestId: string }
  /** The server refused or did not acknowledge the tools. The cause has the reason. */
  TOOLS_REFUSED: { readonly tools: readonly string[] }
  /** The server refused or did not create the response to the results. The cause has the reason. */
  ANSWER_REFUSED: Record<never, never>
  /**
   * The model called tools `maxRounds` times in a row without a user turn. The next response is requested without tools, and its calls do not
   * run.
   */
  TOO_MANY_ROUNDS: { readonly maxRounds: number }
}

export type ToolErrorCode = keyof ToolErrorData

const messages: MessageTable<ToolErrorData> = {
  INVALID_TOOL: ({ tool, problem }) => `The tool "${tool}" is invalid: ${problem}.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  UNKNOWN_TOOL: ({ tool }) =>
    `The model called "${tool}", which is not registered. Add it to the tools, or remove it from the instructions.`,
  INVALID_ARGUMENTS: ({ tool, field }) =>
    `The arguments of "${tool}" are invalid${field === undefined ? '' : ` at "${field}"`}. The model received the details and can call again.`,
  EXECUTION_FAILED: ({ tool }) =>
    `The tool "${tool}" threw an error. The cause has it; the model received only that the tool failed.`,
  REJECTED: ({ tool }) => `The call of "${tool}" was rejected and did not run.`,
  APPROVAL_TIMEOUT: ({ tool }) =>
    `The call of "${tool}" was not approved in time and did not run. Decide sooner, or raise timeoutMs of createApprovals.`,
  APPROVAL_FAILED: ({ tool }) =>
    `needsApproval of "${tool}" threw an error, so the call did not run. The cause has the error.`,
  TIMEOUT: ({ tool, timeoutMs }) =>
    `The tool "${tool}" did not finish within ${timeoutMs} ms. Make it faster, raise timeoutMs, or use scheduling: 'background'.`,
  ABORTED: ({ tool, reason }) => `The call of "${tool}" was aborted: ${abortReasons[reason]}.`,
  INCOMPLETE: ({ tool }) =>
    `The response ended before the call of "${tool}" was complete, so it did not run. Raise max_output_tokens.`,
  RESULT_TOO_LARGE: ({ tool, bytes, maxBytes }) =>
    `The result of "${tool}" has ${bytes} bytes, more than the limit of ${maxBytes}. Return less, or raise maxResultBytes.`,
  RESULT_NOT_JSON: ({ tool }) => `The result of "${tool}" cannot be converted to JSON. Return a string or plain data.`,
  OUTPUT_REFUSED: ({ tool }) => `The server did not accept the output of "${tool}". The cause has the reason.`,
  APPROVAL_REFUSED: ({ requestId }) =>
    `The server did not accept the response to the approval request ${requestId}. The cause has the reason.`,
  TOOLS_REFUSED: ({ tools }) => `The server did not accept the tools ${tools.join(', ')}. The cause has the reason.`,
  ANSWER_REFUSED: () => 'The server did not create a response to the results of the tools. The cause has the reason.',
  TOO_MANY_ROUNDS: ({ maxRounds }) =>
    `The model called tools ${maxRounds} times in a row without a user turn, so it must respond without tools. Raise maxRounds if it needs more.`,
}

const abortReasons: Readonly<Record<AbortReason, string>> = {
  interruption: 'the user interrupted',
  connection_lost: 'the connection was lost while it ran',
  stopped: 'the tools were stopped or the session closed',
}

/** A failure of a tool, of its approval, or of sending its result. It never contains arguments or results. */
export class ToolError<Code extends ToolErrorCode = ToolErrorCode> extends RealtimeError<Code, ToolErrorData[Code]> {
  constructor(code: Code, data: ToolErrorData[Code], options?: ErrorOptions) {
    super('ToolError', code, messages[code](data), data, options)
  }
}

/** Returns whether a value is a {@link ToolError}, with the given code if one is given. Narrows `data`. */
export function isToolError<Code extends ToolErrorCode = ToolErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: ToolError<C> }[Code] {
  return isErrorOf(value, 'ToolError', code)
}
