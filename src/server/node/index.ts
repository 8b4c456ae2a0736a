/**
 * Functions for servers on Node.js, Bun, and Deno.
 *
 * @example
 * ```ts
 * drainOnSignal(() => sessions, { deadlineMs: 10_000, stopAccepting: () => server.close() })
 * ```
 *
 * @module realtime-primitives/server/node
 */

export { type Drainable, type DrainedCall, type DrainOptions, type DrainReport, drain } from './drain.js'
export { type DrainOnSignalOptions, drainOnSignal } from './drain-on-signal.js'
