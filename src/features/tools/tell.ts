import { isToolError, type ToolError } from './error.js'

/** Says a failure in the words that the model reads; undefined leaves it at the words of this package. */
export type DescribeError = (error: ToolError) => string | undefined

/** A failure as the output of a call: JSON that names the code and says what the model can do about it. */
export function tellFailure(error: ToolError, describe: DescribeError | undefined, details?: string): string {
  return JSON.stringify({ error: { code: error.code, message: own(error, describe) ?? words(error, details) } })
}

function own(error: ToolError, describe: DescribeError | undefined): string | undefined {
  try {
    const told: unknown = describe?.(error)
    return typeof told === 'string' ? told : undefined
  } catch {
    return undefined
  }
}

/** Returns the reason of a rejection as text for the model, or undefined when there is none: an empty one says nothing. */
export function reasonOf(reason: string | undefined): string | undefined {
  const text = reason?.trim()
  return text === '' ? undefined : text
}

/** Returns the details as the end of a sentence whose full stop follows. */
export function afterColon(details: string | undefined): string {
  const text = reasonOf(details)
  return text === undefined ? '' : `: ${text.replace(/\.$/, '')}`
}

/** The default text. It does not contain what a tool threw, which may hold secrets. */
function words(error: ToolError, details: string | undefined): string {
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
