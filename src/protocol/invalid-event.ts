import { leftOut, missing, type Problem } from './check.js'
import { type EventDirection, ProtocolError } from './error.js'

/** The error for an event that has a problem; `type` only when it is a known one. */
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

// Below these the names are the caller's own words, which no message may repeat.
const privateNames: readonly unknown[] = ['metadata', 'variables', 'headers']

/** Writes a path as in `item.content[0].text`; a name that does not look like a field's is written `*`. */
export function formatPath(path: readonly (string | number)[]): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`
      const isField = /^[a-z]\w{0,39}$/i.test(key) && !privateNames.includes(path[index - 1])
      return `${index === 0 ? '' : '.'}${isField ? key : '*'}`
    })
    .join('')
}
