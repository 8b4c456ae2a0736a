import { WebhookError } from './error.js'

/** The headers of a request, as any framework has them: `Headers`, or an object with names in any case, such as Node's. */
export type WebhookHeaders =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>

// A signature takes 47 characters, so this is room for hundreds; nobody may make us look at more.
const maxCharacters = 16_384

/** The value of a header that must be there once. */
export function readHeader(headers: WebhookHeaders, header: string): string {
  const [value, ...others] = valuesOf(headers, header)
  if (value === undefined || value === '') throw new WebhookError('MISSING_HEADER', { header })
  if (others.length > 0) throwInvalidHeader(header, 'is there more than once')
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

/** Refuses a header. */
export function throwInvalidHeader(header: string, problem: string): never {
  throw new WebhookError('INVALID_HEADER', { header, problem })
}
