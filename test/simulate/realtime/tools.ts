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
  /** Calls that run, by id. */
  readonly running: ReadonlyMap<string, { readonly name: string; readonly signal: AbortSignal }>
  /** Calls a function when the signal of a call that runs aborts. */
  onAbort(listener: (callId: string, name: string, reason: unknown) => void): void
  /** Records what the app decides about a call that needs an approval. */
  decide(callId: string, isApproved: boolean, always: boolean): void
  /** What the app has decided, by call. */
  readonly decisions: ReadonlyMap<string, boolean>
  /** Whether a decision counts for later calls too. */
  readonly hasStanding: boolean
  /** Vetoes the next handoff. */
  vetoNext(): void
  /** Returns whether the next handoff is vetoed, once. */
  takeVeto(): boolean
}

/** What the simulation knows about a tool. */
interface KnownTool {
  readonly abortOn: readonly ('interruption' | 'drop')[]
  readonly timeoutMs?: number
  readonly scheduling?: 'silent' | 'background'
  readonly needsApproval?: boolean
}

const known: Readonly<Record<string, KnownTool>> = {
  fast: { abortOn: ['drop'] },
  slow: { abortOn: ['drop'] },
  throwing: { abortOn: ['drop'] },
  rejecting: { abortOn: ['drop'] },
  background: { abortOn: ['drop'], scheduling: 'background' },
  silent: { abortOn: ['drop'], scheduling: 'silent' },
  note: { abortOn: ['drop'], scheduling: 'silent' },
  approved: { abortOn: ['drop'], needsApproval: true },
  stuck: { abortOn: ['drop'], timeoutMs: 3_000 },
  interruptible: { abortOn: ['interruption', 'drop'] },
  steadfast: { abortOn: [] },
}

/** Returns the options of a tool of the simulation, or `undefined` for any other. */
export function toolOptions(name: string): KnownTool | undefined {
  return Object.hasOwn(known, name) ? known[name] : undefined
}

/** Creates the tools of a simulated session. `isQuestion` says whether the approval function asks for an approval. */
export function createTools(clock: Clock, report: Report): SimulatedTools {
  const runs = new Set<string>()
  const approved = new Set<string>()
  const decisions = new Map<string, boolean>()
  const running = new Map<string, { readonly name: string; readonly signal: AbortSignal }>()
  const listeners: ((callId: string, name: string, reason: unknown) => void)[] = []
  let approvesAlways = false
  let hasStanding = false
  let isVetoed = false

  function record(name: string, { callId, signal }: ToolContext): void {
    if (runs.has(callId)) report('no call runs twice', callId)
    runs.add(callId)
    if (signal.aborted) report('no call starts with an aborted signal', callId)
    running.set(callId, { name, signal })
    signal.addEventListener(
      'abort',
      () => {
        if (running.delete(callId)) for (const listener of listeners) listener(callId, name, signal.reason)
      },
      { once: true },
    )
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

  const run =
    (name: string, result: (context: ToolContext) => unknown) => async (_args: unknown, context: ToolContext) => {
      record(name, context)
      try {
        return await result(context)
      } finally {
        running.delete(context.callId)
      }
    }

  const tools = [
    tool({ name: 'fast', execute: run('fast', () => 'done at once') }),
    tool({ name: 'slow', execute: run('slow', (context) => later(2_500, context)) }),
    tool({
      name: 'throwing',
      execute: run('throwing', () => {
        throw new Error('thrown on purpose')
      }),
    }),
    tool({
      name: 'rejecting',
      execute: run('rejecting', async () => Promise.reject(new Error('rejected on purpose'))),
    }),
    tool({
      name: 'background',
      scheduling: 'background',
      execute: run('background', (context) => later(4_000, context)),
    }),
    tool({ name: 'silent', scheduling: 'silent', execute: run('silent', () => ({ noted: true })) }),
    tool({ name: 'note', scheduling: 'silent', execute: run('note', (context) => later(5_000, context)) }),
    tool({
      name: 'approved',
      needsApproval: true,
      execute: run('approved', ({ callId }) => {
        if (!approved.has(callId) && !approvesAlways) report('a call runs when it was approved', callId)
        return 'allowed'
      }),
    }),
    tool({ name: 'stuck', timeoutMs: 3_000, execute: run('stuck', () => new Promise(() => {})) }),
    tool({
      name: 'interruptible',
      abortOn: ['interruption', 'drop'],
      progress: { afterMs: 500, text: 'One moment.' },
      execute: run('interruptible', (context) => later(6_000, context)),
    }),
    tool({ name: 'steadfast', abortOn: [], execute: run('steadfast', (context) => later(5_000, context)) }),
  ]
  return {
    tools,
    // Some steps call a tool of their own.
    names: tools.map(({ name }) => name).filter((name) => name !== 'note'),
    ran: runs,
    running,
    onAbort: (listener) => void listeners.push(listener),
    decide(callId, isApproved, always) {
      decisions.set(callId, isApproved)
      if (isApproved) approved.add(callId)
      approvesAlways ||= always && isApproved
      hasStanding ||= always
    },
    decisions,
    get hasStanding() {
      return hasStanding
    },
    vetoNext() {
      isVetoed = true
    },
    takeVeto() {
      const isTaken = isVetoed
      isVetoed = false
      return isTaken
    },
  }
}

/** Results of the tools, apart from failures. */
const results: Readonly<Record<string, readonly string[]>> = {
  fast: ['done at once'],
  slow: ['done later'],
  background: ['done later'],
  silent: ['{"noted":true}'],
  note: ['done later'],
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
