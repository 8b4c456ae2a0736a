/**
 * Functions for servers on Node.js that hold calls: drain them before the process stops, and refuse new ones before the others suffer.
 *
 * @example
 * ```ts
 * const admission = createAdmission({ maxEventLoopDelayMs: 20, maxCalls: 200 })
 * const refusal = admission.check()
 *
 * drainOnSignal(() => sessions, { deadlineMs: 10_000, stopAccepting: () => server.close() })
 * ```
 *
 * @module realtime-primitives/server/node
 */

export {
  type Admission,
  type AdmissionOptions,
  type AdmissionState,
  type AdmittedCall,
  createAdmission,
} from './admission.js'
export { type Drainable, type DrainedCall, type DrainOptions, type DrainReport, drain } from './drain.js'
export { type DrainOnSignalOptions, drainOnSignal } from './drain-on-signal.js'
export type { Refusal, RefusalReason } from './refusal.js'
