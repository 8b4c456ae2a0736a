/**
 * Traces and metrics of a session for OpenTelemetry. It needs the package `@opentelemetry/api`.
 *
 * @example
 * ```ts
 * const tools = runTools(session, [weather])
 * runTelemetry(session, { tools, usage: runUsage(session, { prices }) })
 * ```
 *
 * @module realtime-primitives/telemetry
 */

export type { HandoffSource, TelemetryOptions } from './options.js'
export { runTelemetry, type TracedSession } from './run-telemetry.js'
