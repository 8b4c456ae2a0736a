/**
 * Functions for Node.js servers that hold calls: admission control.
 *
 * @example
 * ```ts
 * const admission = createAdmission({ maxEventLoopDelayMs: 20, maxCalls: 200 })
 * const refusal = admission.check()
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
export type { Refusal, RefusalReason } from './refusal.js'
