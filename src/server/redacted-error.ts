import { HttpError } from './error.js'

/** Returns an error without the secrets of the request, which the server may have echoed. */
export function withoutSecrets(error: HttpError, secrets: readonly string[]): HttpError {
  // Hosts are lower-cased by URL parsing. Very short strings would match any text.
  const hidden = secrets.filter(({ length }) => length >= 8).map((secret) => secret.toLowerCase())
  const leaks = (field: string, value: unknown) =>
    field !== 'request' && typeof value === 'string' && hidden.some((secret) => value.toLowerCase().includes(secret))
  const data = Object.entries(error.data)
  if (!data.some(([field, value]) => leaks(field, value))) return error
  const cleaned = data.map(([field, value]) => [field, leaks(field, value) ? 'redacted' : value])
  return new HttpError(error.code, Object.fromEntries(cleaned))
}
