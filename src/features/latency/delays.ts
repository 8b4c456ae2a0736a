import type { Clock } from '../../internal/clock.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { ResponseHandle } from '../../session/responses/handle.js'
import { onConversationItem, onMcpCall } from '../conversation-items.js'
import type { Approvals } from '../tools/approvals.js'
import type { ToolEvents } from '../tools/tool-service.js'
import type { Delay } from './silence.js'

/** Records what a session waits for: reconnects, queued requests, tools, and approvals. */
export interface Delays {
  /** The last delays, including those that last. */
  recorded(): readonly Delay[]
  stop(): void
}

/** The calls of a session: what `runTools` and `runAgents` return. */
export interface ToolActivity {
  readonly approvals: Pick<Approvals, 'on'>
  // Overloads, because the type of `on` of `runAgents` is not assignable to that of a function with a type parameter.
  on(type: 'started', listener: (event: ToolEvents['started']) => void): () => void
  on(type: 'settled', listener: (event: ToolEvents['settled']) => void): () => void
}

/** What {@link recordDelays} listens to. */
export interface DelaySources {
  readonly session: Pick<RealtimeSession, 'on' | 'getState'>
  readonly clock: Clock
  readonly tools: readonly Pick<ToolActivity, 'on'>[]
  readonly approvals: readonly Pick<Approvals, 'on'>[]
}

/** Far fewer delays are in one turn. */
const maxDelays = 256

export function recordDelays({ session, clock, tools, approvals }: DelaySources): Delays {
  const delays: Delay[] = []
  const running = new Map<unknown, Delay>()
  const requestedMs = new WeakMap<ResponseHandle, number>()

  function add(delay: Delay): Delay {
    delays.push(delay)
    if (delays.length > maxDelays) delays.shift()
    return delay
  }

  /** Starts a delay unless it runs. `key` identifies it when it ends. */
  function start(key: unknown, cause: Delay['cause'], callId?: string): void {
    if (!running.has(key)) running.set(key, add({ cause, startMs: clock.now(), endMs: undefined, callId }))
  }

  function end(key: unknown): void {
    const delay = running.get(key)
    running.delete(key)
    if (delay) delay.endMs = clock.now()
  }

  const unsubscribers = [
    session.on('status', ({ status }) => {
      if (status === 'reconnecting') start('reconnect', 'reconnect')
      else end('reconnect')
    }),
    session.on('requested', (handle) => void requestedMs.set(handle, clock.now())),
    session.on('submitted', (handle) => {
      const startMs = requestedMs.get(handle)
      if (startMs !== undefined) add({ cause: 'queue', startMs, endMs: clock.now() })
    }),
    onMcpCall(session, {
      onStarted: ({ itemId }) => start(`call ${itemId}`, 'tool', itemId),
      onEnded: ({ itemId }) => end(`call ${itemId}`),
    }),
    // The output of a call that still runs is a placeholder: the conversation continues without the result.
    onConversationItem(session, (item) => {
      if (item.type !== 'function_call_output') return
      end(`call ${item.call_id}`)
      end(`approval ${item.call_id}`)
    }),
    session.on('close', () => {
      for (const key of [...running.keys()]) end(key)
    }),
    ...tools.flatMap((run) => [
      run.on('started', ({ call: { callId } }) => start(`call ${callId}`, 'tool', callId)),
      run.on('settled', ({ call }) => end(`call ${call.callId}`)),
    ]),
    ...approvals.flatMap((queue) => [
      queue.on('requested', ({ id, kind }) =>
        start(`approval ${id}`, 'approval', kind === 'function' ? id : undefined),
      ),
      queue.on('settled', ({ request }) => end(`approval ${request.id}`)),
    ]),
  ]

  return {
    recorded: () => delays,
    stop() {
      for (const unsubscribe of unsubscribers) unsubscribe()
      running.clear()
    },
  }
}
