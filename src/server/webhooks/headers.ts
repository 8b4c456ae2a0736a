import { WebhookError } from './error.js'

/** Headers of a request: a `Headers` object, or an object with names in any case, such as Node's `request.headers`. */
export type WebhookHeaders =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>

// Room for hundreds of signatures of 47 characters. Bounds the work per request.
const maxCharacters = 16_384

/** Returns the value of a header that must occur exactly once. */
export function readHeader(headers: WebhookHeaders, header: string): string {
  const [value, ...others] = valuesOf(headers, header)
  if (value === undefined || value === '') throw new WebhookError('MISSING_HEADER', { header })
  if (others.length > 0) throwInvalidHeader(header, 'occurs more than once')
  if (value.length > maxCharacters) throwInvalidHeader(header, `is longer than ${maxCharacters} characters`)
  return value
}

function valuesOf(headers: WebhookHeaders, header: string): readonly string[] {
  if (typeof headers !== 'object' || headers === null)
    throw new WebhookError('INVALID_OPTION', { option: 'headers', problem: 'must be the headers of the request' })
  if (typeof headers.get === 'function') {
    const value: unknown = headers.get(header)
    return typeof value === 'string' ? [value] : []
  }
  return Object.entries(headers).flatMap(([name, value]) =>
    name.toLowerCase() === header ? [value].flat().filter((text) => typeof text === 'string') : [],
  )
}

/** @throws {WebhookError} `INVALID_HEADER`. */
export function throwInvalidHeader(header: string, problem: string): never {
  throw new WebhookError('INVALID_HEADER', { header, problem })
}
