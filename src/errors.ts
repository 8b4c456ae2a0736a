/**
 * What every error of this package is: an `Error` with a `code` from a closed set, the typed `data` of that code, and the
 * place in the documentation that explains it. Neither the message nor the data ever holds a key, a transcript or audio.
 */
export class RealtimeError<Code extends string = string, Data = unknown> extends Error {
  /** Which error it is; each family has a closed set of codes. */
  readonly code: Code
  /** The facts of this code; their shape follows from the code. */
  readonly data: Data
  /** Where the code is explained, relative to the installed package. */
  readonly docs: string

  constructor(name: string, code: Code, sentence: string, data: Data, options?: ErrorOptions) {
    const docs = `docs/reference/errors.md#${code.toLowerCase()}`
    super(`${sentence} (${code}, see ${docs})`, options)
    this.name = name
    this.code = code
    this.data = data
    this.docs = docs
  }
}

/**
 * Whether a value is an error of this package. It looks at the shape and not only at the class, so that an error from a second
 * installed copy of the package counts too.
 */
export function isRealtimeError(value: unknown): value is RealtimeError {
  return (
    value instanceof RealtimeError ||
    (value instanceof Error && 'code' in value && 'data' in value && 'docs' in value && typeof value.code === 'string')
  )
}

/** The message of every code of a family, as a function of that code's data. */
export type MessageTable<DataByCode> = { readonly [Code in keyof DataByCode]: (data: DataByCode[Code]) => string }

/** Whether a value is an error of the named family and, when given, of that code. */
export function isErrorOf(value: unknown, name: string, code?: string): boolean {
  return isRealtimeError(value) && value.name === name && (code === undefined || value.code === code)
}
