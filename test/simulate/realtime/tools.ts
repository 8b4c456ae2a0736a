import type { Tool, ToolContext } from '../../../src/features/tools/tool.js'
import { tool } from '../../../src/features/tools/tool.js'
import type { Clock } from '../../../src/internal/clock.js'
import type { Report } from '../oracle.js'

/** Tools of every kind, which count their runs. */
export interface SimulatedTools {
  readonly tools: readonly Tool[]
  readonly names: readonly string[]
}

/** Creates the tools of a simulated session. `isQuestion` says whether the approval function asks for an approval. */
export function createTools(clock: Clock, report: Report): SimulatedTools {
  const runs = new Set<string>()

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
    tool({ name: 'approved', needsApproval: true, execute: run(() => 'allowed') }),
    tool({ name: 'stuck', timeoutMs: 3_000, execute: run(() => new Promise(() => {})) }),
    tool({
      name: 'interruptible',
      abortOn: ['interruption', 'drop'],
      progress: { afterMs: 500, text: 'One moment.' },
      execute: run((context) => later(6_000, context)),
    }),
    tool({ name: 'steadfast', abortOn: [], execute: run((context) => later(5_000, context)) }),
  ]
  return { tools, names: tools.map(({ name }) => name) }
}
