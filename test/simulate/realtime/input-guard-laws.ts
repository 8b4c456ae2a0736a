import type { InputGuardrailOptions } from '../../../src/features/guardrails/run-input-guardrails.js'
import { runInputGuardrails } from '../../../src/features/guardrails/run-input-guardrails.js'
import type { AsyncStoppable } from '../../../src/internal/stoppable.js'
import type { RealtimeSession } from '../../../src/session/realtime.js'
import type { Environment } from '../world.js'
import type { EmittedEvents } from './emitted-events.js'
import type { ServerView } from './model.js'

/** Checks of guardrails for what the user says: every fourth word is forbidden. */
export interface InputGuardLaws {
  readonly run: AsyncStoppable
  checkCalm(view: ServerView): void
}

/** How long a slow check takes, in milliseconds: long enough for a connection to be lost and restored. */
const checkMs = 1_200

const isForbidden = (text: string) => [...text.matchAll(/word(\d+)/g)].some(([, word]) => Number(word) % 4 === 1)

/** Starts the guardrails in a session that is open. Rejects when the server refuses to leave the responses to them. */
export async function createInputGuardLaws(
  { clock, network, report, isFaultless }: Pick<Environment, 'clock' | 'network' | 'report' | 'isFaultless'>,
  options: {
    readonly session: RealtimeSession
    readonly seen: RealtimeSession
    readonly events: EmittedEvents
    readonly isLawless: () => boolean
    readonly isStopped: () => boolean
    readonly checksSlowly: boolean
  },
): Promise<InputGuardLaws> {
  const { session, seen, events, isLawless, isStopped, checksSlowly } = options
  const tripped = new Set<string>()
  /** Turns that were committed while the guardrails run, with the time of the commit. */
  const guarded = new Map<string, number>()
  const transcripts = new Map<string, string>()
  const onTripped: InputGuardrailOptions['onTripped'] = ({ itemId, text, source, reason }) => {
    if (tripped.has(itemId)) report('a turn trips a guardrail once', itemId)
    tripped.add(itemId)
    if (isStopped()) report('guardrails that were stopped do nothing', itemId)
    // Without a transcript in time, the turn is refused.
    if (source !== 'caller' || (reason === 'verdict' && !isForbidden(text)))
      report('a turn trips a guardrail for its words', text)
  }
  const guardrail = {
    name: 'words',
    async check({ text }: { readonly text: string }) {
      if (checksSlowly) await new Promise<void>((resolve) => clock.after(checkMs, resolve))
      return { tripped: isForbidden(text) }
    },
  }
  const run = await runInputGuardrails(seen, [guardrail], { onTripped })
  const startedAt = network.traffic.length

  session.on('input_audio_buffer.committed', ({ item_id: id }) => {
    const detection = session.getState().session?.audio?.input?.turn_detection
    const isOn = detection && 'create_response' in detection && detection.create_response === false
    if (!isStopped() && isOn) guarded.set(id, events.lastTurn?.[1] ?? 0)
  })
  session.on('conversation.item.input_audio_transcription.completed', ({ item_id: id, transcript }) => {
    transcripts.set(id, transcript)
  })
  session.on('response.created', ({ response: { id, metadata, conversation_id: conversation } }) => {
    const detection = session.getState().session?.audio?.input?.turn_detection
    const isOn = detection && 'create_response' in detection && detection.create_response === false
    // The start of a response that the session adds has no metadata.
    const isBare = metadata !== undefined && Object.keys(metadata ?? {}).length === 0 && conversation !== null
    if (isOn && isBare && !isStopped() && !isLawless())
      report('the server responds to no turn that is checked', `${id} was not requested`)
  })

  /** A server with a fault may ignore the request. */
  function isDeletionSent(id: string): boolean {
    return network.traffic.some(({ sentByClient }) =>
      sentByClient.some(({ type, item_id }) => type === 'conversation.item.delete' && item_id === id),
    )
  }

  return {
    run,
    checkCalm(view) {
      if (isStopped() || isLawless() || session.getState().status !== 'open') return
      const has = new Set(view.items.map(({ id }) => id))
      const isMoved = network.traffic.length > startedAt
      for (const id of guarded.keys()) {
        const transcript = transcripts.get(id)
        if (transcript === undefined || !isForbidden(transcript)) continue
        if (!tripped.has(id) && !isMoved) report('a forbidden turn trips a guardrail', transcript)
        const isIgnored = !isFaultless && isDeletionSent(id)
        if (tripped.has(id) && has.has(id) && !isIgnored) report('a forbidden turn is deleted', transcript)
      }
      const [last] = [...guarded].filter(([id]) => has.has(id) && !tripped.has(id) && transcripts.has(id)).slice(-1)
      if (!last) return
      const isAnswered = [...events.responses.values()].some(
        ({ createdAt, isInBand, status }) => isInBand && status !== 'lost' && (createdAt ?? 0) >= last[1],
      )
      if (!isAnswered) report('a turn that passes gets a response', last[0])
    },
  }
}
