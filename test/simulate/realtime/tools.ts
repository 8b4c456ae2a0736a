import type { Tool, ToolContext } from '../../../src/features/tools/tool.js'
import { tool } from '../../../src/features/tools/tool.js'
import type { Clock } from '../../../src/internal/clock.js'
import type { Report } from '../oracle.js'

/** Tools of every kind, which count their runs. */
export interface SimulatedTools {
  readonly tools: readonly Tool[]
  readonly names: readonly string[]
  /** Ids of the calls that have run. */
  readonly ran: ReadonlySet<string>
  /** Records what the app decides about a call that needs an approval. */
  decide(callId: string, isApproved: boolean, always: boolean): void
}

/** Creates the tools of a simulated session. `isQuestion` says whether the approval function asks for an approval. */
export function createTools(clock: Clock, report: Report): SimulatedTools {
  const runs = new Set<string>()
  const approved = new Set<string>()
  let approvesAlways = false

  function record({ callId, signal }: ToolContext): void {
    if (runs.has(callId)) report('no call runs twice', callId)
    runs.add(callId)
    if (signal.aborted) report('no call starts with an aborted signal', callId)
  }

  const later = (ms: number, { signal }: ToolContext) =>
    new Promise<string>((resolve, reject) => {
      const cancel = clock.after(ms, () => resolve('done later'))
      signal.addEventListener(
        'abort',
        () => {
          cancel()
          reject(signal.reason)
        },
        { once: true },
      )
    })

  const run = (result: (context: ToolContext) => unknown) => (_args: unknown, context: ToolContext) => {
    record(context)
    return result(context)
  }

  const tools = [
    tool({ name: 'fast', execute: run(() => 'done at once') }),
    tool({ name: 'slow', execute: run((context) => later(2_500, context)) }),
    tool({
      name: 'throwing',
      execute: run(() => {
        throw new Error('thrown on purpose')
      }),
    }),
    tool({ name: 'rejecting', execute: run(async () => Promise.reject(new Error('rejected on purpose'))) }),
    tool({ name: 'background', scheduling: 'background', execute: run((context) => later(4_000, context)) }),
    tool({ name: 'silent', scheduling: 'silent', execute: run(() => ({ noted: true })) }),
    tool({
      name: 'approved',
      needsApproval: true,
      execute: run(({ callId }) => {
        if (!approved.has(callId) && !approvesAlways) report('a call runs when it was approved', callId)
        return 'allowed'
      }),
    }),
    tool({ name: 'stuck', timeoutMs: 3_000, execute: run(() => new Promise(() => {})) }),
    tool({
      name: 'interruptible',
      abortOn: ['interruption', 'drop'],
      progress: { afterMs: 500, text: 'One moment.' },
      execute: run((context) => later(6_000, context)),
    }),
    tool({ name: 'steadfast', abortOn: [], execute: run((context) => later(5_000, context)) }),
  ]
  return {
    tools,
    names: tools.map(({ name }) => name),
    ran: runs,
    decide(callId, isApproved, always) {
      if (isApproved) approved.add(callId)
      approvesAlways ||= always
    },
  }
}

/** Results of the tools, apart from failures. */
const results: Readonly<Record<string, readonly string[]>> = {
  fast: ['done at once'],
  slow: ['done later'],
  background: ['done later'],
  silent: ['{"noted":true}'],
  approved: ['allowed'],
  interruptible: ['done later'],
  steadfast: ['done later'],
}

/** Codes with which a tool may fail. Every tool may be incomplete, stopped, or called too often. */
const failures: Readonly<Record<string, readonly string[]>> = {
  throwing: ['EXECUTION_FAILED'],
  rejecting: ['EXECUTION_FAILED'],
  stuck: ['TIMEOUT'],
  approved: ['REJECTED', 'APPROVAL_TIMEOUT'],
}

/** Returns whether a call of a tool may have this output. */
export function isPossibleOutput(name: string, output: string): boolean {
  if (!(name in results) && !(name in failures)) return true
  if (results[name]?.includes(output)) return true
  if (name === 'background' && output.includes('"status":"running"')) return true
  const code = /^\{"error":\{"code":"([A-Z_]+)"/.exec(output)?.[1]
  return code !== undefined && ['INCOMPLETE', 'ABORTED', 'TOO_MANY_ROUNDS', ...(failures[name] ?? [])].includes(code)
}
