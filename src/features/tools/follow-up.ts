import type { Clock } from '../../internal/clock.js'
import type { DeepReadonly } from '../../internal/deep-readonly.js'
import { forgetOldest } from '../../internal/forget-oldest.js'
import type { Response } from '../../protocol/response.js'
import type { ServerEventOf } from '../../protocol/server-events.js'
import { isSessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { ResponseHandle } from '../../session/responses/handle.js'
import { detectsTurns, isTurnDetectionOff, respondsToTurns } from '../../session/turn-detection.js'
import { onConversationItem, onUserTurn } from '../conversation-items.js'
import { ToolError } from './error.js'
import { watchOverdue } from './overdue-acknowledgement.js'
import type { SpeechActivity } from './speech-activity.js'

/** Requests a response to the results of tools: one for all results that no response has taken into account. */
export interface FollowUp {
  /** Requests a response that takes these items, which were sent, into account. */
  request(itemIds: readonly string[]): void
  /** Whether a response is due. */
  readonly isDue: boolean
  /**
   * Whether this is the response that the model had to give without tools, because the rounds are used up. Tools that it calls all the same
   * must not run, and no response follows them.
   */
  isLast(responseId: string): boolean
  stop(): void
}

/** Metadata by which one follow-up knows another. */
const mark = { follow_up: 'tools' }
/**
 * How long the server may take to create the response, in milliseconds. A half-open connection is noticed before that with the default
 * heartbeat (25 s), and the request is then made again. After this time it no longer blocks the responses of the app.
 */
const createTimeoutMs = 30_000
/**
 * Time in milliseconds in which a turn of the user can get its response, from the server, the app, or another feature, before a response to the
 * results is requested.
 */
const graceMs = 1_000
/**
 * After so many rounds the event loop gets a turn. With a server in the same process, a loop of tool calls would otherwise never let a timer
 * fire.
 */
const roundsPerTask = 8
const rememberedHandles = 32

export function createFollowUp(options: {
  readonly session: RealtimeSession
  readonly clock: Clock
  readonly speech: SpeechActivity
  readonly maxRounds: number
  readonly onError: (error: ToolError) => void
  /** Whether a feature created an item, so that it is no turn of the user. */
  readonly isOwnItem?: ((itemId: string) => boolean) | undefined
}): FollowUp {
  const { session, clock, speech, maxRounds, onError, isOwnItem = () => false } = options
  /** Items that no response is known to take into account, and whether the server has acknowledged them. */
  const unseen = new Map<string, { isAcknowledged: boolean }>()
  /** Withdraws the announcement of the response that is due. `undefined` while none is due. */
  let withdraw: (() => void) | undefined
  let own: { handle: ResponseHandle; sees: readonly string[]; isLast: boolean } | undefined
  /** Whether the server returns the metadata of requests in `response.created`, as far as known. */
  let returnsMetadata = true
  /** A turn that the server detected has ended, and has no response yet. */
  let isTurnOpen = false
  let rounds = 0
  let hasStopped = false
  let cancelGrace = () => {}
  let cancelReport = () => {}
  /** The last response that was created for a request, until it is done. A lost connection leaves it to the next server session. */
  let running: ResponseHandle | undefined
  /** The last request timed out. It is repeated when a later event shows that the server responds. */
  let hasTimedOut = false
  let cancelTurn = () => {}
  /** Abandoned requests. The session cancels a response that is created for one of them. */
  const abandoned = new Set<ResponseHandle>()
  /** Responses that had to be given without tools. */
  const lastIds = new Set<string>()

  function setDue(isDue: boolean): void {
    if (isDue) withdraw ??= session.announceResponse()
    else {
      withdraw?.()
      withdraw = undefined
    }
  }

  function pump(): void {
    if (!canRequest()) return
    cancelTurn()
    if (rounds > 0 && rounds % roundsPerTask === 0) cancelTurn = clock.after(0, sendRequest)
    else sendRequest()
  }

  function canRequest(): boolean {
    return (
      !hasStopped && withdraw !== undefined && !own && !speech.isUserSpeaking && session.getState().status === 'open'
    )
  }

  function sendRequest(): void {
    if (!canRequest()) return
    cancelGrace()
    rounds += 1
    const isLast = rounds > maxRounds
    if (rounds === maxRounds + 1) onError(new ToolError('TOO_MANY_ROUNDS', { maxRounds }))
    hasTimedOut = false
    const handle = session.respond(
      { metadata: mark, ...(isLast ? { tool_choice: 'none' as const } : {}) },
      { timeoutMs: createTimeoutMs, content: 'discard' },
    )
    const request = { handle, sees: [...unseen.keys()], isLast }
    own = request
    watchRequest()
    handle.done.then((outcome) => {
      const isLost = outcome.status === 'cancelled' && outcome.reason === 'connection_lost'
      if (running === handle && !isLost) running = undefined
      if (own !== request) return
      abandon()
      // It stays due when the connection is lost or about to be, or when no reply came: the request is made again later.
      if (isLost || (outcome.status === 'rejected' && isSessionError(outcome.error, 'NOT_CONNECTED'))) return
      hasTimedOut = outcome.status === 'rejected' && isSessionError(outcome.error, 'TIMEOUT')
      if (hasTimedOut) return
      setDue(false)
      if (outcome.status === 'rejected') refused(outcome.error)
    })
  }

  /** Abandons the request. A repeated request counts as one round. */
  function abandon(): ResponseHandle | undefined {
    const { handle } = own ?? {}
    own = undefined
    cancelReport()
    rounds = Math.max(0, rounds - 1)
    if (handle) abandoned.add(handle)
    forgetOldest(abandoned, rememberedHandles)
    return handle
  }

  function refused(cause: unknown): void {
    onError(new ToolError('ANSWER_REFUSED', {}, { cause }))
  }

  /** Reports a request that gets no reply. While another response runs, the request waits for it. */
  function watchRequest(): void {
    cancelReport()
    if (!own || own.handle.id !== undefined) return
    const { handle } = own
    cancelReport = watchOverdue(session, clock, 'response.created', (cause) => {
      const isWaiting = own?.handle === handle && handle.id === undefined
      if (isWaiting && session.getState().responses.activeId === undefined) refused(cause)
    })
  }

  function onDone(): void {
    watchRequest()
    // The server replies again after a request that it did not reply to.
    if (hasTimedOut) pump()
  }

  /**
   * Whether a response replies to the conversation so far: the server created it without a request, or it is the first one after a turn to which
   * the server does not respond. Requests have metadata. The `response` event would report the response of a server too, but a listener to it
   * makes the session keep the audio of each response for the handle.
   */
  function isReply({ metadata }: DeepReadonly<Response>): boolean {
    const isBare = Object.keys(metadata ?? {}).length === 0
    const hadTurn = isTurnOpen
    const isByRequest = !respondsToTurns(session.getState().session)
    if (isBare || isByRequest) isTurnOpen = false
    return isBare ? returnsMetadata || hadTurn : isByRequest && hadTurn
  }

  function onCreated({ response }: DeepReadonly<ServerEventOf<'response.created'>>): void {
    if (response.conversation_id === null || [...abandoned].some(({ id }) => id === response.id)) return
    const repliesToAll = isReply(response)
    if (!withdraw) return
    if (own?.handle.id === response.id) {
      returnsMetadata = response.metadata?.follow_up === mark.follow_up
      for (const id of own.sees) unseen.delete(id)
      if (own.isLast) lastIds.add(response.id)
      forgetOldest(lastIds, rememberedHandles)
      running = own.handle
      own = undefined
      cancelReport()
    } else if (repliesToAll || response.metadata?.follow_up === mark.follow_up) {
      // It was created after the server had these items, so it takes them into account as well.
      for (const [id, { isAcknowledged }] of unseen) if (isAcknowledged) unseen.delete(id)
      if (unseen.size > 0) return
      if (own) abandon()?.cancel()
    } else return
    setDue(unseen.size > 0)
    pump()
  }

  /** The user speaks. A requested response that is not created yet would interrupt them, so it is canceled and stays due. */
  function cancelUncreated(): void {
    if (own && own.handle.id === undefined) abandon()?.cancel()
  }

  function onTurn(): void {
    rounds = 0
  }

  /** If the turn can get its response from the server, the app, or another feature, a response is requested only when it does not. */
  function onTurnEnd(canGetResponse: boolean): void {
    isTurnOpen = canGetResponse
    if (!withdraw || own) return
    cancelGrace()
    if (isTurnOpen) cancelGrace = clock.after(graceMs, pump)
    else pump()
  }

  const onSpeechEnd = () => onTurnEnd(detectsTurns(session.getState().session))

  const unsubscribers = [
    session.on('response.created', onCreated),
    session.on('response.done', onDone),
    // A new server session does not continue a response of the previous one.
    session.on('session.created', () => {
      if (running) setDue(true)
    }),
    onConversationItem(session, ({ id }) => {
      const known = unseen.get(String(id))
      if (known) known.isAcknowledged = true
    }),
    onUserTurn(session, onTurn, isOwnItem),
    session.on('input_audio_buffer.speech_started', cancelUncreated),
    session.on('input_audio_buffer.speech_stopped', onSpeechEnd),
    // After a commit of the app during speech, no `speech_stopped` may follow. See PROTOCOL.md#turn-detection.
    session.on('input_audio_buffer.committed', onSpeechEnd),
    session.on('input_audio_buffer.cleared', () => onTurnEnd(respondsToTurns(session.getState().session))),
    // Turn detection was switched off, perhaps while the user spoke: no `speech_stopped` follows.
    session.on('session.updated', ({ session: updated }) => {
      if (isTurnDetectionOff(updated)) pump()
    }),
    session.on('status', ({ status }) => {
      if (status !== 'open') return
      running = undefined
      pump()
    }),
  ]

  return {
    request(itemIds) {
      for (const id of itemIds) unseen.set(id, { isAcknowledged: false })
      setDue(true)
      pump()
    },
    get isDue() {
      return withdraw !== undefined
    },
    isLast: (responseId) => lastIds.has(responseId),
    stop() {
      hasStopped = true
      setDue(false)
      cancelGrace()
      cancelReport()
      cancelTurn()
      for (const off of unsubscribers) off()
    },
  }
}
