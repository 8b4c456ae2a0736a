import { createId } from '../internal/id.js'
import { checker, leftOut, missing, type Problem } from '../protocol/check.js'
import { formatPath } from '../protocol/invalid-event.js'
import { serialize } from '../protocol/serialize.js'
import { throwInvalidOption } from './options.js'

/** What a request carries, and how it is labelled. */
export interface Body {
  readonly contentType: string
  readonly text: string
}

/**
 * The JSON of a value, checked as it will be read.
 * @throws {HttpError} `INVALID_OPTION` names the field that the server would refuse.
 */
export function jsonText(schema: Parameters<typeof checker>[0], value: unknown, name: string): string {
  const text = serialize(value)
  if (typeof text !== 'string') return throwInvalidField(name, text)
  const problem = checker(schema)(JSON.parse(text))
  return problem ? throwInvalidField(name, problem) : text
}

/** A body of JSON, checked as it will be read. */
export function jsonBody(schema: Parameters<typeof checker>[0], value: unknown, name: string): Body {
  return { contentType: 'application/json', text: jsonText(schema, value, name) }
}

/**
 * A body of several parts with a content type each. `FormData` cannot give a type to a part without making a file of it, and the service
 * asks for types and no files.
 */
export function multipartBody(
  parts: readonly { readonly name: string; readonly type: string; readonly text: string }[],
): Body {
  const boundary = createId('part')
  const written = parts.map(
    ({ name, type, text }) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: ${type}\r\n\r\n${text}\r\n`,
  )
  return { contentType: `multipart/form-data; boundary=${boundary}`, text: `${written.join('')}--${boundary}--\r\n` }
}

function throwInvalidField(name: string, { path, expected, found }: Problem): never {
  const advice = expected === leftOut ? 'remove it' : found === missing ? 'add it' : 'correct it'
  const field = formatPath(path)
  const option = name === '' || field === '' ? name || field || 'params' : `${name}.${field}`
  throwInvalidOption(option, `must be ${expected}, but is ${found}; ${advice}`)
}
