import { createId } from '../internal/id.js'
import { checker } from '../protocol/check.js'
import { formatPath } from '../protocol/invalid-event.js'
import { leftOut, missing, type Problem } from '../protocol/rule.js'
import { serialize } from '../protocol/serialize.js'
import { throwInvalidOption } from './options.js'

/** Body of a request. */
export interface Body {
  readonly contentType: string
  readonly text: string
}

/**
 * Serializes a value to JSON and validates the result.
 * @throws {HttpError} `INVALID_OPTION` with the name of the invalid field.
 */
export function jsonText(schema: Parameters<typeof checker>[0], value: unknown, name: string): string {
  const text = serialize(value)
  if (typeof text !== 'string') return throwInvalidField(name, text)
  const problem = checker(schema)(JSON.parse(text))
  return problem ? throwInvalidField(name, problem) : text
}

/** Creates a JSON body and validates it. */
export function jsonBody(schema: Parameters<typeof checker>[0], value: unknown, name: string): Body {
  return { contentType: 'application/json', text: jsonText(schema, value, name) }
}

/**
 * Creates a multipart body whose parts have a content type each. `FormData` sets a type only for files, and the service requires types without
 * file names.
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
