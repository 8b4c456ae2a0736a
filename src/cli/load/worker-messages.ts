import type { AgentProcessOptions } from './bridge-process.js'
import type { CallersOptions } from './callers.js'
import type { EmulatorProcessOptions } from './emulator-process.js'
import type { TallyReport } from './tally.js'

/** What a process of a load test does, and its options. */
export type WorkerRole =
  | { readonly role: 'emulator'; readonly options: EmulatorProcessOptions }
  | { readonly role: 'bridge'; readonly options: AgentProcessOptions }
  | { readonly role: 'relay'; readonly options: AgentProcessOptions }
  | { readonly role: 'callers'; readonly options: CallersOptions }

/** A request to a worker process. The response has the same `id`. */
export type WorkerRequest = { readonly id: number } & (
  | ({ readonly type: 'start' } & WorkerRole)
  | { readonly type: 'take' }
  | { readonly type: 'set-count'; readonly count: number }
  | { readonly type: 'collect-garbage' }
  | { readonly type: 'stop' }
)

/** The response to a request. */
export type WorkerResponse =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly problem: string }

/** What a process has used, and what it has measured since the last report. */
export interface WorkerSample {
  /** CPU time since the start of the process, in milliseconds. */
  readonly cpuMs: number
  readonly rssBytes: number
  readonly heapBytes: number
  /** 99th percentile of the event-loop delay since the last report, in milliseconds. */
  readonly loopP99Ms: number
  readonly tally: TallyReport | undefined
}
