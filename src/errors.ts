import { docsUrl } from './internal/project-urls.js'

/**
 * Base class of all errors of this package: a `code` from a closed set, typed `data` for each code, and a link to the documentation. Messages
 * and data never contain keys, transcripts, or audio.
 */
export class RealtimeError<Code extends string = string, Data = unknown> extends Error {
  /** Identifies the error. Each error class has a closed set of codes. */
  readonly code: Code
  /** Details of the error. Their type depends on the code. */
  readonly data: Data
  /** What happened and what to do, without the code and the URL that end `message`. Written for developers. */
  readonly shortMessage: string
  /** URL of the documentation of this code. */
  readonly docs: string

  constructor(name: string, code: Code, shortMessage: string, data: Data, options?: ErrorOptions) {
    const page = name.replace(/Error$/, '').toLowerCase()
    const docs = `${docsUrl}/reference/errors/${page}#${code.toLowerCase()}`
    super(`${shortMessage} ${code}: ${docs}`, options)
    this.name = name
    this.code = code
    this.data = data
    this.shortMessage = shortMessage
    this.docs = docs
  }
}

/**
 * Returns whether a value is an error of this package. Checks the shape, so that errors of a second installed copy are recognized.
 *
 * @example
 * ```ts
 * session.connect().catch((error: unknown) => {
 *   if (isRealtimeError(error)) console.error(error.shortMessage, error.docs)
 * })
 * ```
 */
export function isRealtimeError(value: unknown): value is RealtimeError {
  return (
    value instanceof Error && 'data' in value && 'docs' in value && typeof (value as RealtimeError).code === 'string'
  )
}

/** The message of each code, as a function of its data. */
export type MessageTable<DataByCode> = { readonly [Code in keyof DataByCode]: (data: DataByCode[Code]) => string }

/** The constructor of errors with a closed set of codes. `DataByCode` maps each code to its data. */
export type ErrorConstructorOf<DataByCode> = new <Code extends keyof DataByCode & string>(
  code: Code,
  data: DataByCode[Code],
  options?: ErrorOptions,
) => RealtimeError<Code, DataByCode[Code]>

/**
 * Makes the base of an error class from the name of the class and its messages. Mark each call as pure, so that a bundle without the class
 * contains no messages of it.
 */
export function defineErrors<DataByCode>(
  name: string,
  messages: MessageTable<DataByCode>,
): ErrorConstructorOf<DataByCode> {
  return class<Code extends keyof DataByCode & string> extends RealtimeError<Code, DataByCode[Code]> {
    constructor(code: Code, data: DataByCode[Code], options?: ErrorOptions) {
      super(name, code, messages[code](data), data, options)
    }
  }
}

/** Returns whether a value is an error of the named class, with the given code if there is one. */
export function isErrorOf(value: unknown, name: string, code?: string): boolean {
  return isRealtimeError(value) && value.name === name && (code === undefined || value.code === code)
}
