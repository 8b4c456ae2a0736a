import { isToolError, type ToolError } from './error.js'

/** Returns the message that the model receives for a failure, or `undefined` for the default message. */
export type DescribeError = (error: ToolError) => string | undefined

/** Returns the output of a failed call: JSON with the code and a message that helps the model to continue. */
export function failureMessage(error: ToolError, describe: DescribeError | undefined, details?: string): string {
  return JSON.stringify({
    error: { code: error.code, message: customMessage(error, describe) ?? defaultMessage(error, details) },
  })
}

function customMessage(error: ToolError, describe: DescribeError | undefined): string | undefined {
  try {
    const message: unknown = describe?.(error)
    return typeof message === 'string' ? message : undefined
  } catch {
    return undefined
  }
}

/** Returns the trimmed reason of a rejection, or `undefined` if it is empty. */
export function reasonOf(reason: string | undefined): string | undefined {
  const text = reason?.trim()
  return text === '' ? undefined : text
}

/** Returns the details with a leading colon and without a period at the end. */
export function afterColon(details: string | undefined): string {
  const text = reasonOf(details)
  return text === undefined ? '' : `: ${text.replace(/\.$/, '')}`
}

/** Returns the default message. It does not contain what a tool threw, which can contain secrets. */
function defaultMessage(error: ToolError, details: string | undefined): string {
  const more = afterColon(details)
  if (isToolError(error, 'TIMEOUT'))
    return `The tool took longer than ${error.data.timeoutMs} ms. It may have had an effect all the same.`
  if (isToolError(error, 'ABORTED')) return aborted[error.data.reason]
  if (isToolError(error, 'RESULT_TOO_LARGE'))
    return `The result has ${error.data.bytes} bytes, which is more than ${error.data.maxBytes}. Ask for less.`
  switch (error.code) {
    case 'UNKNOWN_TOOL':
      return `There is no such tool${more}.`
    case 'INVALID_ARGUMENTS':
      return `The arguments are wrong${more}. Correct them and call again.`
    case 'REJECTED':
      return `The call was not approved${more}. It did not run.`
    case 'APPROVAL_TIMEOUT':
      return 'Nobody approved the call in time. It did not run.'
    case 'APPROVAL_FAILED':
      return 'Whether the call may run could not be decided. It did not run.'
    case 'TOO_MANY_ROUNDS':
      return 'Tools cannot be called again before the next turn of the caller. It did not run. Answer without tools.'
    case 'INCOMPLETE':
      return 'The call was cut off before its end. It did not run.'
    case 'UNFINISHED':
      return 'The connection was lost while the tool ran. It may have had an effect. Check before calling it again.'
    case 'NOT_RECORDED':
      return 'The tool is not available at the moment. It did not run.'
    case 'RESULT_NOT_JSON':
      return 'The tool ran, but its result cannot be shown.'
    default:
      return 'The tool failed.'
  }
}

const aborted = {
  interruption: 'The caller interrupted before the tool had finished. It may have had an effect all the same.',
  connection_lost: 'The connection was lost before the tool had finished. It may have had an effect all the same.',
  stopped: 'The tool was stopped. It may have had an effect all the same.',
}
