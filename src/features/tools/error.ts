import { defineErrors, isErrorOf, type MessageTable } from '../../errors.js'

/** The function call that failed. */
export interface FailedCall {
  /** Name of the tool. */
  readonly tool: string
  /** Id of the call. */
  readonly callId: string
}

/** Why a running call was aborted. */
export type AbortReason = 'interruption' | 'connection_lost' | 'stopped'

/** Data of a {@link ToolError} by code. */
export interface ToolErrorData {
  /** A tool or the list of tools is invalid. */
  INVALID_TOOL: {
    /** Name of the tool. */
    readonly tool: string
    /** The invalid field and what is wrong with it. */
    readonly problem: string
  }
  /** An option has an invalid value. */
  INVALID_OPTION: {
    /** Name of the option. */
    readonly option: string
    /** What is wrong, such as `must be a number of milliseconds above 0, or Infinity`. */
    readonly problem: string
  }
  /** The model called a tool that is not registered. */
  UNKNOWN_TOOL: FailedCall
  /** The arguments are not a JSON object or do not match the schema. */
  INVALID_ARGUMENTS: FailedCall & {
    /** The first invalid parameter, if it is known. */
    readonly field: string | undefined
  }
  /** `execute` threw. The cause is the thrown value. */
  EXECUTION_FAILED: FailedCall
  /** The call was not approved. */
  REJECTED: FailedCall
  /** No decision about the call was made in time. */
  APPROVAL_TIMEOUT: FailedCall
  /** `needsApproval` threw, so the call did not run. The cause is the thrown value. */
  APPROVAL_FAILED: FailedCall
  /** The call took longer than `timeoutMs`. */
  TIMEOUT: FailedCall & {
    /** The timeout, in milliseconds. */
    readonly timeoutMs: number
  }
  /** The call was aborted while it ran. */
  ABORTED: FailedCall & {
    /** Why it was aborted. */
    readonly reason: AbortReason
  }
  /** The response ended before the arguments of the call were complete, so the call did not run. */
  INCOMPLETE: FailedCall
  /** The result is longer than `maxResultBytes`. */
  RESULT_TOO_LARGE: FailedCall & {
    /** Size of the result, in bytes of UTF-8. */
    readonly bytes: number
    /** The limit, in bytes. */
    readonly maxBytes: number
  }
  /** The result cannot be converted to JSON. */
  RESULT_NOT_JSON: FailedCall
  /** The process that ran the call ended before the result was recorded. The tool is not `idempotent`, so it does not run again. */
  UNFINISHED: FailedCall
  /** The start of the call could not be recorded, so it did not run. The cause has the reason. */
  NOT_RECORDED: FailedCall
  /** The server refused or did not acknowledge the output of a call. The cause has the reason. */
  OUTPUT_REFUSED: FailedCall
  /** The server refused or did not acknowledge the response to an MCP approval request. The cause has the reason. */
  APPROVAL_REFUSED: {
    /** Id of the approval request. */
    readonly requestId: string
  }
  /** The server refused or did not acknowledge the tools. The cause has the reason. */
  TOOLS_REFUSED: {
    /** Names of the tools. */
    readonly tools: readonly string[]
  }
  /** The server refused or did not create the response to the results. The cause has the reason. */
  ANSWER_REFUSED: Record<never, never>
  /** The model called tools too many times in a row without a user turn. The next response is requested without tools. */
  TOO_MANY_ROUNDS: {
    /** Maximum number of consecutive rounds of tool calls. */
    readonly maxRounds: number
  }
}

/** Codes of {@link ToolError}. */
export type ToolErrorCode = keyof ToolErrorData

const messages: MessageTable<ToolErrorData> = {
  INVALID_TOOL: ({ tool, problem }) => `The tool "${tool}" is invalid: ${problem}.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  UNKNOWN_TOOL: ({ tool }) =>
    `The model called "${tool}", which is not registered. Add it to the tools, or remove it from the instructions.`,
  INVALID_ARGUMENTS: ({ tool, field }) =>
    `The model called "${tool}" with invalid arguments${field === undefined ? '' : ` at "${field}"`}. It received the details and can call again; if it keeps failing, describe the parameters more clearly.`,
  EXECUTION_FAILED: ({ tool }) =>
    `The tool "${tool}" threw an error. Read error.cause; the model only receives a message that the tool failed.`,
  REJECTED: ({ tool }) =>
    `The call of "${tool}" was rejected and did not run. No action is needed, because the model received the rejection.`,
  APPROVAL_TIMEOUT: ({ tool }) =>
    `The call of "${tool}" was not approved in time and did not run. Decide sooner, or raise timeoutMs of createApprovals().`,
  APPROVAL_FAILED: ({ tool }) =>
    `needsApproval of "${tool}" threw an error, so the call did not run. Read error.cause for the reason.`,
  TIMEOUT: ({ tool, timeoutMs }) =>
    `The tool "${tool}" did not finish within ${timeoutMs} ms. Make it faster, raise timeoutMs, or use scheduling: 'background'.`,
  ABORTED: ({ tool, reason }) =>
    `The call of "${tool}" was aborted, because ${abortReasons[reason]}. Check the signal in execute to stop work early.`,
  INCOMPLETE: ({ tool }) =>
    `The response ended before the call of "${tool}" was complete, so the call did not run. If max_output_tokens was reached, raise it.`,
  RESULT_TOO_LARGE: ({ tool, bytes, maxBytes }) =>
    `The result of "${tool}" has ${bytes} bytes, but the limit is ${maxBytes}. Return less, or raise maxResultBytes.`,
  RESULT_NOT_JSON: ({ tool }) => `The result of "${tool}" cannot be converted to JSON. Return a string or plain data.`,
  UNFINISHED: ({ tool }) =>
    `The call of "${tool}" was running when its process ended, so whether it had an effect is not known. Check what it did, or set idempotent: true if it can run again.`,
  NOT_RECORDED: ({ tool }) =>
    `The start of "${tool}" could not be recorded in the store, so the call did not run. Read error.cause, and check the store.`,
  OUTPUT_REFUSED: ({ tool }) => `The server did not accept the output of "${tool}". Read error.cause for the reason.`,
  APPROVAL_REFUSED: ({ requestId }) =>
    `The server did not accept the decision about the approval request ${requestId}. Read error.cause for the reason.`,
  TOOLS_REFUSED: ({ tools }) =>
    `The server did not accept the ${tools.length === 1 ? 'tool' : 'tools'} ${tools.join(', ')}. Read error.cause for the reason.`,
  ANSWER_REFUSED: () => 'The server did not create a response to the tool results. Read error.cause for the reason.',
  TOO_MANY_ROUNDS: ({ maxRounds }) =>
    `The model called tools ${maxRounds} ${maxRounds === 1 ? 'time' : 'times'} in a row without a user turn, so it must respond without tools. Raise maxRounds if it needs more.`,
}

const abortReasons: Readonly<Record<AbortReason, string>> = {
  interruption: 'the user interrupted',
  connection_lost: 'the connection was lost',
  stopped: 'the tools were stopped or the session was closed',
}

/** Error of a tool, its approval, or sending its result. It never contains arguments or results. */
export class ToolError<Code extends ToolErrorCode = ToolErrorCode> extends /* @__PURE__ */ defineErrors<ToolErrorData>(
  'ToolError',
  messages,
)<Code> {}

/**
 * Returns whether a value is a {@link ToolError}, with the given code if one is given. Narrows `data`.
 *
 * @example
 * ```ts
 * run.on('error', (error) => {
 *   if (isToolError(error, 'EXECUTION_FAILED')) console.error(error.data.tool, error.cause)
 * })
 * ```
 */
export function isToolError<Code extends ToolErrorCode = ToolErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: ToolError<C> }[Code] {
  return isErrorOf(value, 'ToolError', code)
}
