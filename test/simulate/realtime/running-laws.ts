import type { ResponseHandle } from '../../../src/session/responses/handle.js'
import type { SettledResponse } from '../../../src/session/responses/settled-response.js'
import { selectItems } from '../../../src/session/state/select.js'
import type { Turn } from '../../../src/testing/emulator/turn.js'
import type { NetworkFaults } from '../network/faults.js'
import type { Json } from '../network/network.js'
import { firstDifference } from '../oracle.js'
import type { Environment } from '../world.js'
import { expiryLeadMs, type RealtimeClient } from './client.js'
import type { EventLog } from './event-log.js'
import type { Link } from './link.js'
import { checkSettledResult } from './settled-laws.js'
import type { Setup } from './setup.js'
import type { SimulatedTools } from './tools.js'

/** Checks of a session that runs. */
export interface RunningLaws {
  /** Checks what must hold after each step. */
  check(): void
  /** Checks what must hold when `settled` of a handle has resolved. */
  checkSettled(handle: ResponseHandle, settled: SettledResponse): void
  /** Whether a turn or a change of the configuration may be on its way, so that a rotation waits. */
  hasTurnInFlight(): boolean
  /** Checks the server when it creates a response. */
  checkTurn(turn: Turn): void
}

/** Time limit of the server for a session. */
export const serverSessionMs = 90_000
/** `requestTimeoutMs` of a response request, with the time of conflicts that are retried. */
const createLimitMs = 14_000
/** The same for a request of a feature. The follow-up response of tools has a longer deadline. */
const featureCreateLimitMs = 34_000

/** How long `settled` waits for a server that does not start to play a response. */
const playbackStartMs = 1_000

export function createRunningLaws(
  environment: Environment,
  options: {
    readonly client: () => RealtimeClient
    readonly setup: Setup
    readonly tools: SimulatedTools
    readonly link: Link
    readonly faults: NetworkFaults
    readonly events: EventLog
  },
): RunningLaws {
  const { clock, network, pledges, report } = environment
  const { client, setup, tools, link, faults, events } = options
  /** Whether the server has not replied to a change of the configuration that has left. */
  function hasUpdateInFlight(): boolean {
    const { sentByClient = [], delivered = [] } = network.traffic.at(-1) ?? {}
    const sent = sentByClient.filter(({ type }) => type === 'session.update').map(({ event_id: id }) => id)
    const replies = delivered.filter(
      ({ type, error }) =>
        type === 'session.updated' || (type === 'error' && sent.includes((error as { event_id?: string }).event_id)),
    )
    return sent.length > replies.length
  }

  /** Whether a commit has left that the server has not replied to. Its caller may have given up. */
  let isCommitting = false
  network.onSend(({ type }) => {
    if (type === 'input_audio_buffer.commit') isCommitting = true
  })
  network.onClosed(() => {
    isCommitting = false
  })
  network.onDelivery(({ type, error }) => {
    // A commit of turn detection is not told apart from one of the client.
    const isReply = type === 'error' && /commit/.test(String((error as { code?: unknown } | undefined)?.code))
    if (isReply || (type === 'input_audio_buffer.committed' && !setup.detectsTurns)) isCommitting = false
    return undefined
  })

  function hasTurnInFlight(): boolean {
    const isPending = pledges.pending.some((what) => ['update', 'commit', 'hand off'].includes(what))
    const committed = network.traffic
      .at(-1)
      ?.delivered.flatMap(({ type, item_id: id }) => (type === 'input_audio_buffer.committed' ? [String(id)] : []))
    const known = new Map(selectItems(client().session.getState()).map((state) => [state.id, state]))
    return (
      isPending ||
      isCommitting ||
      hasUpdateInFlight() ||
      faults.isLawless ||
      link.speak !== undefined ||
      (committed ?? []).some((id) => {
        const state = known.get(id)
        return !client().deleted.has(id) && (!state || ['none', 'in_progress'].includes(state.transcription))
      })
    )
  }

  /** Virtual times at which the client has received the end of the audio of a response, and the end of the response. */
  const endedAt = new Map<unknown, number>()
  network.onDelivery(({ type, response_id: id, response }) => {
    if (type === 'output_audio_buffer.stopped' || type === 'output_audio_buffer.cleared') endedAt.set(id, clock.now())
    if (type === 'response.done') endedAt.set((response as { id?: unknown }).id, clock.now())
    return undefined
  })

  /** What a response led to is finished when `settled` resolves. */
  function checkSettled(handle: ResponseHandle, settled: SettledResponse): void {
    const { outcome } = settled
    const { session, outcomes, doneAt, handles } = client()
    if (!handles.includes(handle)) return
    if (faults.isLawless || session.getState().status !== 'open') return
    if (!outcomes.has(handle)) report('settled resolves after done', String(handle.id))
    const delivered = network.traffic.at(-1)?.delivered ?? []
    if (!setup.translates && setup.guardrails !== 'hold back' && !link.isJoined)
      checkSettledResult(report, delivered, settled)
    const has = (type: string) => delivered.some((event) => event.type === type && event.response_id === handle.id)
    const isPlaying =
      has('output_audio_buffer.started') && !has('output_audio_buffer.stopped') && !has('output_audio_buffer.cleared')
    const hasAudio = has('response.output_audio.done') || has('response.output_audio_transcript.done')
    const createdIndex = delivered.findIndex(
      ({ response }) => (response as { id?: unknown } | undefined)?.id === handle.id,
    )
    // Clearing the audio of a response also removes what waits behind it.
    const isCleared = delivered.slice(createdIndex).some(({ type }) => type === 'output_audio_buffer.cleared')
    // A server that has not started to play by then is not waited for.
    const isStartDue = clock.now() - (doneAt.get(handle) ?? 0) < playbackStartMs
    const willPlay =
      !isCleared && isStartDue && link.speak !== undefined && hasAudio && !has('output_audio_buffer.started')
    if (link.isJoined || handle.id === undefined) return
    if (outcome.status === 'completed' && (isPlaying || willPlay) && network.line?.isAlive)
      report('settled resolves after the audio was played', handle.id)
    const lateMs = clock.now() - Math.max(endedAt.get(handle.id) ?? clock.now(), doneAt.get(handle) ?? 0)
    const hasPlayed = has('output_audio_buffer.stopped') || has('output_audio_buffer.cleared')
    if (setup.features === 'none' && hasPlayed && has('output_audio_buffer.started') && lateMs > 5)
      report('settled resolves when the audio was played', `${handle.id} ${lateMs} ms later`)
  }

  /** A response that the client has requested has the tools that were registered. */
  function checkTurn({ params, session }: Turn): void {
    const { stopped, connectionsBefore, registration } = client()
    if (setup.features === 'none' || link.isJoined || setup.translates || stopped.has('tools')) return
    if (registration === 'refused') return
    if (faults.isLawless || faults.hasLostUpdate || network.traffic.length <= connectionsBefore) return
    // The session marks its requests.
    if (params.metadata?.client_event_id === undefined) return
    const known = new Set((session.tools ?? []).map((tool) => ('name' in tool ? tool.name : undefined)))
    const missing = tools.names.find((name) => !known.has(name))
    if (missing !== undefined) report('a response has the tools of the session', `${missing} is unknown`)
  }

  let frozenMs = 0

  /** A response that runs is wanted, and a response request does not wait for nothing. */
  function checkResponses(): void {
    const { session, handles, outcomes, cancelled: givenUp, signals } = client()
    const traffic = network.traffic.at(-1)
    if (clock.frozenMs !== frozenMs) events.touch()
    frozenMs = clock.frozenMs
    const { status, responses } = session.getState()
    if (faults.isLawless || setup.translates || link.isJoined || status !== 'open' || !traffic?.line.isAlive) {
      events.touch()
      return
    }
    if (responses.activeId !== undefined) events.touch()
    const waiting = handles.filter((handle) => !outcomes.has(handle) && handle.id === undefined)
    // A request of the app may wait for that of a feature.
    const limitMs = waiting.every((handle) => signals.has(handle)) ? createLimitMs : featureCreateLimitMs
    if (waiting.length > 0 && clock.now() - events.quietSince > limitMs)
      report('a response request is answered or times out', `${waiting.length} wait although nothing happens`)
    // A cancellation may wait behind audio for a slow connection.
    if (setup.guardrails === 'hold back' || session.bufferedAmount > 0) return
    const ends = new Set(idsOf(traffic.delivered, 'response.done'))
    const cancelled = new Set(
      traffic.sentByClient.flatMap(({ type, response_id: id }) => (type === 'response.cancel' ? [id] : [])),
    )
    for (const id of idsOf(traffic.delivered, 'response.created')) {
      const isGivenUp = (handle: ResponseHandle) => givenUp.has(handle) || signals.get(handle)?.aborted === true
      const isWanted = handles.some((handle) => handle.id === id && !outcomes.has(handle) && !isGivenUp(handle))
      if (!ends.has(id) && !isWanted && !cancelled.has(id)) report('a response that is not wanted is cancelled', id)
    }
  }

  let order: readonly string[] = []
  let orderedClient: RealtimeClient | undefined

  /** Messages keep their order, also when they are restored. Calls without an output are created again at the end. */
  function checkOrder(): void {
    const { session } = client()
    if (faults.isLawless || session.getState().status !== 'open') return
    const next = selectItems(session.getState()).flatMap(({ id, item }) => (item.type === 'message' ? [id] : []))
    const known = new Set(order)
    const present = new Set(next)
    const changed = firstDifference(
      next.filter((id) => known.has(id)),
      order.filter((id) => present.has(id)),
    )
    if (changed && orderedClient === client()) report('messages keep their order', changed)
    const early = next.findIndex((id) => !known.has(id) && client().events.turnIds.has(id))
    const last = next.findLastIndex((id) => known.has(id))
    // A joined session receives no positions of items that were added during an outage.
    const hasMissed = link.isJoined && network.traffic.length > 1
    if (early >= 0 && early < last && orderedClient === client() && !hasMissed)
      report('a turn of the user follows the history', `${next[early]} before ${next[last]}`)
    orderedClient = client()
    order = next
  }

  /** The end of a server session is announced once, in time, and does not end a session that rotates. */
  function checkExpiry(): void {
    const { line } = network
    if (
      !environment.isFaultless ||
      setup.expiry === 'none' ||
      link.isJoined ||
      !line ||
      network.createdAt === undefined
    )
      return
    const ageMs = clock.now() - network.createdAt
    const count = client().expirings.filter((id) => id === line.id).length
    const isOpen = client().session.getState().status === 'open'
    if (count > 1) report('the end of a server session is announced once', `${count} times`)
    if (isOpen && ageMs > serverSessionMs - expiryLeadMs + 2_000 && count === 0)
      report('the end of a server session is announced', `it is ${ageMs} ms old`)
    if (isOpen && setup.expiry === 'rotate' && ageMs > serverSessionMs - 1_000)
      report('a session that rotates leaves its server in time', `it is ${ageMs} ms old`)
  }

  return {
    check() {
      checkResponses()
      checkExpiry()
      checkOrder()
      const { status, reconnect } = client().session.getState()
      if (reconnect && status !== 'reconnecting' && status !== 'connecting' && status !== 'closing')
        report('the state has the next attempt only during an outage', status)
    },
    checkSettled,
    checkTurn,
    hasTurnInFlight,
  }
}

function idsOf(events: readonly Json[], type: string): readonly string[] {
  return events.flatMap((event) => (event.type === type ? [(event.response as { id: string }).id] : []))
}
