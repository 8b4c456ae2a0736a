import { selectLines } from '../../../src/features/transcript/run-transcript.js'
import { isSessionError } from '../../../src/session/error.js'
import { selectItems } from '../../../src/session/state/select.js'
import type { NetworkFaults } from '../network/faults.js'
import type { Json } from '../network/network.js'
import { firstDifference } from '../oracle.js'
import { nameOf } from '../pledges.js'
import type { Environment } from '../world.js'
import type { RealtimeClient } from './client.js'
import { compareConversations } from './conversation.js'
import { forbiddenWord } from './guard-laws.js'
import type { Link } from './link.js'
import type { ServerView } from './model.js'
import type { Setup } from './setup.js'
import type { Speech } from './speech.js'
import { isPossibleOutput, type SimulatedTools } from './tools.js'

export interface CalmChecks {
  readonly client: RealtimeClient
  readonly setup: Setup
  readonly link: Link
  readonly speech: Speech
  readonly tools: SimulatedTools
  readonly faults: NetworkFaults
  /** Values of `max_output_tokens` that may be in force. */
  readonly limits: { readonly possible: ReadonlySet<number> }
  /** Texts of items that were given up before they left, and the number of connections until then. */
  readonly abandoned: ReadonlyMap<string, number>
  /** Whether an attempt of `connect()` has failed. */
  readonly hasFailedToConnect: boolean
  readonly probe: () => ServerView | undefined
}

/** Value of `max_output_tokens` that no other update uses. */
const lastLimit = 4_000

/** Compares a session with its server when nothing happens any more. */
export async function checkCalmClient(environment: Environment, checks: CalmChecks): Promise<void> {
  const { client, setup, link, speech, faults } = checks
  const { clock, network, pledges, report } = environment
  const { session } = client
  if (session.getState().status === 'idle' && !link.isJoined)
    report('a session connects when the server answers', 'connect() has failed after the last fault')
  if (session.getState().status !== 'open') return
  const { line } = network
  const isStillThere = () => session.getState().status === 'open' && network.line === line && line?.isAlive
  let isCommitted = setup.detectsTurns || link.speak !== undefined
  if (!isCommitted) {
    pledges.watch('last commit', session.audio.commit(), {
      onResolved: () => {
        isCommitted = true
      },
      onRejected: (error) => {
        isCommitted = isSessionError(error, 'SERVER_ERROR')
        if (!isCommitted && isStillThere())
          report('a server that answers settles requests', `a commit: ${nameOf(error)}`)
      },
    })
    await clock.advance(11_000)
  }
  if (!isStillThere() || !isCommitted) return
  if (!faults.isLawless && !setup.translates) compareWithServer(environment, checks)
  for (const problem of speech.disordered(network)) report('audio is sent in order and once to each server', problem)

  const text = 'say that this is the end'
  const answered = (what: string, isExcused = false) => ({
    onRejected(error: unknown) {
      if (isStillThere() && !isExcused) report('a server that answers settles requests', `${what}: ${nameOf(error)}`)
    },
  })
  pledges.watch(
    'last item',
    session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }),
    answered('an item'),
  )
  pledges.watch(
    'last update',
    session.update({ max_output_tokens: lastLimit }),
    answered('an update', faults.hasIgnoredUpdate),
  )
  checkRepetitions(environment, checks)
  const last = session.respond({ output_modalities: ['text'] })
  client.signals.set(last, new AbortController().signal)
  client.follow(last, 'last response')
  let status = ''
  void last.done.then((outcome) => {
    status = outcome.status
  })
  // In a joined session, a response that started while it was not connected may run until `responseTimeoutMs`.
  for (let waitedMs = 0; status === '' && waitedMs < (link.isJoined ? 150_000 : 30_000); waitedMs += 10_000)
    await clock.advance(10_000)
  if (client.registration === 'pending' && setup.features !== 'none' && !client.stopped.has('tools') && isStillThere())
    report('ready settles when the server answers other requests', setup.features)
  // In a joined session, a response that runs on may make the last one so slow that it is requested again.
  const isReplaced = link.isJoined && setup.fallback === 'retry'
  const mayEnd = setup.guardrails !== 'none' || client.passive.hasSpentBudget || isReplaced
  if (status !== 'completed' && !mayEnd && isStillThere())
    report('an open session can be asked', `the last response is ${status || 'pending'}`)
}

/** What a session sends again after a lost connection, and what it does not. */
function checkRepetitions({ network, report }: Environment, checks: CalmChecks): void {
  const { setup, link, speech, faults, abandoned } = checks
  if (!setup.detectsTurns && !link.speak)
    for (const problem of speech.repeated(network, (id) => checks.client.events.turnIds.has(id)))
      report('an acknowledged turn is not sent again', problem)
  const cuts = new Set<string>()
  for (const { line, received, sent } of network.traffic) {
    const ids = new Set<string>()
    const items = new Set<string>()
    const refused = new Set(sent.map(({ error }) => (error as { event_id?: unknown } | undefined)?.event_id))
    for (const { type, event_id: id, item } of received) {
      const itemId = type === 'conversation.item.create' ? (item as { id?: string }).id : undefined
      // An item whose acknowledgement is late is restored, and its request is sent again.
      if (itemId !== undefined && items.has(itemId) && !faults.isLawless)
        report('no item is created twice on one server', itemId)
      if (itemId !== undefined && !refused.has(id)) items.add(itemId)
      if (id === undefined) continue
      if (ids.has(id)) report('no event is sent twice to one server', `${type} ${id}`)
      ids.add(id)
      if (cuts.has(id)) report('a commit of a lost connection is not sent again', id)
      const [content] = (item as { content?: { text?: string }[] } | undefined)?.content ?? []
      const until = abandoned.get(content?.text ?? '')
      if (until !== undefined && line.id > until) report('what was given up is not sent', content?.text ?? '')
    }
    for (const { type, event_id: id } of received)
      if (id !== undefined && /buffer\.(commit|clear)$/.test(type ?? '')) cuts.add(id)
  }
}

function compareWithServer(environment: Environment, checks: CalmChecks): void {
  const { client, setup, link, speech, limits } = checks
  const { created, deleted } = client
  const { network, report } = environment
  const view = checks.probe()
  if (!view) {
    report('the simulation can read the server', 'the probe had no effect')
    return
  }
  const state = client.session.getState()
  // A call that was lost because it had no output is created again with its output.
  const added = (network.traffic.at(-1)?.delivered ?? []).flatMap(({ type, item }) =>
    type === 'conversation.item.added' ? [(item as { id: string }).id] : [],
  )
  const known = selectItems(state).filter(({ id }) => !client.lost.has(id) || added.includes(id))
  const reported = new Set(
    network.traffic.flatMap(({ sent }) => sent.map(({ item, item_id: id }) => (item as { id?: string })?.id ?? id)),
  )
  // A joined session receives no items that the call had before.
  const present = link.isJoined ? view.items.filter(({ id }) => reported.has(id)) : view.items
  const difference = compareConversations(known, present as never)
  // A joined session misses what happens while it is not connected.
  const hasMissed = link.isJoined && (!environment.isFaultless || checks.hasFailedToConnect)
  if (difference && !hasMissed) report('the conversation equals that of the server', difference)

  const has = new Set(selectItems(state).map(({ id }) => id))
  for (const id of created)
    if (!deleted.has(id) && !has.has(id))
      report('no item is forgotten', `${id} was acknowledged and is not in the state`)

  const limit = view.session.max_output_tokens
  if (!limits.possible.has(Number(limit)))
    report('the configuration of the server is the requested one', `${limit}, not one of ${[...limits.possible]}`)
  const { session } = state
  const ours = session && 'max_output_tokens' in session ? session.max_output_tokens : undefined
  if (ours !== limit) report('the configuration equals that of the server', `${ours} instead of ${limit}`)
  const requested = (state.config as { max_output_tokens?: unknown } | undefined)?.max_output_tokens
  // A joined session does not learn that the server has made a change whose acknowledgement was lost.
  const isUncertain = link.isJoined && limits.possible.size > 1
  if (requested !== limit && !isUncertain)
    report('the requested configuration is the one in force', `${requested} instead of ${limit}`)

  const missingSetting = link.isJoined ? undefined : firstMissing(state.config, view.session)
  if (missingSetting) report('the requested configuration is in force', missingSetting)
  const changed = firstDifference(settingsOf(state.config), settingsOf(view.session))
  if (changed && !link.isJoined) report('a change that is in force is part of the requested configuration', changed)

  const areRunning = setup.features !== 'none' && !client.stopped.has('tools')
  if (areRunning && !(link.isJoined && network.traffic.length > 1)) {
    checkCalls(view, checks, report)
    checkRuns(environment, checks, view)
  }
  client.features.check(callsOf(environment, checks))
  const hasGivenUp = client.cancelled.size > 0 || [...client.signals.values()].some(({ aborted }) => aborted)
  const isAnswered = !hasGivenUp && !link.isJoined && client.tripped.length === 0 && !client.passive.hasSpentBudget
  client.toolLaws?.expectResponses(isAnswered)
  client.toolLaws?.checkCalm()
  const sent = network.traffic.slice(client.connectionsBefore).reduce((sum, each) => sum + each.sentByClient.length, 0)
  client.checkCalm(sent, view, isAnswered)
  if (client.recordedSends !== undefined && client.recordedSends !== sent)
    report('a recording has each frame that was sent', `${client.recordedSends} of ${sent}`)
  const missing = speech.missing()
  if (!setup.detectsTurns && !link.speak && missing.length > client.droppedAppends)
    report('no word of the user is lost', `${missing} are missing, and ${client.droppedAppends} appends were reported`)
  if (!setup.detectsTurns && !link.speak) {
    const unsent = speech.neverReceived(network)
    if (unsent > client.droppedAppends)
      report('audio that was not sent is reported', `${unsent} appends, and ${client.droppedAppends} were reported`)
    if (client.droppedAppends > speech.notAcknowledged(network))
      report('audio that is reported as dropped was not heard', `${client.droppedAppends} appends`)
  }
  checkUsage(environment, client)
  if (client.takesOverTurns && !link.isJoined && !client.passive.hasSpentBudget) checkTurnsOfUser(environment, client)
  checkOutcomes(environment, client)
  if (!client.stopped.has('transcript')) {
    if (!link.isJoined) checkTranscript(environment, client, view)
    client.checkLines()
  }
  checkGuardrail(environment, checks)
  const { agents } = client
  const { instructions } = view.session
  const isActive = client.registration === 'done' && instructions === `You are ${agents?.current.name}.`
  // A server may ignore or refuse the update that would activate the first agent.
  if (
    agents &&
    !client.stopped.has('tools') &&
    !link.isJoined &&
    !isActive &&
    (client.registration === 'done' || !checks.faults.hasLostUpdate)
  )
    report('the instructions of the active agent are in force', String(instructions))

  if (!setup.isSlowToRead) {
    const mismatch = firstDifference(client.iterated, client.log.all)
    if (mismatch) report('events are iterated in the order of their arrival', mismatch)
  }
}

interface Settings {
  readonly audio?: {
    readonly input?: { readonly noise_reduction?: unknown }
    readonly output?: { readonly speed?: unknown }
  }
}

/** Returns the settings that the simulation changes, with the defaults of the server. */
function settingsOf(session: unknown): readonly unknown[] {
  const { audio } = (session ?? {}) as Settings
  return [audio?.input?.noise_reduction ?? null, audio?.output?.speed ?? 1]
}

/** Returns the first requested setting that a configuration does not have, or `undefined`. */
function firstMissing(requested: unknown, actual: unknown, path = ''): string | undefined {
  if (typeof requested !== 'object' || requested === null)
    return requested === actual || requested === undefined ? undefined : `${path} is ${actual}, not ${requested}`
  for (const [key, value] of Object.entries(requested)) {
    const difference = firstMissing(
      value,
      (actual as Record<string, unknown> | undefined | null)?.[key],
      `${path}.${key}`,
    )
    if (difference) return difference
  }
  return undefined
}

interface CallOrOutput {
  readonly type: string
  readonly status?: string
  readonly call_id?: string
  readonly name?: string
  readonly output?: string
}

/** Each call has exactly one output. A call whose response was cancelled has incomplete arguments and none. */
function checkCalls(view: ServerView, { client, faults }: CalmChecks, report: Environment['report']): void {
  const items = view.items as readonly CallOrOutput[]
  for (const { type, status, call_id: id } of items) {
    if (type !== 'function_call' || status === 'incomplete') continue
    const outputs = items.filter((item) => item.type === 'function_call_output' && item.call_id === id).length
    if (outputs !== 1) report('each call has one output', `${id} has ${outputs}`)
  }
  for (const { type, call_id: id, output } of items) {
    const name = items.find((item) => item.type === 'function_call' && item.call_id === id)?.name
    if (type === 'function_call_output' && name === undefined) report('each output has its call', String(id))
    // Tools are unknown when the server did not acknowledge them.
    const isUnknown =
      (faults.hasLostUpdate || client.registration === 'refused') && String(output).includes('UNKNOWN_TOOL')
    if (type === 'function_call_output' && name !== undefined && !isUnknown && !isPossibleOutput(name, String(output)))
      report('the output of a call is that of its tool', `${name}: ${output}`)
  }
}

/** The output of a call that has run reaches the server, also after a lost connection. */
function checkRuns(environment: Environment, checks: CalmChecks, view: ServerView): void {
  const { report } = environment
  const answered = new Set(
    (view.items as readonly CallOrOutput[]).flatMap(({ type, call_id: id }) =>
      type === 'function_call_output' ? [id] : [],
    ),
  )
  for (const id of callsOf(environment, checks)) if (!answered.has(id)) report('a call that has run has an output', id)
}

/** Returns the calls that the tools of this client have run. */
function callsOf({ network }: Environment, { client, tools }: CalmChecks): readonly string[] {
  const events = network.traffic.slice(client.connectionsBefore).flatMap(({ delivered }) => delivered)
  return events.flatMap(({ type, item }) => {
    const { call_id: id } = (item ?? {}) as CallOrOutput
    return type === 'response.output_item.done' && id !== undefined && tools.ran.has(id) ? [id] : []
  })
}

/** The interruption guard requests a response to each turn that it does not ignore, again if a lost connection ends it. */
function checkTurnsOfUser({ report }: Environment, client: RealtimeClient): void {
  const { events, lost, deleted, fellBackAt, outcomes, doneAt } = client
  const [itemId, committedAt] = events.lastTurn ?? []
  // The server would not respond to a commit of the app, without speech or during it.
  if (itemId === undefined || committedAt === undefined || !events.spokenUntil.has(itemId)) return
  if (events.deletedIds.has(itemId) || lost.has(itemId) || deleted.has(itemId)) return
  // The server has not created the responses that were requested.
  if (fellBackAt !== undefined && fellBackAt >= committedAt) return
  for (const [handle, outcome] of outcomes) {
    const isUnanswered = outcome.status === 'rejected' && isSessionError(outcome.error, 'TIMEOUT')
    if (isUnanswered && (doneAt.get(handle) ?? 0) >= committedAt) return
  }
  const isAnswered = [...events.responses.values()].some(
    ({ createdAt, isInBand, status }) => isInBand && status !== 'lost' && (createdAt ?? 0) >= committedAt,
  )
  if (!isAnswered) report('a turn of the user gets a response', itemId)
}

/** The meter counts each response that listeners have received, once. */
function checkUsage({ report }: Environment, { usage, log }: RealtimeClient): void {
  const expected = [...log.tokens.values()].reduce((sum, count) => sum + count, 0)
  const { total } = usage.getState()
  const counted = total.input.total + total.output.total
  if (counted !== expected) report('the usage equals that of the server', `${counted} instead of ${expected} tokens`)
}

/** A handle settles as the server has reported. */
function checkOutcomes({ network, report }: Environment, { handles, outcomes }: RealtimeClient): void {
  const ends = new Map<string, string | undefined>()
  for (const { type, response } of network.traffic.at(-1)?.delivered ?? ([] as Json[])) {
    const done = response as { id: string; status?: string } | undefined
    if (type === 'response.done' && done) ends.set(done.id, done.status)
  }
  for (const handle of handles) {
    const expected = ends.get(handle.id ?? '')
    const outcome = outcomes.get(handle)
    // A response that was given up has settled before its end.
    const isGivenUp = outcome && outcome.status !== 'completed' && outcome.status !== expected
    if (expected === undefined || (isGivenUp && expected !== 'completed')) continue
    const hasResponse = outcome && 'response' in outcome && outcome.response !== undefined
    if (hasResponse && outcome.status !== expected)
      report('a handle settles as the server has reported', `${outcome.status} instead of ${expected}`)
    if (!outcome) report('a handle settles as the server has reported', `${handle.id} is pending`)
  }
}

/** The transcript has the words of the conversation, in its order. */
function checkTranscript({ report }: Environment, { transcript, session }: RealtimeClient, view: ServerView): void {
  const lines = selectLines(transcript.getState())
  const spoken = selectItems(session.getState()).flatMap(({ id, item }) =>
    item.type === 'message' && (item.role === 'user' || item.role === 'assistant') ? [id] : [],
  )
  const order = firstDifference(
    lines.map(({ id }) => id).filter((id) => spoken.includes(id)),
    spoken,
  )
  if (order) report('the transcript has the lines of the conversation in order', order)
  for (const item of view.items) {
    const line = lines.find(({ id }) => id === item.id)
    if (!line || line.cut || item.type !== 'message') continue
    const parts = (item.content ?? []) as readonly { text?: string; transcript?: string | null }[]
    const text = parts.flatMap((part) => part.text ?? part.transcript ?? []).join(' ')
    if (text !== '' && line.text !== text)
      report('the transcript has the words of the server', `${line.text} instead of ${text}`)
  }
}

/** What a guardrail forbids is reported once for each response, and its audio is not played when it is held back. */
function checkGuardrail({ network, report }: Environment, { client, setup, link }: CalmChecks): void {
  const said = (network.traffic.at(-1)?.delivered ?? []).filter(
    ({ type, transcript, text }) =>
      /^response\.output_(text|audio_transcript)\.done$/.test(type ?? '') &&
      String(transcript ?? text).includes(forbiddenWord),
  )
  if (client.stopped.has('guardrails') || client.stopped.has('tools')) return
  if (setup.guardrails === 'hold back')
    for (const { item_id: id } of said)
      if (client.log.audible.has(String(id))) report('what a guardrail forbids is not played', String(id))
  if (setup.guardrails !== 'check' || link.isJoined) return
  for (const { response_id: id } of said)
    if (!client.tripped.includes(String(id))) report('what is forbidden trips the guardrail', String(id))
}

/** Nothing of a closed session is left. */
export function checkClosedClient({ report }: Environment, client: RealtimeClient): void {
  const { session, end, pendingTimers, features, toolLaws } = client
  client.checkClosed()
  features.checkClosed()
  toolLaws?.checkStopped()
  const { status, responses } = session.getState()
  if (status !== 'closed') report('a session that was closed is closed', status)
  if (responses.activeId !== undefined) report('no response runs in a closed session', responses.activeId)
  if (pendingTimers > 0) report('no timer is left', `${pendingTimers} timers`)
  if (end.listeners > 0) report('no listener is left', `${end.listeners} on the transport`)
  if (end.transport.state === 'open' || end.transport.state === 'opening')
    report('no connection is left', `the transport is ${end.transport.state}`)
}
