import type { Random } from './random.js'

/**
 * Replaces the globals that the library reads and that would make two runs differ: the system time, random bytes for identifiers, and the
 * reporting of errors that no caller can receive. Returns a function that restores them. Clocks and jitter are options of the library and
 * are passed as such.
 */
export function seedGlobals(options: {
  readonly random: Random
  readonly dateNow: () => number
  readonly onReportedError: (error: unknown) => void
}): () => void {
  const { random, dateNow, onReportedError } = options
  const originalNow = Date.now
  const originalReport = globalThis.reportError
  const originalLimit = Error.stackTraceLimit
  Date.now = dateNow
  // Faults create many errors, and their stacks take a good part of the time.
  Error.stackTraceLimit = 2
  globalThis.reportError = onReportedError
  Object.defineProperty(crypto, 'getRandomValues', {
    configurable: true,
    value(bytes: Uint8Array) {
      for (let index = 0; index < bytes.length; index++) bytes[index] = random.integer(0, 255)
      return bytes
    },
  })
  process.on('unhandledRejection', onReportedError)
  return () => {
    Date.now = originalNow
    Error.stackTraceLimit = originalLimit
    globalThis.reportError = originalReport
    // The method of the prototype is visible again.
    Reflect.deleteProperty(crypto, 'getRandomValues')
    process.off('unhandledRejection', onReportedError)
  }
}
