import type { Attributes, Context, Meter, Tracer } from '@opentelemetry/api'
import type { ToolActivity } from '../features/latency/delays.js'
import type { LatencyOptions } from '../features/latency/run-latency.js'
import type { UsageState } from '../features/usage/run-usage.js'
import type { ReadableStore } from '../internal/readable-store.js'
import type { TextDetector } from '../internal/redaction/detector.js'

/** Options of {@link runTelemetry}. */
export interface TelemetryOptions {
  /** Creates the spans. @defaultValue a tracer of the global provider */
  tracer?: Tracer | undefined
  /** Creates the metrics. @defaultValue a meter of the global provider */
  meter?: Meter | undefined
  /** The parent of the span of the session. @defaultValue the active context */
  context?: Context | undefined
  /** Attributes of the span of the session and of all metrics, for example a tenant. Keep their values few. */
  attributes?: Attributes | undefined
  /** What `runTools` or `runAgents` returned: the spans of calls then end with the result, and approvals are separate from calls. */
  tools?: ToolActivity | undefined
  /** Another queue of approvals, for example of `runMcp`. */
  approvals?: LatencyOptions['approvals']
  /** What `runUsage` returned: spans and metrics then have tokens and cost. */
  usage?: Pick<ReadableStore<UsageState>, 'getState' | 'subscribe'> | undefined
  /** What `runAgents` returned: each handoff then has a span. */
  agents?: HandoffSource | undefined
  /**
   * Whether spans contain transcripts, texts, and the arguments of calls.
   * @defaultValue false
   */
  content?: boolean | undefined
  /**
   * Finds parts of the content that are replaced by their kind, such as `[card number]`.
   * @defaultValue nothing is replaced
   */
  redact?: TextDetector | undefined
}

/** The part of `runAgents` that reports handoffs. */
export interface HandoffSource {
  on(type: 'handedOff', listener: (event: { readonly from: string; readonly to: string }) => void): () => void
}
