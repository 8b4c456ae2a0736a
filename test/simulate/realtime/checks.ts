import { isSessionError } from '../../../src/session/error.js'
import { selectItems } from '../../../src/session/state/select.js'
import type { NetworkFaults } from '../network/faults.js'
import type { Json } from '../network/network.js'
import { firstDifference } from '../oracle.js'
import { nameOf } from '../pledges.js'
import type { Environment } from '../world.js'
import type { RealtimeClient } from './client.js'
import { compareConversations } from './conversation.js'
import type { Link } from './link.js'
import type { ServerView } from './model.js'
import type { Setup } from './setup.js'
import type { Speech } from './speech.js'

export interface CalmChecks {
  readonly client: RealtimeClient
  readonly setup: Setup
  readonly link: Link
  readonly speech: Speech
  readonly faults: NetworkFaults
  /** Values of `max_output_tokens` that may be in force. */
  readonly limits: { readonly possible: ReadonlySet<number> }
  /** Texts of items that were given up before they left, and the number of connections until then. */
  readonly abandoned: ReadonlyMap<string, number>
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
  if (!faults.isLawless) compareWithServer(environment, checks)
  for (const problem of speech.disordered(network)) report('audio is sent in order and once to each server', problem)

  const text = 'say that this is the end'
  const answered = (what: string) => ({
    onRejected(error: unknown) {
      if (isStillThere()) report('a server that answers settles requests', `${what}: ${nameOf(error)}`)
    },
  })
  pledges.watch(
    'last item',
    session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }),
    answered('an item'),
  )
  pledges.watch('last update', session.update({ max_output_tokens: lastLimit }), answered('an update'))
  checkRepetitions(environment, checks)
  const last = session.respond({ output_modalities: ['text'] })
  client.follow(last, 'last response')
  let status = ''
  void last.done.then((outcome) => {
    status = outcome.status
  })
  await clock.advance(30_000)
  if (status !== 'completed' && setup.guardrails === 'none' && isStillThere())
    report('an open session can be asked', `the last response is ${status || 'pending'}`)
}

/** What a session sends again after a lost connection, and what it does not. */
function checkRepetitions({ network, report }: Environment, { setup, link, speech, abandoned }: CalmChecks): void {
  if (!setup.detectsTurns && !link.speak)
    for (const problem of speech.repeated(network)) report('an acknowledged turn is not sent again', problem)
  const cuts = new Set<string>()
  for (const { line, received } of network.traffic) {
    const ids = new Set<string>()
    const items = new Set<string>()
    for (const { type, event_id: id, item } of received) {
      const itemId = type === 'conversation.item.create' ? (item as { id?: string }).id : undefined
      // After a rotation, a call and its output may be sent once more and are refused: the old server may have acknowledged them
      // after the session has left it.
      if (line.id === 1 && itemId !== undefined && items.has(itemId))
        report('no item is created twice on one server', itemId)
      if (itemId !== undefined) items.add(itemId)
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
  const difference = compareConversations(known, view.items as never)
  // A joined session misses what happens while it is not connected.
  if (difference && !(link.isJoined && !environment.isFaultless))
    report('the conversation equals that of the server', difference)

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
  if (requested !== limit) report('the requested configuration is the one in force', `${requested} instead of ${limit}`)

  if (setup.features !== 'none' && !(link.isJoined && network.traffic.length > 1)) checkCalls(view, report)
  const missing = speech.missing()
  if (!setup.detectsTurns && !link.speak && missing.length > client.droppedAppends)
    report('no word of the user is lost', `${missing} are missing, and ${client.droppedAppends} appends were reported`)
  checkUsage(environment, client)

  const delivered = network.traffic.flatMap((traffic) => traffic.delivered)
  if (!setup.isSlowToRead && setup.guardrails !== 'hold back' && network.traffic.length === 1) {
    const ids = delivered.filter(({ type }) => typeof type === 'string').map(({ event_id: id }) => id)
    const mismatch = firstDifference(client.iterated, ids.slice(ids.length - client.iterated.length))
    if (mismatch) report('events are iterated in the order of their arrival', mismatch)
  }
}

/** Each call has exactly one output. A call whose response was cancelled has incomplete arguments and none. */
function checkCalls(view: ServerView, report: Environment['report']): void {
  const items = view.items as readonly { type: string; status?: string; call_id?: string }[]
  for (const { type, status, call_id: id } of items) {
    if (type !== 'function_call' || status === 'incomplete') continue
    const outputs = items.filter((item) => item.type === 'function_call_output' && item.call_id === id).length
    if (outputs !== 1) report('each call has one output', `${id} has ${outputs}`)
  }
}

/** The meter counts each response that the server has reported, once. */
function checkUsage({ network, report }: Environment, { usage, restores }: RealtimeClient): void {
  if (restores > 0) return
  const tokens = new Map<string, number>()
  for (const { type, response } of network.traffic.at(-1)?.delivered ?? ([] as Json[])) {
    const done = response as
      | { id: string; usage?: { input_tokens?: number; output_tokens?: number } | null }
      | undefined
    if (type === 'response.done' && done)
      tokens.set(done.id, (done.usage?.input_tokens ?? 0) + (done.usage?.output_tokens ?? 0))
  }
  const expected = [...tokens.values()].reduce((sum, count) => sum + count, 0)
  const { total } = usage.getState()
  const counted = total.input.total + total.output.total
  if (counted !== expected) report('the usage equals that of the server', `${counted} instead of ${expected} tokens`)
}

/** Nothing of a closed session is left. */
export function checkClosedClient({ report }: Environment, { session, end, clock }: RealtimeClient): void {
  const { status, responses } = session.getState()
  if (status !== 'closed') report('a session that was closed is closed', status)
  if (responses.activeId !== undefined) report('no response runs in a closed session', responses.activeId)
  if (clock.pending > 0) report('no timer is left', `${clock.pending} timers`)
  if (end.listeners > 0) report('no listener is left', `${end.listeners} on the transport`)
  if (end.transport.state === 'open' || end.transport.state === 'opening')
    report('no connection is left', `the transport is ${end.transport.state}`)
}
