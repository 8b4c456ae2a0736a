import type { Agent } from '../../../src/features/agents/agent.js'
import { type AgentRun, runAgents } from '../../../src/features/agents/run-agents.js'
import type { Guardrail } from '../../../src/features/guardrails/guardrail.js'
import { holdBack } from '../../../src/features/guardrails/hold-back.js'
import { runGuardrails } from '../../../src/features/guardrails/run-guardrails.js'
import { runLatency } from '../../../src/features/latency/run-latency.js'
import { runTools, type ToolRun } from '../../../src/features/tools/run-tools.js'
import { runTranscript, type Transcript } from '../../../src/features/transcript/run-transcript.js'
import { runUsage, type UsageMeter } from '../../../src/features/usage/run-usage.js'
import { isSessionError } from '../../../src/session/error.js'
import { createSession, type RealtimeSession } from '../../../src/session/realtime.js'
import type { ResponseHandle } from '../../../src/session/responses/handle.js'
import type { ResponseOutcome } from '../../../src/session/responses/outcome.js'
import type { SessionSnapshot } from '../../../src/session/restore/snapshot.js'
import { reconnecting } from '../../../src/transports/reconnecting.js'
import { recording } from '../../../src/transports/recording.js'
import type { CountingClock } from '../virtual-clock.js'
import type { Environment } from '../world.js'
import type { Link, TransportEnd } from './link.js'
import { configOf, type Setup } from './setup.js'
import type { SimulatedTools } from './tools.js'

/** One session of the library with the features that run on it. */
export interface RealtimeClient {
  readonly session: RealtimeSession
  readonly end: TransportEnd
  readonly clock: CountingClock
  /** `event_id`s that the iterator of `events()` has returned. */
  readonly iterated: readonly (string | undefined)[]
  /** Ids of items that the server does not have, as the last `restored` reported. */
  readonly lost: ReadonlySet<string>
  /** Number of appends that were reported as dropped. */
  readonly droppedAppends: number
  readonly restores: number
  readonly usage: UsageMeter
  readonly transcript: Transcript
  readonly tools: ToolRun | undefined
  readonly agents: AgentRun | undefined
  /** Runs a function in the next listener. */
  reactOnce(reaction: () => void): void
  /** Forgets reactions that no listener has run. */
  forgetReactions(): void
  /** Records a handle that the app has requested or received. */
  follow(handle: ResponseHandle, what: string): void
  readonly handles: readonly ResponseHandle[]
  /** Items that the server has acknowledged, and items that the app has tried to delete. */
  readonly created: Set<string>
  readonly deleted: Set<string>
}

const conflictCode = 'conversation_already_has_active_response'

/** Text that trips the guardrail of the simulation. */
export const forbiddenWord = 'forbidden'

const guardrail: Guardrail = {
  name: 'forbidden',
  check: ({ text }) => ({ tripped: text.includes(forbiddenWord) }),
}

export function createRealtimeClient(
  environment: Environment,
  options: {
    readonly setup: Setup
    readonly link: Link
    readonly tools: SimulatedTools
    readonly snapshot?: SessionSnapshot
    readonly onResponse: (handle: ResponseHandle) => void
  },
): RealtimeClient {
  const { clock: time, random, report, pledges, journal } = environment
  const { setup, link, tools: simulated, snapshot, onResponse } = options
  const clock = time.countTimers()
  const end = link.createEnd(clock)
  const iterated: (string | undefined)[] = []
  const handles: ResponseHandle[] = []
  const reactions: (() => void)[] = []
  let lost = new Set<string>()
  let droppedAppends = 0
  let restores = 0
  let isClosed = false

  const network = setup.reconnects
    ? reconnecting(end.transport, { clock, random: random.fork('jitter').next, maxAttempts: 6 })
    : end.transport
  const transport = setup.records ? recording(network, () => {}, { clock }) : network
  const hold = setup.guardrails === 'hold back' ? holdBack() : undefined
  const session = createSession({
    transport,
    clock,
    ...(snapshot ? { snapshot } : { config: configOf(setup) }),
    ...(hold ? { stages: [hold] } : {}),
    highWaterMark: setup.highWaterMark,
    lifetime: { action: setup.expiry === 'rotate' ? 'rotate' : 'warn', leadMs: 30_000 },
  })

  const guard = { ...(hold ? { holdBack: hold } : {}), action: 'interrupt' as const }
  const usage = runUsage(session)
  const transcript = runTranscript(session, { onLine: () => react('line') })
  runLatency(session)
  const agents = setup.features === 'agents' ? startAgents() : undefined
  const tools = setup.features === 'tools' ? runTools(session, simulated.tools) : undefined
  if (!agents && setup.guardrails !== 'none') runGuardrails(session, [guardrail], guard)

  function startAgents(): AgentRun {
    const guardrails = setup.guardrails === 'none' ? [] : [guardrail]
    const agentOf = (name: string, other: string): Agent => ({
      name,
      instructions: `You are ${name}.`,
      tools: simulated.tools,
      handoffs: [other],
      guardrails,
    })
    return runAgents(session, {
      start: 'first',
      agents: [agentOf('first', 'second'), agentOf('second', 'first')],
      guardrails: guard,
    }) as AgentRun
  }

  /** Runs in each listener: what an app does there may be anything. */
  function react(name: string): void {
    if (isClosed) report('nothing is emitted after close', name)
    reactions.shift()?.()
  }

  function follow(handle: ResponseHandle, what: string): void {
    handles.push(handle)
    pledges.watch(`${what} created`, handle.created, { endsWith: session.closed })
    pledges.watch(`${what} done`, handle.done, {
      endsWith: session.closed,
      onResolved(outcome: ResponseOutcome) {
        journal.note(`${what} ${handle.id ?? 'without id'} is ${outcome.status}`)
        const error = outcome.status === 'rejected' ? outcome.error : undefined
        if (isSessionError(error, 'SERVER_ERROR') && error.data.error.code === conflictCode)
          report('a response that conflicts with another one is requested again', what)
      },
    })
  }

  /** What was sent during an outage leaves when the session opens. */
  function checkFlush(): void {
    if (setup.highWaterMark < 2 ** 20) return
    const restore = restores
    let isDrained = false
    const drained = session.audio.drained().then(() => {
      isDrained = true
    })
    pledges.watch('drained after a restore', drained, { mayWait: true })
    time.after(100, () => {
      if (!isDrained && restores === restore && session.getState().status === 'open')
        report('what was queued during an outage is sent when the session opens', 'something is still queued')
    })
  }

  session.on('response', (handle) => {
    onResponse(handle)
    react('response')
  })
  session.on('restored', ({ lost: missing, droppedAppends: appends, itemIds }) => {
    restores += 1
    journal.note(
      `restored ${itemIds.length} items, lost ${missing.map(({ itemId, reason }) => `${itemId} (${reason})`)}`,
    )
    lost = new Set(missing.map(({ itemId }) => itemId))
    for (const id of itemIds) if (lost.has(id)) report('a restored item is not reported as lost', id)
    droppedAppends += appends
    checkFlush()
    react('restored')
  })
  session.on('dropped', ({ appends }) => {
    droppedAppends += appends
    react('dropped')
  })
  session.on('status', ({ status, previous }) => {
    journal.note(`status ${previous} -> ${status}`)
    if (status === previous) report('a status event reports a change', status)
    react('status')
  })
  session.on('interrupted', () => react('interrupted'))
  session.on('expiring', () => react('expiring'))
  session.on('unknown', () => react('unknown'))
  session.on('invalid', () => react('invalid'))
  for (const type of [
    'session.updated',
    'response.created',
    'response.done',
    'conversation.item.added',
    'error',
  ] as const)
    session.on(type, () => react(type))
  session.on('response.output_audio.delta', ({ item_id: itemId, content_index: contentIndex }) => {
    if (setup.plays && session.playback.enqueued({ itemId, contentIndex }))
      time.after(40, () => session.playback.played({ itemId, contentIndex }, 30))
    react('response.output_audio.delta')
  })
  session.on('close', ({ code, initiator }) => {
    journal.note(`session closed with ${code} by ${initiator}`)
    react('close')
    isClosed = true
  })
  session.subscribe(() => react('change'))
  void session.closed.then(() =>
    setImmediate(() => {
      // The transport of a page may still be closing its channel.
      if (clock.pending > 0 && transport.audio === 'events')
        report('the end of a session stops its timers', `${clock.pending} timers`)
    }),
  )
  pledges.watch('events', iterate(), { mayWait: true, ...(setup.isSlowToRead ? {} : { endsWith: session.closed }) })

  async function iterate(): Promise<void> {
    try {
      for await (const event of session.events(setup.isSlowToRead ? { limit: 50 } : {})) {
        iterated.push(event.event_id as string | undefined)
        if (setup.isSlowToRead) await new Promise<void>((resolve) => time.after(300, resolve))
      }
    } catch (error) {
      if (!setup.isSlowToRead) report('a reader that keeps up loses no event', String(error))
    }
  }

  return {
    session,
    end,
    clock,
    iterated,
    get lost() {
      return lost
    },
    get droppedAppends() {
      return droppedAppends
    },
    get restores() {
      return restores
    },
    usage,
    transcript,
    tools,
    agents,
    reactOnce: (reaction) => void reactions.push(reaction),
    forgetReactions() {
      reactions.length = 0
    },
    follow,
    handles,
    created: new Set(),
    deleted: new Set(),
  }
}
