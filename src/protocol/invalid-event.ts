import { type EventDirection, ProtocolError } from './error.js'
import { leftOut, missing, type Problem } from './rule.js'

/** Creates the error for an event with a problem. `type` is `undefined` if it is not a known type. */
export function invalidEvent(direction: EventDirection, type: string | undefined, problem: Problem): ProtocolError {
  const { path, expected, found } = problem
  const hint =
    direction === 'server'
      ? 'read the raw frame beside this error, and report the difference if the server is right'
      : expected === leftOut
        ? 'remove it, because the server refuses a whole event for one field that it does not know'
        : found === missing
          ? 'add it'
          : 'correct it'
  return new ProtocolError('INVALID_EVENT', { type, direction, path: formatPath(path), expected, found, hint })
}

// Names below these fields are chosen by the app, so no message may repeat them.
const privateNames: readonly unknown[] = ['metadata', 'variables', 'headers']

/** Formats a path such as `item.content[0].text`. A name that is not a plausible field name becomes `*`. */
export function formatPath(path: readonly (string | number)[]): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`
      const isField = /^[a-z]\w{0,39}$/i.test(key) && !privateNames.includes(path[index - 1])
      return `${index === 0 ? '' : '.'}${isField ? key : '*'}`
    })
    .join('')
}
