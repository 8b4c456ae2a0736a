import type { Agent } from '../../../src/features/agents/agent.js'
import { type AgentRun, runAgents } from '../../../src/features/agents/run-agents.js'
import { runFallback } from '../../../src/features/fallback/run-fallback.js'
import { holdBack } from '../../../src/features/guardrails/hold-back.js'
import { type OutputTripped, runGuardrails } from '../../../src/features/guardrails/run-guardrails.js'
import { runInterruptionGuard } from '../../../src/features/interruption/run-interruption-guard.js'
import type { ToolActivity } from '../../../src/features/latency/delays.js'
import { isToolError, type ToolError } from '../../../src/features/tools/error.js'
import type { McpRun } from '../../../src/features/tools/run-mcp.js'
import { runTools, type ToolRun } from '../../../src/features/tools/run-tools.js'
import type { TranscriptLine } from '../../../src/features/transcript/line.js'
import { runTranscript, type Transcript } from '../../../src/features/transcript/run-transcript.js'
import type { UsageMeter } from '../../../src/features/usage/run-usage.js'
import { beta } from '../../../src/migrate/beta.js'
import { fromBeta } from '../../../src/migrate/from-beta.js'
import { isSessionError } from '../../../src/session/error.js'
import type { Interruption } from '../../../src/session/playback/interruption.js'
import { createSession, type RealtimeSession } from '../../../src/session/realtime.js'
import type { ResponseHandle } from '../../../src/session/responses/handle.js'
import type { ResponseOutcome } from '../../../src/session/responses/outcome.js'
import type { SettledResponse } from '../../../src/session/responses/settled-response.js'
import type { SessionSnapshot } from '../../../src/session/restore/snapshot.js'
import { isTransportError } from '../../../src/transports/error.js'
import { reconnecting } from '../../../src/transports/reconnecting.js'
import { type RecordedLine, recording } from '../../../src/transports/recording.js'
import type { Transport } from '../../../src/transports/transport.js'
import { withFallback } from '../../../src/transports/web-rtc/with-fallback.js'
import { checkFinalClose } from '../network/close-laws.js'
import { createRetryLaws, ownDelayMs } from '../network/retry-laws.js'
import { wrapWithLaws } from '../network/wrapper-laws.js'
import type { Random } from '../random.js'
import type { Environment } from '../world.js'
import { type EmittedEvents, followEmittedEvents } from './emitted-events.js'
import { createFeatureLaws, type FeatureLaws } from './feature-laws.js'
import { createGuardLaws, fewHeldBytes } from './guard-laws.js'
import { createInputGuardLaws, type InputGuardLaws } from './input-guard-laws.js'
import { checkInterruptions, minSpeechMs } from './interruption-laws.js'
import type { Link, TransportEnd } from './link.js'
import { createMcpLaws } from './mcp-laws.js'
import { checkLines } from './measurement-laws.js'
import type { ServerView } from './model.js'
import { createPassiveLaws, type PassiveLaws } from './passive-laws.js'
import { createPlayer } from './player.js'
import { createRequestLaws } from './request-laws.js'
import { configOf, type Setup } from './setup.js'
import { createToolLaws, type ToolLaws } from './tool-laws.js'
import type { SimulatedTools } from './tools.js'
import { type WatchedSession, watchSession } from './watched-session.js'

/** One session of the library with the features that run on it. */
export interface RealtimeClient {
  readonly session: RealtimeSession
  readonly end: TransportEnd
  /** The transport that the session uses, with all wrappers. */
  readonly transport: Transport
  /** Timers of the session, its features, and its transports that are pending. */
  readonly pendingTimers: number
  /** Number of connections before those of this client. */
  readonly connectionsBefore: number
  /** `event_id`s that the iterator of `events()` has returned. */
  readonly iterated: readonly (string | undefined)[]
  /** `event_id`s that listeners have received: those of `'*'`, and those of some types. */
  readonly log: {
    readonly all: readonly (string | undefined)[]
    readonly typed: readonly (string | undefined)[]
    readonly types: ReadonlySet<string>
    /** Tokens of the responses whose end listeners have received, by id. */
    readonly tokens: ReadonlyMap<string, number>
    /** Items whose audio listeners have received. */
    readonly audible: ReadonlySet<string>
  }
  /** Numbers of the connections whose time limit was announced. */
  readonly expirings: readonly number[]
  /** Code of the error with which the session was closed. `client` when the app has closed it. */
  readonly closeCode: string | undefined
  /** Ids of responses that tripped the guardrail. */
  readonly tripped: readonly (string | undefined)[]
  /** Checks that the last notification has reported the current state. */
  checkNotifications(): void
  readonly events: EmittedEvents
  /** Whether the interruption guard requests the responses to turns of the user. */
  readonly takesOverTurns: boolean
  /** When the fallback has last given up a turn, in virtual time. */
  readonly fellBackAt: number | undefined
  /** Checks the transcript when nothing happens any more. */
  checkLines(): void
  /** Ids of items that the server does not have, as the last `restored` reported. */
  readonly lost: ReadonlySet<string>
  /** Number of appends that were reported as dropped. */
  readonly droppedAppends: number
  readonly restores: number
  readonly usage: UsageMeter
  readonly features: FeatureLaws
  readonly toolLaws: ToolLaws | undefined
  readonly passive: PassiveLaws
  readonly mcp: McpRun | undefined
  /** Features that were stopped. */
  readonly stopped: ReadonlySet<string>
  /** Stops a feature, in sessions that do so. */
  stopFeature(random: Random): void
  /** Checks what must hold after each step. */
  check(): void
  /** Checks what must hold when the session is closed. */
  checkClosed(): void
  /** Checks what must hold when nothing happens any more. `sent` is the number of frames that the network has received. */
  checkCalm(sent: number, view: ServerView, expectsResponses: boolean): void
  /** Whether the tools, or the first agent, are registered, as `ready` of the feature has reported. */
  readonly registration: 'pending' | 'done' | 'refused'
  /** Number of frames that the recording of the transport has as sent. `undefined` without a recording. */
  readonly recordedSends: number | undefined
  readonly transcript: Transcript
  readonly tools: ToolRun | undefined
  readonly agents: AgentRun | undefined
  /** Runs a function in the next listener. */
  reactOnce(reaction: () => void): void
  /** Forgets reactions that no listener has run. */
  forgetReactions(): void
  /** Runs a function in the next listener of the status `open`. */
  reactToOpen(reaction: () => void): void
  /** Records a handle that the app or a feature has requested, or that the server has created. */
  follow(handle: ResponseHandle, what: string): void
  readonly handles: readonly ResponseHandle[]
  /** Outcomes of the handles that have settled. */
  readonly outcomes: ReadonlyMap<ResponseHandle, ResponseOutcome>
  /** When the handles have settled, in virtual time. */
  readonly doneAt: ReadonlyMap<ResponseHandle, number>
  /** Handles that the app has cancelled, and the signals of the others. */
  readonly cancelled: Set<ResponseHandle>
  readonly signals: Map<ResponseHandle, AbortSignal>
  /** Texts of the messages that were sent together with their responses. */
  readonly messages: Map<ResponseHandle, string>
  /** Counts an append that the session has accepted. */
  countAppend(): void
  /** Items that the server has acknowledged, and items that the app has tried to delete. */
  readonly created: Set<string>
  readonly deleted: Set<string>
}

/** Types of which the client has listeners. */
const listenedTypes = [
  'session.updated',
  'response.created',
  'response.done',
  'conversation.item.added',
  'conversation.item.done',
  'conversation.item.deleted',
  'input_audio_buffer.committed',
  'response.output_audio.delta',
  'response.output_text.delta',
] as const

/** How long before its time limit a session announces it. */
export const expiryLeadMs = 30_000

/** How long before its time limit a session no longer waits to rotate. */
const forceRotationMs = 5_000

/** How long an attempt may take to reach the network: the last connection may have to be closed, and a microphone opened. */
const attemptLimitMs = 4_000

/** How long a transport may take to close. */
const closeLimitMs = 3_100

/** How long the connection must have been open until a missing acknowledgement is reported. */
const overdueMs = 10_000

const conflictCode = 'conversation_already_has_active_response'

/** How many events may wait for a slow reader. */
const slowLimit = 50

/** `offlineTimeoutMs` of `runFallback`. */
const offlineTimeoutMs = 2_000

/** How a handle is described that the app has not requested. */
const featureRequest = 'requested response'

/** Timers of a session and its features when nothing happens. */
const restingTimers = 2

/** How often a connection is attempted. */
const maxAttempts = 6

export function createRealtimeClient(
  environment: Environment,
  options: {
    readonly setup: Setup
    readonly link: Link
    readonly tools: SimulatedTools
    readonly snapshot?: SessionSnapshot
    /** Called when a handle was requested or has settled. */
    readonly onHandle: () => void
    /** Called when everything that a response led to is finished. */
    readonly onSettled: (handle: ResponseHandle, settled: SettledResponse) => void
    readonly isLawless: () => boolean
  },
): RealtimeClient {
  const { clock: time, random, report, pledges, journal } = environment
  const { setup, link, tools: simulated, snapshot, onHandle } = options
  const clock = time.countTimers()
  const transportClock = time.countTimers()
  const connectionsBefore = environment.network.traffic.length
  const end = link.createEnd(transportClock)
  const iterated: (string | undefined)[] = []
  let hasEndedIterating = false
  let isTooSlow = false
  const handles: ResponseHandle[] = []
  const outcomes = new Map<ResponseHandle, ResponseOutcome>()
  const cancelled = new Set<ResponseHandle>()
  const doneAt = new Map<ResponseHandle, number>()
  const signals = new Map<ResponseHandle, AbortSignal>()
  const log = {
    all: [] as (string | undefined)[],
    typed: [] as (string | undefined)[],
    types: new Set<string>(listenedTypes),
    tokens: new Map<string, number>(),
    audible: new Set<string>(),
  }
  const tripped: (string | undefined)[] = []
  const expirings: number[] = []
  let closeCode: string | undefined
  let fellBackAt: number | undefined
  /** When the time limit of the current server session was announced. */
  let expiringAt: number | undefined
  let announcements = 0
  const player = createPlayer(environment)
  /** Responses that play on a media track. */
  const playingIds = new Set<string>()
  /** Responses that were created since the last interruption and do not play. */
  const silentIds = new Set<string>()
  const reactions: (() => void)[] = []
  const reactionsToOpen: (() => void)[] = []
  let openSince = 0
  let opened = 0
  let lost = new Set<string>()
  let droppedAppends = 0
  let droppedInOutage = 0
  /** Appends that were accepted while `connect()` runs. */
  let queuedAppends = 0
  let restores = 0
  let isClosed = false

  const second = setup.fallsBack ? link.createEnd(transportClock) : undefined
  const either = second
    ? withFallback(end.transport, second.transport, { clock: transportClock, maxBreaks: 2 })
    : end.transport
  const direct = setup.translates ? fromBeta(beta(either)) : either
  const outer = setup.reconnects
    ? reconnecting(direct, {
        clock: transportClock,
        random: setup.waitsLongest ? () => 1 : random.fork('jitter').next,
        maxAttempts,
        ...(setup.hasOwnDelays ? { retryDelayMs: ownDelayMs } : {}),
      })
    : direct
  if (setup.reconnects && link.hasAttempts && !setup.fallsBack && !setup.translates) checkFinalClose(environment, outer)
  const wrapper = setup.wraps ? wrapWithLaws({ clock: time, report }, outer) : undefined
  const network = wrapper?.transport ?? outer
  const recorded = { open: 0, sent: 0 }
  const record = (line: string) => {
    const { direction, event } = JSON.parse(line) as RecordedLine
    if (direction === 'sent') recorded.sent += 1
    if (direction === 'local' && (event as { type?: unknown }).type === 'open') recorded.open += 1
  }
  const transport = setup.records ? recording(network, record, { clock: transportClock }) : network
  const holdOptions = { release: setup.release, ...(setup.holdsLittle ? { maxHeldBytes: fewHeldBytes } : {}) }
  const hold = withSegmenter(setup.hasSegmenter, () =>
    setup.guardrails === 'hold back' ? holdBack(holdOptions) : undefined,
  )
  const session = createSession({
    transport,
    clock,
    ...(snapshot ? { snapshot } : { config: configOf(setup) }),
    ...(hold ? { stages: [hold] } : {}),
    highWaterMark: setup.highWaterMark,
    maxWaitingAudioMs: setup.maxWaitingAudioMs,
    lifetime: { action: setup.expiry === 'rotate' ? 'rotate' : 'warn', leadMs: expiryLeadMs },
  })

  const guardLaws = createGuardLaws(environment, setup, options.isLawless)
  guardLaws.follow(session)
  const guard = {
    ...(hold ? { holdBack: hold } : {}),
    action: 'interrupt' as const,
    onFailed: guardLaws.onFailed,
    onTripped(event: OutputTripped) {
      const { responseId } = event
      guardLaws.onTripped(event)
      const isKnown = session.getState().status === 'open' && environment.network.line?.isAlive
      const { delivered = [] } = environment.network.traffic.at(-1) ?? {}
      const isCurrent = delivered.some(({ response_id: id }) => id === responseId)
      if (isKnown && !isCurrent && !link.isJoined)
        report('a response of a lost connection does not trip a guardrail', String(responseId))
      if (tripped.includes(responseId)) report('a response trips a guardrail once', String(responseId))
      tripped.push(responseId)
    },
  }
  const stopped = new Set<string>()
  const stoppables = new Map<string, { stop(): void | Promise<void> }>()
  const watchers = new Map<string, WatchedSession>()
  const events = followEmittedEvents(environment, session)
  const originMs = time.now()
  const lines = new Map<string, TranscriptLine>()
  const transcript = runTranscript(watch('transcript'), {
    onLine(line) {
      lines.set(line.id, line)
      react('line')
    },
  })
  addStoppable('transcript', transcript)
  if (setup.fallback !== 'none') addStoppable('fallback', startFallback())
  const interruptions = setup.guardsInterruptions
    ? runInterruptionGuard(watch('interruptions'), { minSpeechMs })
    : undefined
  if (interruptions) {
    addStoppable('interruptions', interruptions)
    checkInterruptions(environment, {
      session,
      hasLevels: link.speak === undefined,
      isLawless: () => setup.translates || options.isLawless(),
      isStopped: () => stopped.has('interruptions'),
    })
  }
  let takesOverTurns = false
  const requests = createRequestLaws(
    environment,
    session,
    () =>
      link.isJoined ||
      setup.translates ||
      options.isLawless() ||
      setup.fallback !== 'none' ||
      stopped.size > 0 ||
      tripped.length > 0,
  )
  if (interruptions)
    pledges.watch('interruption guard', interruptions.ready, {
      mayWait: true,
      endsWith: session.closed,
      onResolved() {
        takesOverTurns = setup.detectsTurns && respondsToTurns(snapshot?.config) && !stopped.has('interruptions')
      },
    })
  const agents = setup.features === 'agents' ? startAgents() : undefined
  const tools =
    setup.features === 'tools' ? runTools(watch('tools'), simulated.tools, { maxRounds: setup.maxRounds }) : undefined
  agents?.on('error', (error) => {
    if (isToolError(error)) onToolError(error)
  })
  tools?.on('error', onToolError)
  let errorCount = 0
  const countError = () => {
    errorCount += 1
  }
  tools?.on('error', countError)
  agents?.on('error', countError)
  if (tools) addStoppable('tools', tools)
  if (agents) addStoppable('tools', agents)
  let registration: 'pending' | 'done' | 'refused' = 'pending'
  void (tools ?? agents)?.ready.then(
    () => {
      registration = 'done'
    },
    () => {
      registration = 'refused'
      setImmediate(() => {
        if (!isClosed && errorCount === 0 && !stopped.has('tools'))
          report('tools that cannot be registered are reported', 'ready was rejected without an error event')
      })
    },
  )
  const features = createFeatureLaws(environment, {
    session,
    isStopped: (feature) => stopped.has(feature),
    events,
    isMedia: link.speak !== undefined,
    isLawless: () => setup.translates || options.isLawless(),
    tools: tools ?? (agents as ToolActivity | undefined),
    react,
  })
  const { usage } = features
  const run = tools ?? agents
  const toolLaws = run
    ? createToolLaws(environment, {
        session,
        run,
        simulated,
        setup,
        events,
        isLawless: options.isLawless,
        isStopped: () => stopped.has('tools'),
        isOfApp: (handle) => signals.has(handle),
      })
    : undefined
  if (!agents && setup.guardrails !== 'none') {
    const guardrails = withSegmenter(setup.hasSegmenter, () =>
      runGuardrails(watch('guardrails'), guardLaws.guardrails, guard),
    )
    addStoppable('guardrails', guardrails)
    guardLaws.setRunning(true)
  }
  addStoppable('latency', features.latency)
  const passive = createPassiveLaws(environment, session, setup, (feature) => stopped.has(feature))
  if (passive.debug) addStoppable('debug', passive.debug)
  if (passive.budget) addStoppable('budget', passive.budget)
  const mcpLaws = setup.usesMcp
    ? createMcpLaws(environment, {
        session,
        seen: watch('mcp'),
        simulated,
        events,
        isLawless: () => setup.translates || options.isLawless(),
        isStopped: () => stopped.has('mcp'),
      })
    : undefined
  if (mcpLaws) addStoppable('mcp', mcpLaws.run)
  let inputGuardLaws: InputGuardLaws | undefined
  if (setup.checksTurns) startInputGuardrails()
  const retries = createRetryLaws(environment, {
    maxAttempts,
    hasOwnDelays: setup.hasOwnDelays,
    isOpen: () => session.getState().status === 'open',
  })
  const retriesAreKnown = setup.reconnects && !setup.fallsBack && link.hasAttempts

  /** Checks turns of the user from the first time that the session is open. */
  function startInputGuardrails(): void {
    const off = session.on('status', ({ status }) => {
      if (status !== 'open') return
      off()
      const laws = createInputGuardLaws(environment, {
        session,
        seen: watch('input guardrails'),
        events,
        isLawless: () => setup.translates || options.isLawless(),
        isStopped: () => stopped.has('input guardrails'),
        checksSlowly: setup.checksSlowly,
      })
      pledges.watch('input guardrails', laws, {
        mayWait: true,
        endsWith: session.closed,
        onResolved(started: InputGuardLaws) {
          inputGuardLaws = started
          addStoppable('input guardrails', started.run)
        },
      })
    })
  }

  /** Returns the session as a feature sees it. */
  function watch(feature: string): RealtimeSession {
    if (!setup.stopsFeatures) return session
    const watched = watchSession(session, feature, report)
    watchers.set(feature, watched)
    return watched.session
  }

  function addStoppable(feature: string, stoppable: { stop(): void | Promise<void> }): void {
    stoppables.set(feature, stoppable)
  }

  function stopFeature(random: Random): void {
    const running = [...stoppables.keys()].filter((feature) => !stopped.has(feature))
    if (!setup.stopsFeatures || running.length === 0) return
    const feature = random.pick(running)
    journal.note(`stops ${feature}`)
    stopped.add(feature)
    if (feature === 'interruptions') takesOverTurns = false
    if (feature === 'guardrails' || (feature === 'tools' && agents)) guardLaws.setRunning(false)
    const done = stoppables.get(feature)?.stop()
    if (done) pledges.watch(`stop of ${feature}`, done, { mayWait: true })
    watchers.get(feature)?.stopped(done ?? undefined)
  }

  /** A missing acknowledgement is reported when the connection has been open for long enough. */
  function onToolError({ code, cause }: ToolError): void {
    journal.note(`tools: ${code}`)
    if (code !== 'OUTPUT_REFUSED' && code !== 'ANSWER_REFUSED') return
    const openMs = session.getState().status === 'open' ? time.now() - openSince : 0
    if (isSessionError(cause, 'TIMEOUT') && openMs < overdueMs)
      report('only an open connection has overdue acknowledgements', `${code} after ${openMs} ms`)
    react('tool error')
  }

  /** Whether a retry has been made since a response was completed. */
  let hasRetried = false
  if (setup.fallback === 'retry')
    session.on('response.done', ({ response }) => {
      if (response.status === 'completed' && response.conversation_id !== null) hasRetried = false
    })

  /** Acts once per turn: a retry, and a message when the retry fails too. */
  function startFallback() {
    let outages = 0
    /** The outage in which the fallback has acted last. */
    let handledOutage = 0
    // Whether the fallback has nothing more to do for the turn.
    let hasActed = false
    const restart = () => {
      hasActed = false
    }
    session.on('requested', ({ isInBand }) => {
      if (isInBand) restart()
    })
    session.on('response.done', ({ response }) => {
      if (response.status === 'completed') restart()
    })
    session.on('input_audio_buffer.speech_stopped', restart)
    session.on('input_audio_buffer.committed', restart)
    session.on('status', ({ status }) => {
      if (status === 'open') restart()
      if (status !== 'reconnecting') return
      const outage = ++outages
      time.after(offlineTimeoutMs + 5, () => {
        const isRunning = session.getState().status === 'reconnecting' && outage === outages && time.frozenMs === 0
        // While the user speaks, the fallback waits.
        const { isSpeaking } = session.getState().inputAudio
        if (
          isRunning &&
          !hasActed &&
          handledOutage !== outage &&
          !setup.detectsTurns &&
          !isSpeaking &&
          !stopped.has('fallback')
        )
          report('an outage has a fallback', `none after ${offlineTimeoutMs} ms`)
      })
    })
    return runFallback(watch('fallback'), {
      startTimeoutMs: 4_000,
      offlineTimeoutMs,
      ...(setup.fallback === 'retry'
        ? { retry: { instructions: 'Reply briefly.', tool_choice: 'none' as const } }
        : {}),
      message(cause) {
        if (hasActed) report('a fallback acts once in a turn', cause)
        if (cause === 'offline') handledOutage = outages
        // Before the message: a listener may request a response while it is played, which starts another turn.
        hasActed = true
        return { text: 'One moment, please.' }
      },
      onFallback({ cause, action }) {
        const sent = environment.network.traffic.at(-1)?.sentByClient ?? []
        const runningId = session.getState().responses.activeId
        const isCancelled = sent.some(({ type, response_id: id }) => type === 'response.cancel' && id === runningId)
        const isOpen = session.getState().status === 'open'
        // Of several requests, one that the server has not answered is replaced.
        const isOnly = handles.filter((handle) => !outcomes.has(handle)).length <= 1
        if (isOpen && isOnly && cause === 'slow' && action === 'retry' && runningId !== undefined && !isCancelled)
          report('a slow response is cancelled before it is requested again', runningId)
        if (action !== 'retry') fellBackAt = time.now()
        if (action === 'retry') hasRetried = true
        else if (setup.fallback === 'retry' && cause !== 'offline' && !hasRetried)
          report('a failed response is requested again before the fallback gives up', `${cause}, ${action}`)
        journal.note(`fallback: ${cause}, ${action}`)
        if (cause === 'offline' && session.getState().status === 'open')
          report('a fallback for an outage acts during an outage', action)
        react('fallback')
      },
    })
  }

  function startAgents(): AgentRun {
    const guardrails = setup.guardrails === 'none' ? [] : guardLaws.guardrails
    guardLaws.setRunning(guardrails.length > 0)
    const agentOf = (name: string, other: string): Agent => ({
      name,
      instructions: `You are ${name}.`,
      tools: simulated.tools,
      handoffs: [other],
      guardrails,
    })
    const seen = watch('tools')
    return withSegmenter(setup.hasSegmenter, () =>
      runAgents(seen, {
        start: 'first',
        agents: [agentOf('first', 'second'), agentOf('second', 'first')],
        guardrails: guard,
        maxHandoffs: setup.maxHandoffs,
        tools: { maxRounds: setup.maxRounds },
      }),
    )
  }

  /** Runs in each listener: what an app does there may be anything. */
  function react(name: string): void {
    if (isClosed) report('nothing is emitted after close', name)
    reactions.shift()?.()
  }

  function follow(handle: ResponseHandle, what: string): void {
    if (handles.includes(handle)) return
    handles.push(handle)
    onHandle()
    pledges.watch(`${what} created`, handle.created, { endsWith: session.closed })
    pledges.watch(`${what} done`, handle.done, {
      endsWith: session.closed,
      onResolved(outcome: ResponseOutcome) {
        outcomes.set(handle, outcome)
        doneAt.set(handle, time.now())
        onHandle()
        journal.note(`${what} ${handle.id ?? 'without id'} is ${outcome.status}`)
        if (what === featureRequest && !signals.has(handle)) requests.settled(handle, outcome)
        const error = outcome.status === 'rejected' ? outcome.error : undefined
        if (isSessionError(error, 'SERVER_ERROR') && error.data.error.code === conflictCode && !options.isLawless())
          report('a response that conflicts with another one is requested again', what)
      },
    })
    pledges.watch(`${what} settled`, handle.settled, {
      endsWith: session.closed,
      onResolved: (settled: SettledResponse) => options.onSettled(handle, settled),
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

  /** The conversation on the server is cut to what was played. */
  function checkTruncation({ played, unplayedItemIds }: Interruption): void {
    const sent = environment.network.traffic.at(-1)?.sentByClient ?? []
    if (session.getState().status !== 'open' || transport.state !== 'open') return
    const isCut = sent.some(
      ({ type, item_id: id, audio_end_ms: ms }) =>
        type === 'conversation.item.truncate' && id === played?.itemId && Number(ms) <= (played?.playedMs ?? 0),
    )
    if (played && !isCut) report('an interrupted item is truncated', `${played.itemId} at ${played.playedMs} ms`)
    for (const unplayed of unplayedItemIds)
      if (!sent.some(({ type, item_id: id }) => type === 'conversation.item.delete' && id === unplayed))
        report('an item that was not played is deleted', unplayed)
  }

  /** Without jitter, delays double with each attempt. */
  function checkDelay(delayMs: number, cause: unknown): void {
    const isAllowed = [0, 1, 2, 3, 4, 5, 6].some((retry) => delayMs === Math.min(30_000, 500 * 2 ** retry))
    const isRequested = isTransportError(cause, 'CONNECT_FAILED') && cause.data.retryAfterMs === delayMs
    if (!isAllowed && !isRequested) report('delays between attempts grow', `${delayMs} ms`)
  }

  /** Audio that was appended while a failed `connect()` ran is reported as dropped. */
  function checkFailedConnect(queued: number): void {
    if (session.getState().status === 'idle' && droppedInOutage !== queued)
      report('a failed connect() reports the audio that it dropped', `${droppedInOutage} instead of ${queued} appends`)
  }

  /** An announced attempt starts after its delay. */
  function checkAttempt(delayMs: number): void {
    const { attempts } = environment.network
    const announced = ++announcements
    const frozenMs = time.frozenMs
    const { network } = environment
    time.after(delayMs + attemptLimitMs, () => {
      const isAlone = announced === announcements && frozenMs === time.frozenMs
      if (
        isAlone &&
        session.getState().status === 'reconnecting' &&
        network.attempts === attempts &&
        !network.isDialing
      )
        report('an announced attempt starts', `${delayMs} ms have passed`)
    })
  }

  environment.network.onSend(({ type }, line) => {
    const isFull = type === 'input_audio_buffer.append' && line.bufferedAmount > setup.highWaterMark
    // What has waited for a connection is sent at once when it opens.
    if (isFull && session.getState().status === 'open' && time.now() > openSince)
      report('audio waits while the transport is full', `${line.bufferedAmount} bytes are buffered`)
  })
  session.on('*', (event) => void log.all.push(event.event_id as string | undefined))
  session.on('requested', (handle) => follow(handle, featureRequest))
  session.on('response', (handle) => {
    follow(handle, 'response of the server')
    react('response')
  })
  session.on('restored', ({ lost: missing, droppedAppends: appends, itemIds }) => {
    restores += 1
    journal.note(
      `restored ${itemIds.length} items, lost ${missing.map(({ itemId, reason }) => `${itemId} (${reason})`)}`,
    )
    lost = new Set(missing.map(({ itemId }) => itemId))
    // Without faults, only the app moves a session, and that waits for transcripts. At the time limit it cannot wait.
    const isOverdue = expiringAt !== undefined && time.now() - expiringAt >= expiryLeadMs - forceRotationMs
    expiringAt = undefined
    const isFirst = environment.network.traffic.length === connectionsBefore + 1
    for (const { itemId, reason } of missing)
      if (
        environment.isFaultless &&
        !isOverdue &&
        setup.transcribes &&
        reason === 'no transcript' &&
        !isFirst &&
        events.turnIds.has(itemId) &&
        // Silence has an empty transcript.
        !events.transcripts.has(`${itemId} 0`)
      )
        report('a rotation waits for the transcripts of turns', itemId)
    const { delivered = [] } = environment.network.traffic.at(-1) ?? {}
    const present = delivered.find(
      ({ type, item }) =>
        type === 'conversation.item.added' &&
        lost.has((item as { id: string }).id) &&
        // Listings are reported as not supported, also that of the new server.
        (item as { type: string }).type !== 'mcp_list_tools',
    )
    if (present && !options.isLawless())
      report('an item that the server has is not reported as lost', String((present.item as { id: string }).id))
    for (const id of itemIds) if (lost.has(id)) report('a restored item is not reported as lost', id)
    if (appends !== droppedInOutage)
      report('restored reports the audio that was dropped in the outage', `${appends} instead of ${droppedInOutage}`)
    checkFlush()
    react('restored')
  })
  session.on('dropped', ({ appends }) => {
    droppedAppends += appends
    droppedInOutage += appends
    react('dropped')
  })
  session.on('status', ({ status, previous }) => {
    journal.note(`status ${previous} -> ${status}`)
    retries.interfered()
    if (status === previous) report('a status event reports a change', status)
    if (status === 'reconnecting' || status === 'connecting') droppedInOutage = 0
    if (status === 'connecting') queuedAppends = 0
    // A listener of the change may append again, after the report.
    if (status === 'idle') setImmediate(checkFailedConnect, queuedAppends)
    openSince = time.now()
    if (status !== 'open') player.stop()
    if (status === 'open') opened += 1
    if (setup.records && recorded.open < opened)
      report('a recording has each connection', `${recorded.open} of at least ${opened}`)
    if (status === 'open') for (const reaction of reactionsToOpen.splice(0)) reaction()
    react('status')
  })
  session.on('interrupted', (interruption) => {
    if (setup.plays) player.checkInterruption(interruption)
    player.stop()
    // An interruption before the audio has started is reported at once.
    silentIds.clear()
    playingIds.clear()
    if (setup.plays && setup.highWaterMark >= 2 ** 20) checkTruncation(interruption)
    react('interrupted')
  })
  // The server stops its audio by itself.
  session.on('response.created', ({ response: { id } }) => void silentIds.add(id))
  session.on('output_audio_buffer.started', ({ response_id: id }) => {
    if (silentIds.delete(id)) playingIds.add(id)
  })
  session.on('output_audio_buffer.stopped', ({ response_id: id }) => void playingIds.delete(id))
  session.on('output_audio_buffer.cleared', ({ response_id: id }) => {
    const { sentByClient = [] } = environment.network.traffic.at(-1) ?? {}
    // A response that the client cancels is reported by its call, or not at all while another one plays.
    const isCancelled = sentByClient.some(({ type, response_id: other }) => type === 'response.cancel' && other === id)
    if (playingIds.delete(id) && !isCancelled && !options.isLawless() && !link.isJoined)
      report('audio that was cut off is reported as interrupted', id)
  })
  session.on('input_audio_buffer.speech_started', () => {
    const { session: resource } = session.getState()
    const detection = resource?.type === 'realtime' ? resource.audio?.input?.turn_detection : undefined
    const isInterrupted = detection && !('interrupt_response' in detection && detection.interrupt_response === false)
    const isPlain = setup.plays && setup.guardrails === 'none' && !setup.translates && !options.isLawless()
    if (isInterrupted && isPlain && player.unfinished.length > 0)
      report('a user who speaks stops the audio', player.unfinished.join())
  })
  session.on('expiring', () => {
    expirings.push(environment.network.line?.id ?? 0)
    expiringAt = time.now()
    react('expiring')
  })
  session.on('reconnecting', ({ attempt, delayMs, cause }) => {
    const { reconnect } = session.getState()
    if (reconnect?.attempt !== attempt || reconnect.delayMs !== delayMs)
      report('the state has the next attempt', `${JSON.stringify(reconnect)} instead of ${attempt} in ${delayMs} ms`)
    if (setup.waitsLongest && !setup.hasOwnDelays) checkDelay(delayMs, cause)
    if (retriesAreKnown) retries.announced({ attempt, delayMs, cause })
    checkAttempt(delayMs)
    react('reconnecting')
  })
  session.on('unknown', () => react('unknown'))
  session.on('invalid', () => react('invalid'))
  for (const type of listenedTypes)
    session.on(type, (event) => {
      log.typed.push(event.event_id as string | undefined)
      if (event.type === 'response.done' && !log.tokens.has(event.response.id))
        log.tokens.set(event.response.id, tokensOf(event.response.usage))
      if (event.type === 'response.done') features.responseDone(event.response)
      if (event.type === 'response.output_audio.delta') {
        log.audible.add(event.item_id)
        if (setup.plays) player.play(session, event)
      }
      react(type)
    })
  session.on('error', () => react('error'))
  session.on('close', ({ code, initiator, error }) => {
    closeCode = initiator === 'client' ? initiator : error?.code
    if (closeCode === 'RECONNECT_EXHAUSTED' && retriesAreKnown) retries.exhausted()
    journal.note(`session closed with ${code} by ${initiator}`)
    try {
      react('close')
    } finally {
      isClosed = true
    }
  })
  let notified = session.getState()
  session.subscribe(() => {
    if (setup.readsChanges) notified = session.getState()
    react('change')
  })
  void session.closed.then(() => {
    const checkTimers = () => {
      // The transport may still be closing, and `close()` waits for it.
      const allowed = end.transport.state === 'open' || second?.transport.state === 'open' ? 2 : 0
      const { pending } = transportClock
      const isClosing = pledges.pending.includes('close')
      if (clock.pending > (isClosing ? 1 : 0))
        report('the end of a session stops its timers', `${clock.pending} timers`)
      if (pending > allowed) report('the end of a session stops the timers of its transports', `${pending} timers`)
    }
    setImmediate(checkTimers)
    time.after(closeLimitMs, checkTimers)
  })
  pledges.watch('events', iterate(), { mayWait: true, ...(setup.isSlowToRead ? {} : { endsWith: session.closed }) })

  async function iterate(): Promise<void> {
    try {
      for await (const event of session.events(setup.isSlowToRead ? { limit: slowLimit } : {})) {
        iterated.push(event.event_id as string | undefined)
        if (setup.isSlowToRead) await new Promise<void>((resolve) => time.after(300, resolve))
      }
    } catch (error) {
      hasEndedIterating = true
      if (!setup.isSlowToRead) report('a reader that keeps up loses no event', String(error))
    }
  }

  return {
    session,
    transport,
    end: second ? bothEnds(end, second) : end,
    get pendingTimers() {
      return clock.pending + transportClock.pending
    },
    connectionsBefore,
    iterated,
    log,
    tripped,
    expirings,
    get closeCode() {
      return closeCode
    },
    outcomes,
    doneAt,
    cancelled,
    signals,
    messages: new Map(),
    countAppend() {
      if (session.getState().status === 'connecting') queuedAppends += 1
    },
    checkNotifications() {
      if (setup.readsChanges && notified !== session.getState())
        report('subscribers are notified of each change', 'the state has changed since the last notification')
    },
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
    features,
    toolLaws,
    passive,
    mcp: mcpLaws?.run,
    stopped,
    stopFeature,
    check() {
      isTooSlow ||= setup.isSlowToRead && log.all.length - iterated.length > slowLimit + 2
      if (session.bufferedAmount !== transport.bufferedAmount)
        report('a session has the buffer of its transport', `${session.bufferedAmount} bytes`)
      toolLaws?.check()
      wrapper?.check()
      const { speaking } = transcript.getState()
      const { status, inputAudio } = session.getState()
      if (stopped.has('transcript') || status !== 'open') return
      if (speaking.user !== inputAudio.isSpeaking)
        report('the transcript tells who speaks', `the user: ${speaking.user}`)
    },
    checkClosed() {
      if (isTooSlow && !hasEndedIterating)
        report('a reader that is too slow fails', `more than ${slowLimit} events waited`)
    },
    checkCalm(sent, view, expectsResponses) {
      passive.checkCalm()
      if (clock.pending > restingTimers) report('a session at rest has few timers', `${clock.pending}`)
      mcpLaws?.checkCalm(expectsResponses)
      if (!link.isJoined) inputGuardLaws?.checkCalm(view)
      if (!setup.fallsBack && !setup.translates) wrapper?.checkCalm(sent)
    },
    get registration() {
      return registration
    },
    get recordedSends() {
      return setup.records ? recorded.sent : undefined
    },
    transcript,
    events,
    get fellBackAt() {
      return fellBackAt
    },
    get takesOverTurns() {
      return takesOverTurns
    },
    checkLines() {
      // A response that a joined session has given up is played all the same.
      const { delivered = [] } = environment.network.traffic.at(-1) ?? {}
      const last = delivered.findLast(({ type }) => String(type).startsWith('output_audio_buffer.'))
      const isPlaying = session.playback.isPlaying || last?.type === 'output_audio_buffer.started'
      checkLines(environment, events, { transcript, received: lines, originMs, isPlaying })
    },
    tools,
    agents,
    reactOnce: (reaction) => void reactions.push(reaction),
    forgetReactions() {
      reactions.length = 0
      reactionsToOpen.length = 0
    },
    reactToOpen: (reaction) => void reactionsToOpen.push(reaction),
    follow,
    handles,
    created: new Set(),
    deleted: new Set(),
  }
}

/** What is left of two transports of which one is in use. */
function bothEnds(first: TransportEnd, second: TransportEnd): TransportEnd {
  return {
    get transport(): Transport {
      return second.transport.state === 'idle' ? first.transport : second.transport
    },
    get listeners() {
      return first.listeners + second.listeners
    },
  }
}

interface ReportedUsage {
  readonly input_tokens?: number | null | undefined
  readonly output_tokens?: number | null | undefined
}

function tokensOf(usage: ReportedUsage | null | undefined): number {
  return (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0)
}

/** Calls a function in a runtime with or without `Intl.Segmenter`, which React Native lacks. */
function withSegmenter<T>(hasSegmenter: boolean, act: () => T): T {
  const original = Object.getOwnPropertyDescriptor(Intl, 'Segmenter')
  if (!hasSegmenter) Reflect.deleteProperty(Intl, 'Segmenter')
  try {
    return act()
  } finally {
    if (original) Object.defineProperty(Intl, 'Segmenter', original)
  }
}

/** Whether the server of a configuration responds to turns. Otherwise, `runInterruptionGuard` leaves the responses to the app. */
function respondsToTurns(config: SessionSnapshot['config']): boolean {
  const detection = config?.audio?.input?.turn_detection
  return !detection || !('create_response' in detection) || detection.create_response !== false
}
