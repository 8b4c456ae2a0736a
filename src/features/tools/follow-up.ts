import type { Clock } from '../../internal/clock.js'
import type { ConversationItem } from '../../protocol/items.js'
import type { ServerEventOf } from '../../protocol/server-events.js'
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
      if (own !== asked) return
      own = undefined
      if (outcome.status === 'rejected') {
        isDue = false
        onError(new ToolError('ANSWER_REFUSED', {}, { cause: outcome.error }))
      } else if (outcome.status === 'cancelled' && outcome.reason === 'connection_lost') pump()
      else isDue = false
    })
  }

  function onCreated({ response }: ServerEventOf<'response.created'>): void {
    if (!isDue || response.conversation_id === null) return
    if (own?.handle.id === response.id) {
      for (const id of own.sees) unseen.delete(id)
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

  function acknowledge({ item }: { readonly item: ConversationItem }): void {
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
    session.on('conversation.item.added', acknowledge),
    session.on('conversation.item.created', acknowledge),
    session.on('input_audio_buffer.speech_stopped', onTurnEnd),
    session.on('input_audio_buffer.cleared', onTurnEnd),
    session.subscribe(() => {
      const before = status
      status = session.getState().status
      if (status === 'open' && before !== 'open') pump()
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
