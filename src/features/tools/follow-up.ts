import type { Clock } from '../../internal/clock.js'
import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { ConversationItem } from '../../protocol/items.js'
import type { ServerEventOf } from '../../protocol/server-events.js'
import { isSessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { ResponseHandle } from '../../session/response-handle.js'
import { ToolError } from './error.js'
import type { Quiet } from './quiet.js'

/** Has the model answer to what its tools have found: once for everything that it does not know of yet. */
export interface FollowUp {
  /** The model is to answer; these items, which were sent, are what it must have seen. */
  request(itemIds: readonly string[]): void
  /** Whether an answer is due. */
  readonly isDue: boolean
  stop(): void
}

/** Metadata by which one follow-up knows another. */
const mark = { follow_up: 'tools' }
/** How long the server may take to answer a turn of the caller by itself, before it is asked to. */
const graceMs = 1_000

export function createFollowUp(options: {
  readonly session: RealtimeSession
  readonly clock: Clock
  readonly quiet: Quiet
  readonly maxRounds: number
  readonly onError: (error: ToolError) => void
}): FollowUp {
  const { session, clock, quiet, maxRounds, onError } = options
  /** Items that no response is known to have seen, and whether the server has acknowledged them. */
  const unseen = new Map<string, { isAcknowledged: boolean }>()
  let isDue = false
  let own: { handle: ResponseHandle; sees: readonly string[] } | undefined
  let serverResponseId: string | undefined
  let rounds = 0
  let hasStopped = false
  let cancelGrace = () => {}
  /** The last request that became an answer, and whether a drop cut that off. */
  let begun: ResponseHandle | undefined
  let wasLost = false
  /** Requests that were taken back, until they have ended. */
  const withdrawn = new Set<ResponseHandle>()

  function pump(): void {
    if (hasStopped || !isDue || own || quiet.isCallerSpeaking || session.getState().status !== 'open') return
    cancelGrace()
    rounds += 1
    if (rounds === maxRounds + 1) onError(new ToolError('TOO_MANY_ROUNDS', { maxRounds }))
    const handle = session.respond({
      metadata: mark,
      ...(rounds > maxRounds ? { tool_choice: 'none' as const } : {}),
    })
    const asked = { handle, sees: [...unseen.keys()] }
    own = asked
    handle.done.then((outcome) => {
      const isLost = outcome.status === 'cancelled' && outcome.reason === 'connection_lost'
      if (begun === handle) wasLost = isLost
      if (own !== asked) return
      own = undefined
      // It stays due when the connection is gone, or is breaking and takes nothing: the next one is asked.
      if (isLost || (outcome.status === 'rejected' && isSessionError(outcome.error, 'NOT_CONNECTED'))) return
      isDue = false
      if (outcome.status === 'rejected') onError(new ToolError('ANSWER_REFUSED', {}, { cause: outcome.error }))
    })
  }

  function onCreated({ response }: DeepReadonly<ServerEventOf<'response.created'>>): void {
    if (!isDue || response.conversation_id === null) return
    if ([...withdrawn].some(({ id }) => id === response.id)) return
    if (own?.handle.id === response.id) {
      for (const id of own.sees) unseen.delete(id)
      begun = own.handle
      own = undefined
    } else if (response.id === serverResponseId || response.metadata?.follow_up === mark.follow_up) {
      // It was begun after the server had these items, so it answers to them as well.
      for (const [id, { isAcknowledged }] of unseen) if (isAcknowledged) unseen.delete(id)
      if (unseen.size > 0) return
      const { handle } = own ?? {}
      own = undefined
      handle?.cancel()
    } else return
    isDue = unseen.size > 0
    pump()
  }

  /** The caller speaks: what was asked for and has not begun would talk over them. It stays due. */
  function withdraw(): void {
    const { handle } = own ?? {}
    if (!handle || handle.id !== undefined) return
    own = undefined
    withdrawn.add(handle)
    handle.done.then(() => withdrawn.delete(handle))
    handle.cancel()
  }

  function acknowledge({ item }: { readonly item: DeepReadonly<ConversationItem> }): void {
    if (item.type === 'message' && item.role === 'user') rounds = 0
    const known = typeof item.id === 'string' ? unseen.get(item.id) : undefined
    if (known) known.isAcknowledged = true
  }

  /** The server answers the turn by itself, or does not; only time tells. */
  function onTurnEnd(): void {
    if (!isDue || own) return
    cancelGrace()
    const detection = session.getState().session?.audio?.input?.turn_detection
    const isAnswered = detection && !('create_response' in detection && detection.create_response === false)
    if (isAnswered) cancelGrace = clock.after(graceMs, pump)
    else pump()
  }

  let status = session.getState().status
  const undo = [
    session.on('response', ({ id }) => {
      serverResponseId = id
    }),
    session.on('response.created', onCreated),
    // Another server: it will not go on where the last one stopped.
    session.on('session.created', () => {
      isDue ||= wasLost
    }),
    session.on('conversation.item.added', acknowledge),
    session.on('conversation.item.created', acknowledge),
    session.on('input_audio_buffer.speech_started', withdraw),
    session.on('input_audio_buffer.speech_stopped', onTurnEnd),
    session.on('input_audio_buffer.cleared', onTurnEnd),
    session.subscribe(() => {
      const before = status
      status = session.getState().status
      if (status !== 'open' || before === 'open') return
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
    stop() {
      hasStopped = true
      cancelGrace()
      for (const off of undo) off()
    },
  }
}
