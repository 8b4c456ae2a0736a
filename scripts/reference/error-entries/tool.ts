import type { ToolErrorCode } from '../../../src/features/tools/error.js'
import type { ErrorClassEntry } from './entry.js'

const informed = 'The model receives a message about the failure and can react.'

export const toolErrors: ErrorClassEntry<ToolErrorCode> = {
  module: 'realtime-primitives',
  codes: {
    INVALID_TOOL: {
      when: '`tool()`, `runTools()`, or `setTools()` received a tool with an invalid field, parameters that cannot be converted to JSON Schema, or two tools with the same name.',
      fix: 'Correct the field that the message names. For a schema that cannot be converted, set `jsonSchema`.',
    },
    INVALID_OPTION: {
      when: 'A limit or a timeout of `runTools()`, `runMcp()`, or `createApprovals()` is invalid.',
      fix: 'Correct the option that the message names.',
    },
    UNKNOWN_TOOL: {
      when: 'The model called a tool that is not registered. Usually the instructions mention a tool that does not exist, or the server has refused the tools, which `TOOLS_REFUSED` reports.',
      fix: `${informed} Register the tool, or remove it from the instructions.`,
    },
    INVALID_ARGUMENTS: {
      when: 'The arguments of the model are not a JSON object, or do not match the schema of the tool. `execute` did not run.',
      fix: 'The model receives the details and usually calls again. If it keeps failing, describe the parameters more clearly or make the schema simpler.',
    },
    EXECUTION_FAILED: {
      when: '`execute` threw or rejected.',
      fix: 'Read `error.cause`. The model receives only that the tool failed. To give it more details, return them as the result, or use `describeError`.',
      example: `import { isToolError, runTools } from 'realtime-primitives'

const running = runTools(session, [], {
  describeError: (error) => (isToolError(error, 'EXECUTION_FAILED') ? 'The database is down. Ask the user to wait.' : undefined),
})`,
    },
    REJECTED: {
      when: 'The app rejected a call of a tool with `needsApproval`, and the call did not run.',
      fix: 'No action is needed. The model receives the rejection and its reason.',
    },
    APPROVAL_TIMEOUT: {
      when: 'No decision about the call was made within `timeoutMs` of `createApprovals()` (60 s by default), and the call did not run.',
      fix: `${informed} Show pending approvals where the user sees them, or raise \`timeoutMs\`.`,
    },
    APPROVAL_FAILED: {
      when: 'The `needsApproval` function of the tool threw, so the call did not run.',
      fix: 'Read `error.cause`, and correct the function.',
    },
    TIMEOUT: {
      when: '`execute` took longer than `timeoutMs` of the tool (30 s by default). Its `AbortSignal` was aborted. The tool may have had an effect.',
      fix: "Make the tool faster, or raise `timeoutMs`. For long work, use `scheduling: 'background'`, which lets the conversation continue.",
    },
    ABORTED: {
      when: 'The call was running when the user interrupted, the connection was lost, or the tools were stopped. Which of these events abort a call depends on its `abortOn` option.',
      fix: 'Pass the `AbortSignal` that `execute` receives to your requests, so that the work stops. Change `abortOn` if the call must complete.',
    },
    INCOMPLETE: {
      when: 'The response was cancelled, failed, or reached its maximum number of tokens before the arguments of the call were complete.',
      fix: 'If the limit was reached, raise `max_output_tokens`. After an interruption, no action is needed.',
    },
    RESULT_TOO_LARGE: {
      when: 'The result has more than `maxResultBytes` bytes (64 KiB by default). The model received an error in its place.',
      fix: 'Return only what the model needs, or raise `maxResultBytes`.',
    },
    RESULT_NOT_JSON: {
      when: '`execute` returned a value that `JSON.stringify` cannot convert: a cycle, a `BigInt`, a function, or a symbol.',
      fix: 'Return a string or plain data.',
    },
    UNFINISHED: {
      when: 'A call was running when its process ended, and another process has resumed the conversation. The result was not recorded, and the tool is not `idempotent`, so the call does not run again. The model receives the error.',
      fix: 'Check what the call did, by its id. If running it twice with the same `idempotencyKey` does no harm, set `idempotent: true`. See [surviving restarts](../../surviving-restarts.md).',
    },
    NOT_RECORDED: {
      when: 'The conversation is persisted, and the store did not record the start of the call within `recordTimeoutMs`. The call did not run, because another process could run it again.',
      fix: 'Read `error.cause`, and check the store.',
    },
    OUTPUT_REFUSED: {
      when: 'The server refused the output of a call, or did not acknowledge it.',
      fix: 'Read `error.cause`: usually a `SessionError` with `SERVER_ERROR` or `TIMEOUT`.',
    },
    APPROVAL_REFUSED: {
      when: 'The server refused the response to an MCP approval request, or did not acknowledge it.',
      fix: 'Read `error.cause`. The request may belong to a connection that was lost.',
    },
    TOOLS_REFUSED: {
      when: 'The server refused the definitions of the tools, or did not acknowledge them. The previous tools stay active.',
      fix: 'Read `error.cause`: a `SERVER_ERROR` names the invalid field of the definition.',
    },
    ANSWER_REFUSED: {
      when: 'The server refused or did not create the response that follows the results of the tools.',
      fix: 'Read `error.cause`. Request a response with `session.respond()` to continue the conversation.',
    },
    TOO_MANY_ROUNDS: {
      when: 'The model called tools more than `maxRounds` times in a row (16 by default) without a user turn. The next response is requested without tools, and calls in it do not run.',
      fix: 'Check whether a tool returns errors that make the model call it again. Raise `maxRounds` if the task needs more calls.',
    },
  },
}
