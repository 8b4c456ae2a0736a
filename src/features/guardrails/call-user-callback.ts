import { reportToHost } from '../../internal/emitter.js'

/** Calls a callback of the app and returns its result. What it throws is reported to the runtime, and `undefined` is returned. */
export function callUserCallback<T>(callback: () => T): T | undefined {
  try {
    return callback()
  } catch (error) {
    reportToHost(error)
    return undefined
  }
}
