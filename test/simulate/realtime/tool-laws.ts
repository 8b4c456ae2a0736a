import type { AgentRun } from '../../../src/features/agents/run-agents.js'
import type { ToolRun } from '../../../src/features/tools/run-tools.js'
import { isSessionError } from '../../../src/session/error.js'
import type { RealtimeSession } from '../../../src/session/realtime.js'
import type { ResponseHandle } from '../../../src/session/responses/handle.js'
import { firstDifference } from '../oracle.js'
import type { Environment } from '../world.js'
import type { EmittedEvents } from './emitted-events.js'
import type { Setup } from './setup.js'
import { isPossibleOutput, type SimulatedTools, toolOptions } from './tools.js'

/** Time in which a call must be approved. */
const approvalMs = 60_000
/** `timeoutMs` of a tool by default. */
const toolTimeoutMs = 30_000

/** Time in which results reach the server and a response to them is created, in milliseconds. */
const followUpMs = 2_000
/** How long a fault of the network may have an effect on calls, in milliseconds. */
const disturbanceMs = 15_000

/** Events that end a turn of the user, or show that there is none. */
const turnEnds = ['speech_stopped', 'committed', 'cleared'].map((name) => `input_audio_buffer.${name}`)

/** How recent the last event of a server is that ignores an update, in milliseconds. */
const ignoredMs = 9_000

/** Checks of calls while a session runs: their approvals, their rounds, their signals, and the responses to their results. */
export interface ToolLaws {
  /** Whether each result has a response when nothing happens any more. Not after a response was given up. */
  expectResponses(isExpected: boolean): void
  check(): void
  checkCalm(): void
  /** Checks that nothing waits. */
  checkStopped(): void
}

type Run = ToolRun | AgentRun

interface UserItem {
  readonly type: string
  readonly id?: unknown
  readonly role?: unknown
}

export function createToolLaws(
  { clock, network, report, isFaultless }: Pick<Environment, 'clock' | 'network' | 'report' | 'isFaultless'>,
  options: {
    readonly session: RealtimeSession
    readonly run: Run
    readonly simulated: SimulatedTools
    readonly setup: Setup
    readonly events: EmittedEvents
    readonly isLawless: () => boolean
    readonly isStopped: () => boolean
    /** Whether the app, and no feature, has requested a response. */
    readonly isOfApp: (handle: ResponseHandle) => boolean
  },
): ToolLaws {
  const { session, run, simulated, setup, events } = options
  const { approvals } = run
  const isLawless = () => options.isLawless() || setup.translates
  /** Calls that wait for an approval, with the time of their request. */
  const waiting = new Map<string, number>()
  const names = new Map<string, string>()
  const speakingCalls = new Set<string>()
  /** Responses that the model has to give without tools, and the calls that it makes all the same. */
  const lastRequests = new Set<string | undefined>()
  const lastResponses = new Set<string>()
  const lastCalls = new Set<string>()
  let hasGivenUp = false
  let gaveUpAt = Number.NEGATIVE_INFINITY

  function giveUp(): void {
    hasGivenUp = true
    gaveUpAt = clock.now()
  }

  let shown = approvals.getState()
  approvals.subscribe(() => {
    shown = approvals.getState()
  })
  approvals.on('requested', ({ id }) => {
    if (waiting.has(id)) report('an approval is requested once', id)
    waiting.set(id, clock.now())
    checkPending()
  })
  approvals.on('settled', ({ request: { id }, decision: { by, isApproved } }) => {
    const since = waiting.get(id)
    if (since === undefined) report('an approval that was requested is settled once', id)
    waiting.delete(id)
    const tookMs = clock.now() - (since ?? 0)
    if (by === 'deadline' && (isApproved || tookMs < approvalMs))
      report('an approval waits for its deadline', `${id} ${tookMs} ms`)
    const decided = simulated.decisions.get(id)
    if (by === 'app' && decided !== isApproved) report('an approval is settled as the app decides', id)
    if (by === 'always' && !simulated.hasStanding) report('an approval is settled as the app decides', id)
    checkPending()
  })

  function checkPending(): void {
    const difference = firstDifference(
      approvals.pending.map(({ id }) => id),
      [...waiting.keys()],
    )
    if (difference) report('pending approvals are shown', difference)
    if (shown !== approvals.getState()) report('subscribers of the approvals are notified', 'the state has changed')
  }

  // Rounds of tools since the last turn of the user, as listeners of the session see them.
  let rounds = 0
  let requestedRounds = 0
  const turns = new Set<unknown>()
  const queued = new Set<ResponseHandle>()
  let isQueued = false
  session.on('requested', (handle) => {
    queued.add(handle)
    const remove = () => void queued.delete(handle)
    handle.created.then(remove, remove)
  })
  const restart = ({ item }: { readonly item: UserItem }) => {
    // An item that is restored is no new turn.
    if (item.type !== 'message' || item.role !== 'user' || turns.has(item.id)) return
    turns.add(item.id)
    // A request of a feature that waits was made before this turn. Those of the app are not part of a round.
    isQueued = [...queued].some((handle) => !options.isOfApp(handle))
    rounds = 0
    requestedRounds = 0
  }
  for (const type of ['conversation.item.added', 'conversation.item.created', 'conversation.item.done'] as const)
    session.on(type, restart as never)
  session.on('response.created', ({ response }) => {
    if (response.metadata?.follow_up === 'tools') rounds += 1
    if (lastRequests.has(response.metadata?.client_event_id)) lastResponses.add(response.id)
  })
  network.onSend(({ type, response }) => {
    const { metadata, tool_choice: choice } = (response ?? {}) as {
      metadata?: { follow_up?: string; client_event_id?: string }
      tool_choice?: string
    }
    if (type !== 'response.create' || metadata?.follow_up !== 'tools' || session.getState().status === 'closed') return
    requestedRounds += 1
    if (isLawless() || setup.features === 'none') return
    if (choice === 'none') lastRequests.add(metadata.client_event_id)
    if (choice === 'none' && requestedRounds <= setup.maxRounds && !isQueued)
      report('a turn of the user restarts the rounds of tools', `${requestedRounds} of ${setup.maxRounds}`)
    if (choice !== 'none' && rounds > setup.maxRounds && isFaultless && network.traffic.length === 1)
      report('rounds of tools are limited', `${rounds} of ${setup.maxRounds}`)
  })

  // Runs of agents have the same event.
  ;(run as ToolRun).on('settled', ({ call, outcome, durationMs }) => {
    names.set(call.callId, call.tool)
    settledCalls.add(call.callId)
    checkFollowUps()
    const { output, error } = outcome
    // Tools are unknown when the server did not acknowledge them.
    const isUnknown = error?.code === 'UNKNOWN_TOOL' && !isFaultless
    if (!isUnknown && !isPossibleOutput(call.tool, output))
      report('the outcome of a call is that of its tool', `${call.tool}: ${output}`)
    if (toolOptions(call.tool) && (error === undefined) === /^\{"error":\{"code":/.test(output))
      report('a call that fails has an error', `${call.tool}: ${output}`)
    const timeoutMs = toolOptions(call.tool)?.timeoutMs ?? toolTimeoutMs
    const isFrozen = clock.frozenMs > 0
    if (error?.code === 'TIMEOUT' && durationMs < timeoutMs)
      report('a call times out after its deadline', `${call.tool} ${durationMs} ms`)
    const hasWaited = toolOptions(call.tool)?.needsApproval === true
    if (!isFrozen && !hasWaited && durationMs > timeoutMs + 5 && toolOptions(call.tool))
      report('a call times out after its deadline', `${call.tool} ${durationMs} ms`)
  })
  session.on('response.output_item.done', ({ item, response_id: id }) => {
    if (item.type !== 'function_call') return
    names.set(item.call_id, item.name)
    const output = session.getState().responses.byId[id]?.output ?? []
    if (lastResponses.has(id)) lastCalls.add(item.call_id)
    if (output.some((other) => other.item.type === 'message')) speakingCalls.add(item.call_id)
  })

  session.on('interrupted', () => {
    giveUp()
    setImmediate(() => checkAborted('interruption'))
  })
  session.on('status', ({ status }) => {
    if (status === 'reconnecting') setImmediate(() => checkAborted('drop'))
  })

  function checkAborted(cause: 'interruption' | 'drop'): void {
    if (isLawless()) return
    for (const [id, { name, signal }] of simulated.running)
      if (toolOptions(name)?.abortOn.includes(cause) && isOwn(id) && !signal.aborted)
        report('a call is aborted by what its tool names', `${name} by ${cause}`)
  }

  const isOwn = (callId: string) => events.callAt.has(callId) && !options.isStopped()

  simulated.onAbort((callId, name, reason) => {
    if (!isOwn(callId) || isLawless() || session.getState().status === 'closed') return
    const { code, data } = (reason ?? {}) as { code?: string; data?: { reason?: string } }
    const abortOn = toolOptions(name)?.abortOn ?? []
    const cause = data?.reason === 'connection_lost' ? 'drop' : data?.reason
    if (code === 'ABORTED' && (cause === 'drop' || cause === 'interruption') && !abortOn.includes(cause))
      report('a call is only aborted by what its tool names', `${name} by ${cause}`)
  })
  /** The calls of each response that its follow-up response waits for. */
  const awaited = new Map<string, Set<string>>()
  const settledCalls = new Set<string>()
  session.on('response.done', ({ response: { id, status } }) => {
    const calls = session
      .getState()
      .responses.byId[id]?.output.flatMap(({ item }) =>
        item.type === 'function_call' && isWaitedFor(item.call_id, item.name) ? [item.call_id] : [],
      )
    if (status !== 'completed' || !calls || calls.length === 0) return
    awaited.set(id, new Set(calls))
    checkFollowUps()
  })

  const isWaitedFor = (callId: string, name: string) =>
    toolOptions(name)?.scheduling !== 'silent' || !speakingCalls.has(callId)

  /** The response to results is requested as soon as those that it waits for are there. */
  function checkFollowUps(): void {
    for (const [id, calls] of awaited) {
      if ([...calls].some((callId) => !settledCalls.has(callId))) continue
      awaited.delete(id)
      const since = clock.now()
      clock.after(followUpMs, () => {
        const isCertain = isFaultless || network.disturbedAt < since - disturbanceMs
        const { status, responses, inputAudio } = session.getState()
        // A turn of the user may get its response first.
        const hasTurnEnded = turnEnds.some((type) => events.timesOf(type).some((at) => at >= since))
        const isGivenUp =
          hasTurnEnded || gaveUpAt >= (events.responses.get(id)?.createdAt ?? 0) || inputAudio.isSpeaking
        const isDisturbed = isGivenUp || isLawless() || options.isStopped() || !isCertain || !expectsResponses
        if (isDisturbed || status !== 'open' || responses.activeId !== undefined) return
        if (network.traffic.length > 1 || clock.frozenMs > 0) return
        const isFollowed = [...events.responses].some(
          ([other, { isInBand, createdAt, doneAt }]) =>
            other !== id && isInBand && Math.max(createdAt ?? 0, doneAt ?? 0) >= since,
        )
        if (!isFollowed) report('the response to results does not wait for others', id)
      })
    }
  }

  // Features learn of these events before later listeners.
  network.onDelivery(({ type, response }) => {
    const { status } = (response ?? {}) as { status?: string }
    if (type === 'input_audio_buffer.speech_started' || (type === 'response.done' && status !== 'completed')) giveUp()
    return undefined
  })

  let expectsResponses = true
  let agentLaws: { check(): void; checkCalm(): void } | undefined
  let lastEventAt = 0
  network.onDelivery(() => {
    lastEventAt = clock.now()
    return undefined
  })
  /** On a connection on which nothing arrives, a server is not known to ignore an update. */
  function checkIgnored(code: string): void {
    const silentMs = clock.now() - lastEventAt
    if (silentMs > ignoredMs && clock.frozenMs === 0)
      report('an update is given up when the server is seen to ignore it', `${code} after ${silentMs} ms`)
  }
  ;(run as ToolRun).on('error', ({ code, cause }: { readonly code: string; readonly cause?: unknown }) => {
    if (code === 'TOOLS_REFUSED' && isSessionError(cause, 'TIMEOUT')) checkIgnored(code)
  })
  if ('handOff' in run) {
    run.on('refused', ({ cause, error }) => {
      const isTimeout = error.code === 'UPDATE_REFUSED' && isSessionError(error.cause, 'TIMEOUT')
      // The app can try again, so it receives a timeout.
      if (cause === 'model' && isTimeout) checkIgnored(error.code)
    })
    agentLaws = createAgentLaws({ clock, report }, { ...options, run, isLawless })
  }

  return {
    expectResponses(isExpected) {
      expectsResponses = isExpected
    },
    check() {
      checkPending()
      for (const [id, since] of waiting)
        if (clock.now() - since > approvalMs + 100 && clock.frozenMs === 0)
          report('an approval waits for its deadline', `${id} ${clock.now() - since} ms`)
      agentLaws?.check()
    },
    checkCalm() {
      agentLaws?.checkCalm()
      if (isLawless() || hasGivenUp || !expectsResponses || options.isStopped() || !isFaultless) return
      for (const [id, outputAt] of events.outputAt) {
        const name = names.get(id) ?? ''
        const isSilent = toolOptions(name)?.scheduling === 'silent' && speakingCalls.has(id)
        if (name === '' || isSilent || lastCalls.has(id) || rounds > setup.maxRounds) continue
        const isAnswered = [...events.responses.values()].some(
          ({ createdAt, isInBand }) => isInBand && (createdAt ?? 0) >= outputAt,
        )
        if (!isAnswered) report('the result of a tool gets a response', `${name} ${id}`)
      }
    },
    checkStopped() {
      if (approvals.pending.length > 0)
        report('no approval waits after the end', approvals.pending.map(({ tool }) => tool).join(', '))
    },
  }
}

/** Checks of handoffs: each of them is made or refused once, and the active agent is the one that the server has. */
function createAgentLaws(
  { clock, report }: Pick<Environment, 'clock' | 'report'>,
  {
    session,
    run,
    setup,
    simulated,
    isLawless,
  }: {
    readonly session: RealtimeSession
    readonly run: AgentRun
    readonly setup: Setup
    readonly simulated: SimulatedTools
    readonly isLawless: () => boolean
  },
) {
  let current = 'first'
  let proposed: string | undefined
  let proposedAt = 0
  let isVetoed = false
  let byModel = 0
  let openSince = 0
  let shown = run.getState()
  run.subscribe(() => {
    shown = run.getState()
  })
  session.on('status', ({ status }) => {
    if (status === 'open') openSince = clock.now()
  })
  const restart = ({ item }: { readonly item: { readonly type: string; readonly role?: unknown } }) => {
    if (item.type === 'message' && item.role === 'user') byModel = 0
  }
  for (const type of ['conversation.item.added', 'conversation.item.done'] as const) session.on(type, restart as never)
  run.on('handoff', ({ from, to, veto }) => {
    if (proposed !== undefined) report('handoffs are made one after the other', `${proposed} and ${to}`)
    if (from !== current) report('a handoff starts at the active agent', `${from} instead of ${current}`)
    proposed = to
    proposedAt = clock.now()
    isVetoed = simulated.takeVeto()
    if (isVetoed) veto('not now')
  })
  run.on('handedOff', ({ to, cause }) => {
    if (to !== proposed) report('a handoff that is made was proposed', to)
    if (isVetoed) report('a handoff that was vetoed is not made', to)
    if (cause === 'model' && byModel >= setup.maxHandoffs)
      report('handoffs in a row are limited', `${byModel} of ${setup.maxHandoffs}`)
    if (cause === 'model') byModel += 1
    proposed = undefined
    current = to
    if (run.current.name !== to || run.getState().current.name !== to)
      report('the active agent is the one that the server has', `${run.current.name} instead of ${to}`)
    const { session: resource } = session.getState()
    const instructions = resource?.type === 'realtime' ? resource.instructions : undefined
    if (!isLawless() && instructions !== `You are ${to}.`)
      report('the active agent is the one that the server has', String(instructions))
  })
  run.on('refused', ({ to, error }) => {
    // A handoff that is not allowed is not proposed.
    const wasProposed = proposed === to
    if (wasProposed) proposed = undefined
    const { code } = error
    if ((code === 'VETOED') !== (wasProposed && isVetoed))
      report('a handoff is refused for a reason', `${code} of ${to}`)
    if (code === 'ALREADY_IN_CHARGE' && to !== current) report('a handoff is refused for a reason', `${code} of ${to}`)
    if (code === 'TOO_MANY_HANDOFFS' && byModel < setup.maxHandoffs)
      report('handoffs in a row are limited', `${byModel} of ${setup.maxHandoffs}`)
    const openMs = session.getState().status === 'open' ? clock.now() - openSince : 0
    if (code === 'UPDATE_REFUSED' && isSessionError(error.cause, 'TIMEOUT') && openMs < toolTimeoutMs / 3)
      report('only an open connection has overdue acknowledgements', `${code} after ${openMs} ms`)
    isVetoed = false
  })
  return {
    check() {
      if (session.getState().status === 'closed') return
      if (run.current.name !== current)
        report('the active agent changes with a handoff', `${run.current.name} instead of ${current}`)
      if (shown !== run.getState()) report('subscribers of the agents are notified', 'the state has changed')
    },
    checkCalm() {
      // An update that the server ignores is reported after ten seconds on an open connection.
      const waitedMs = clock.now() - Math.max(proposedAt, openSince)
      if (proposed !== undefined && session.getState().status === 'open' && waitedMs > 11_000)
        report('a handoff is made or refused', `that to ${proposed} is pending`)
    },
  }
}
