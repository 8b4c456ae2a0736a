/**
 * Base class of all errors of this package: a `code` from a closed set, typed `data` for each code, and a link to the documentation. Messages
 * and data never contain keys, transcripts, or audio.
 */
export class RealtimeError<Code extends string = string, Data = unknown> extends Error {
  /** Identifies the error. Each error class has a closed set of codes. */
  readonly code: Code
  /** Details of the error. Their type depends on the code. */
  readonly data: Data
  /** Documentation of the code, relative to the installed package. */
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
 * Returns whether a value is an error of this package. Checks the shape too, so that errors of a second installed copy of the package are
 * recognized.
 */
export function isRealtimeError(value: unknown): value is RealtimeError {
  return (
    value instanceof RealtimeError ||
    (value instanceof Error && 'code' in value && 'data' in value && 'docs' in value && typeof value.code === 'string')
  )
}

/** The message of each code, as a function of its data. */
export type MessageTable<DataByCode> = { readonly [Code in keyof DataByCode]: (data: DataByCode[Code]) => string }

/** Returns whether a value is an error of the named class, with the given code if there is one. */
export function isErrorOf(value: unknown, name: string, code?: string): boolean {
  return isRealtimeError(value) && value.name === name && (code === undefined || value.code === code)
}
