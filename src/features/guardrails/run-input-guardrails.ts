import { type AsyncStoppable, asAsyncStoppable } from '../../internal/stoppable.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import type { TurnDetection, TurnDetectionInput } from '../../protocol/turn-detection.js'
import { SessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { callUserCallback } from './call-user-callback.js'
import { GuardrailError } from './error.js'
import { type Explain, explanationOf } from './explain.js'
import {
  assertDeadline,
  assertDeadlines,
  checkAll,
  type Guardrail,
  type GuardrailFailed,
  type GuardrailTripped,
  type InfoOf,
  judgeWordless,
} from './guardrail.js'
import { createTimeoutMs, deleteItem, retryWhenLost } from './retry-lost.js'

/**
 * What is done when the caller's words trip a guardrail: `block` takes them out of the conversation and leaves them without an answer, `explain`
 * takes them out and has the model say something instead, `report` answers them all the same.
 */
export type InputGuardrailAction<Info = unknown> = 'block' | 'report' | Explain<Info>

/** Options of {@link runInputGuardrails}. */
export interface InputGuardrailOptions<Info = unknown> {
  /** @defaultValue 'block' */
  readonly action?: InputGuardrailAction<Info>
  /**
   * How long the transcript of a turn may take, in milliseconds. Without it, as when the transcription fails, each guardrail's `onFailure`
   * decides.
   * @defaultValue 5_000
   */
  readonly transcriptDeadlineMs?: number
  /** A guardrail tripped; what is to be done is done already. */
  readonly onTripped?: (event: GuardrailTripped<Info>) => void
  /** Words passed that a guardrail whose policy is `open` could not judge. */
  readonly onFailed?: (event: GuardrailFailed) => void
}

/** A turn of the caller that nobody has answered yet. */
interface Turn {
  readonly aborter: AbortController
  cancelDeadline: () => void
  isChecking: boolean
}

/**
 * Answers each spoken turn of the caller after its transcript passed: the server goes on finding turns and answers none by itself, and this asks
 * for the responses. Turns that follow each other before an answer are answered together. Resolves when the server has agreed; stopping gives the
 * answering back to the server, if it was its before.
 *
 * ```ts
 * const stop = await runInputGuardrails(session, [noCardNumbers], { action: { explain: 'Ask not to be told card numbers.' } })
 * ```
 * @throws {GuardrailError} `NO_TRANSCRIPTION`, `INVALID_OPTION`. @throws {SessionError} when it is not connected, or the server refuses the change.
 */
export async function runInputGuardrails<const Guards extends readonly Guardrail[]>(
  session: RealtimeSession,
  guardrails: Guards,
  options: InputGuardrailOptions<InfoOf<Guards[number]>> = {},
): Promise<AsyncStoppable> {
  type Info = InfoOf<Guards[number]>
  const { action = 'block', transcriptDeadlineMs = 5_000 } = options
  const { clock } = session
  assertDeadlines(guardrails)
  assertDeadline('transcriptDeadlineMs', transcriptDeadlineMs)
  const { session: before, status } = session.getState()
  if (!before) throw new SessionError('NOT_CONNECTED', { status })
  if (!before.audio?.input?.transcription) throw new GuardrailError('NO_TRANSCRIPTION', {})
  const answeredItself = detectionOf(session)?.create_response !== false

  const turns = new Map<string, Turn>()
  /** Whether a turn passed that waits for an answer. */
  let isOwed = false

  const onFailed = (event: GuardrailFailed) => callUserCallback(() => options.onFailed?.(event))
  const inputOf = (itemId: string, text: string) =>
    ({ text, isFinal: true, source: 'caller', responseId: undefined, itemId, contentIndex: 0 }) as const

  function open(itemId: string): void {
    const detection = detectionOf(session)
    // What the server answers by itself is not to be answered twice.
    if (turns.has(itemId) || (detection && detection.create_response !== false)) return
    const cancelDeadline = clock.after(transcriptDeadlineMs, () => judge(itemId, undefined))
    turns.set(itemId, { aborter: new AbortController(), cancelDeadline, isChecking: false })
  }

  async function judge(itemId: string, text: string | undefined): Promise<void> {
    const turn = turns.get(itemId)
    if (!turn || turn.isChecking) return
    turn.isChecking = true
    turn.cancelDeadline()
    const input = inputOf(itemId, text ?? '')
    const { signal } = turn.aborter
    const trip =
      text === undefined
        ? judgeWordless(guardrails, input, onFailed)
        : await checkAll(guardrails, input, { clock, signal, onFailed })
    if (signal.aborted) return
    turns.delete(itemId)
    if (trip) onTripped(trip as GuardrailTripped<Info>)
    else isOwed = true
    answer()
  }

  function onTripped(trip: GuardrailTripped<Info>): void {
    if (action === 'report') isOwed = true
    else {
      deleteItem(session, trip.itemId)
      const explanation = typeof action === 'object' ? explanationOf(action, trip) : undefined
      if (explanation) explain(explanation)
    }
    callUserCallback(() => options.onTripped?.(trip))
  }

  /** Requests the response, unless the caller continues to speak: then the next turn is answered together with this one. */
  function answer(): void {
    const { status, inputAudio } = session.getState()
    if (!isOwed || turns.size > 0 || inputAudio.isSpeaking || status !== 'open') return
    isOwed = false
    retryWhenLost(session, session.respond({}, { timeoutMs: createTimeoutMs }), () => {
      isOwed = true
      if (!hasStopped()) answer()
    })
  }

  function explain(params: ResponseCreateParams): void {
    retryWhenLost(session, session.respond(params, { timeoutMs: createTimeoutMs }), () => {
      if (!hasStopped()) explain(params)
    })
  }

  function forget(itemId: string, { aborter, cancelDeadline }: Turn): void {
    aborter.abort()
    cancelDeadline()
    turns.delete(itemId)
  }

  const hasStopped = () => subscriptions.length === 0

  function release(): void {
    for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
    for (const [itemId, turn] of [...turns]) forget(itemId, turn)
  }

  const subscriptions = [
    session.on('input_audio_buffer.committed', ({ item_id }) => open(item_id)),
    session.on('input_audio_buffer.cleared', answer),
    session.on('conversation.item.input_audio_transcription.completed', ({ item_id, transcript }) => {
      void judge(item_id, transcript)
    }),
    session.on('conversation.item.input_audio_transcription.failed', ({ item_id }) => {
      void judge(item_id, undefined)
    }),
    // Another server: it does not know turns that have no transcript yet.
    session.on('session.created', () => {
      for (const [itemId, turn] of [...turns]) if (!turn.isChecking) forget(itemId, turn)
    }),
    session.on('session.updated', answer),
    session.on('status', ({ status }) => {
      if (status === 'open') answer()
    }),
    session.on('close', release),
  ]

  try {
    await setAnswering(session, false)
  } catch (error) {
    release()
    throw error
  }
  async function stop(): Promise<void> {
    if (hasStopped()) return
    release()
    if (answeredItself) await setAnswering(session, true)
  }

  return asAsyncStoppable({ stop })
}

function detectionOf(session: RealtimeSession): TurnDetection | null | undefined {
  const { session: config } = session.getState()
  return config?.type === 'realtime' ? config.audio?.input?.turn_detection : undefined
}

/** Lets the server answer turns by itself, or not; all else of its turn detection stays. */
async function setAnswering(session: RealtimeSession, create_response: boolean): Promise<void> {
  const detection = detectionOf(session)
  if (!detection || (detection.create_response ?? true) === create_response) return
  const known = detectionFields.filter((field) => detection[field] != null).map((field) => [field, detection[field]])
  const turn_detection = { ...Object.fromEntries(known), create_response } as TurnDetectionInput
  await session.update({ audio: { input: { turn_detection } } })
}

/** What may be sent of what the server reports. */
const detectionFields = [
  'type',
  'threshold',
  'prefix_padding_ms',
  'silence_duration_ms',
  'idle_timeout_ms',
  'eagerness',
  'interrupt_response',
] as const
