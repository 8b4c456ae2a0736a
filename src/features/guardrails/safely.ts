import { reportToHost } from '../../internal/emitter.js'

/** Calls into the app: what it throws is reported to the host and harms nothing here. */
export function safely<T>(callback: () => T): T | undefined {
  try {
    return callback()
  } catch (error) {
    reportToHost(error)
    return undefined
  }
}
