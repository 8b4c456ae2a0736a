import type { Clock } from '../../internal/clock.js'
import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { ConversationItem } from '../../protocol/items.js'
import type { Response } from '../../protocol/response.js'
import type { ServerEventOf } from '../../protocol/server-events.js'
import { isSessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { ResponseHandle } from '../../session/responses/handle.js'
import { ToolError } from './error.js'
import { forgetOldest } from './forget-oldest.js'
import { watchOverdue } from './overdue.js'
import type { Quiet } from './quiet.js'

/** Requests a response to the results of tools: one for all results that the model has not seen yet. */
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
/** How long the server may take to respond to a turn of the caller by itself, before a response is requested, in milliseconds. */
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
  readonly quiet: Quiet
  readonly maxRounds: number
  readonly onError: (error: ToolError) => void
}): FollowUp {
  const { session, clock, quiet, maxRounds, onError } = options
  /** Items that no response is known to take into account, and whether the server has acknowledged them. */
  const unseen = new Map<string, { isAcknowledged: boolean }>()
  let isDue = false
  let own: { handle: ResponseHandle; sees: readonly string[]; isLast: boolean } | undefined
  /** Whether the server returns the metadata of requests in `response.created`, as far as known. */
  let returnsMetadata = true
  /** A turn has ended to which the server responds by itself. */
  let isServerTurn = false
  let rounds = 0
  let hasStopped = false
  let cancelGrace = () => {}
  let cancelReport = () => {}
  /** The last request for which a response was created, and whether that was cut off by a lost connection. */
  let begun: ResponseHandle | undefined
  let wasLost = false
  /** The last request got no reply. The next sign that the server can reply leads to another one. */
  let hasTimedOut = false
  let cancelTurn = () => {}
  /** Requests that were given up. The session cancels a response that is created for one of them. */
  const givenUp = new Set<ResponseHandle>()
  /** Responses that had to be given without tools. */
  const lastIds = new Set<string>()

  function pump(): void {
    if (!canAsk()) return
    cancelTurn()
    if (rounds > 0 && rounds % roundsPerTask === 0) cancelTurn = clock.after(0, ask)
    else ask()
  }

  function canAsk(): boolean {
    return !hasStopped && isDue && !own && !quiet.isCallerSpeaking && session.getState().status === 'open'
  }

  function ask(): void {
    if (!canAsk()) return
    cancelGrace()
    rounds += 1
    const isLast = rounds > maxRounds
    if (rounds === maxRounds + 1) onError(new ToolError('TOO_MANY_ROUNDS', { maxRounds }))
    hasTimedOut = false
    const handle = session.respond(
      { metadata: mark, ...(isLast ? { tool_choice: 'none' as const } : {}) },
      { timeoutMs: createTimeoutMs },
    )
    const asked = { handle, sees: [...unseen.keys()], isLast }
    own = asked
    watchRequest()
    handle.done.then((outcome) => {
      const isLost = outcome.status === 'cancelled' && outcome.reason === 'connection_lost'
      if (begun === handle) wasLost = isLost
      if (own !== asked) return
      giveUp()
      // It stays due when the connection is lost or about to be, or when no reply came: the request is made again later.
      if (isLost || (outcome.status === 'rejected' && isSessionError(outcome.error, 'NOT_CONNECTED'))) return
      hasTimedOut = outcome.status === 'rejected' && isSessionError(outcome.error, 'TIMEOUT')
      if (hasTimedOut) return
      isDue = false
      if (outcome.status === 'rejected') refused(outcome.error)
    })
  }

  /** Forgets the request. It becomes due again where that is the reason, and then counts once. */
  function giveUp(): ResponseHandle | undefined {
    const { handle } = own ?? {}
    own = undefined
    cancelReport()
    rounds = Math.max(0, rounds - 1)
    if (handle) givenUp.add(handle)
    forgetOldest(givenUp, rememberedHandles)
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
   * Whether the server created a response without a request of this session. Requests have metadata. The `response` event would tell too, but
   * a listener to it makes the session keep the audio of each response for the handle.
   */
  function isServerResponse({ metadata }: DeepReadonly<Response>): boolean {
    const isBare = Object.keys(metadata ?? {}).length === 0
    const hadTurn = isServerTurn
    if (isBare) isServerTurn = false
    return isBare && (returnsMetadata || hadTurn)
  }

  function onCreated({ response }: DeepReadonly<ServerEventOf<'response.created'>>): void {
    if (!isDue || response.conversation_id === null) return
    if ([...givenUp].some(({ id }) => id === response.id)) return
    if (own?.handle.id === response.id) {
      returnsMetadata = response.metadata?.follow_up === mark.follow_up
      for (const id of own.sees) unseen.delete(id)
      if (own.isLast) lastIds.add(response.id)
      forgetOldest(lastIds, rememberedHandles)
      begun = own.handle
      own = undefined
      cancelReport()
    } else if (isServerResponse(response) || response.metadata?.follow_up === mark.follow_up) {
      // It was created after the server had these items, so it takes them into account as well.
      for (const [id, { isAcknowledged }] of unseen) if (isAcknowledged) unseen.delete(id)
      if (unseen.size > 0) return
      if (own) giveUp()?.cancel()
    } else return
    isDue = unseen.size > 0
    pump()
  }

  /** The caller speaks: a response that was requested and not created yet would talk over them. It stays due. */
  function withdraw(): void {
    if (own && own.handle.id === undefined) giveUp()?.cancel()
  }

  function acknowledge({ item }: { readonly item: DeepReadonly<ConversationItem> }): void {
    if (item.type === 'message' && item.role === 'user') rounds = 0
    const known = typeof item.id === 'string' ? unseen.get(item.id) : undefined
    if (known) known.isAcknowledged = true
  }

  /** The server may respond to the turn by itself. A response is requested only when it does not. */
  function onTurnEnd(): void {
    const detection = session.getState().session?.audio?.input?.turn_detection
    isServerTurn = Boolean(detection && !('create_response' in detection && detection.create_response === false))
    if (!isDue || own) return
    cancelGrace()
    if (isServerTurn) cancelGrace = clock.after(graceMs, pump)
    else pump()
  }

  const undo = [
    session.on('response.created', onCreated),
    session.on('response.done', onDone),
    // Another server: it will not go on where the last one stopped.
    session.on('session.created', () => {
      isDue ||= wasLost
    }),
    session.on('conversation.item.added', acknowledge),
    session.on('conversation.item.created', acknowledge),
    session.on('input_audio_buffer.speech_started', withdraw),
    session.on('input_audio_buffer.speech_stopped', onTurnEnd),
    session.on('input_audio_buffer.cleared', onTurnEnd),
    // Turn detection was switched off, perhaps while the caller spoke: no `speech_stopped` follows.
    session.on('session.updated', ({ session: { audio } }) => {
      if (audio?.input?.turn_detection === null) pump()
    }),
    session.on('status', ({ status }) => {
      if (status !== 'open') return
      wasLost = false
      pump()
    }),
  ]

  return {
    request(itemIds) {
      for (const id of itemIds) unseen.set(id, { isAcknowledged: false })
      isDue = true
      pump()
    },
    get isDue() {
      return isDue
    },
    isLast: (responseId) => lastIds.has(responseId),
    stop() {
      hasStopped = true
      cancelGrace()
      cancelReport()
      cancelTurn()
      for (const off of undo) off()
    },
  }
}
