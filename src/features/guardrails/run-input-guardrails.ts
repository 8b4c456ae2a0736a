import { type AsyncStoppable, asAsyncStoppable } from '../../internal/stoppable.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import type { TurnDetection } from '../../protocol/turn-detection.js'
import { SessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { ResponseHandle } from '../../session/responses/handle.js'
import { isInBand } from '../../session/state/response.js'
import { changeTurnDetection } from '../../session/turn-detection.js'
import { callUserCallback } from './call-user-callback.js'
import { GuardrailError } from './error.js'
import { type Explain, explanationOf } from './explanation.js'
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
import { createTimeoutMs, deleteItem, retryWhenLost } from './lost-responses.js'

/**
 * What happens when a turn of the user trips a guardrail. `block` deletes it and requests no response, `explain` deletes it and requests a
 * response with other instructions, and `report` requests a response as usual.
 */
export type InputGuardrailAction<Info = unknown> = 'block' | 'report' | Explain<Info>

/** Options of {@link runInputGuardrails}. */
export interface InputGuardrailOptions<Info = unknown> {
  /** @defaultValue 'block' */
  readonly action?: InputGuardrailAction<Info>
  /**
   * How long the transcript of a turn may take, in milliseconds. After that, and when the transcription fails, `onFailure` of each guardrail
   * decides.
   * @defaultValue 5_000
   */
  readonly transcriptDeadlineMs?: number
  /** Called after the action. */
  readonly onTripped?: (event: GuardrailTripped<Info>) => void
  /** Called when a turn passed without a verdict, because a guardrail failed and its `onFailure` is `open`. */
  readonly onFailed?: (event: GuardrailFailed) => void
}

/** A turn of the user that has no verdict yet. */
interface Turn {
  readonly aborter: AbortController
  cancelDeadline: () => void
  isChecking: boolean
}

/**
 * Requests the response to each spoken turn after its transcript has passed. The server still detects turns, but creates no responses by itself.
 * Turns that follow each other before a response get one response. Resolves when the server has acknowledged the change. `stop()` restores
 * automatic responses if they were on before.
 *
 * @example
 * ```ts
 * const guardrails = await runInputGuardrails(session, [noCardNumbers], { action: { explain: 'Ask not to be told card numbers.' } })
 * ```
 * @throws {GuardrailError} `NO_TRANSCRIPTION`, `INVALID_OPTION`. @throws {SessionError} `NOT_CONNECTED`, or `SERVER_ERROR` when the server refuses the change.
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
  const wasAutomatic = detectionOf(session)?.create_response !== false

  const turns = new Map<string, Turn>()
  /** Whether a turn that passed has no response yet. */
  let needsResponse = false
  /** Requests whose responses are not created, and what makes them due again. */
  const requests = new Map<ResponseHandle, () => void>()
  /** The explanation of the last blocked turn, until it is requested. */
  let explanation: ResponseCreateParams | undefined

  const onFailed = (event: GuardrailFailed) => callUserCallback(() => options.onFailed?.(event))
  const inputOf = (itemId: string, text: string) =>
    ({ text, isFinal: true, source: 'caller', responseId: undefined, itemId, contentIndex: 0 }) as const

  function open(itemId: string): void {
    const detection = detectionOf(session)
    // The server responds to this turn by itself.
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
    else {
      needsResponse = true
      respond()
    }
  }

  function onTripped(trip: GuardrailTripped<Info>): void {
    if (action === 'report') needsResponse = true
    else {
      deleteItem(session, trip.itemId)
      if (typeof action === 'object') explanation = explanationOf(action, trip) ?? explanation
    }
    respond()
    callUserCallback(() => options.onTripped?.(trip))
  }

  /**
   * Requests the explanation and the response that are due, unless the user continues to speak. Then this turn and the next one get one response,
   * or one explanation.
   */
  function respond(): void {
    const { status, inputAudio } = session.getState()
    if (turns.size > 0 || inputAudio.isSpeaking || status !== 'open') return
    const explained = explanation
    explanation = undefined
    if (explained)
      request(explained, () => {
        explanation ??= explained
      })
    if (needsResponse) request({}, setResponseDue)
    needsResponse = false
  }

  function setResponseDue(): void {
    needsResponse = true
  }

  /** @param setDue Called when the response has to be requested again, because it was lost with the connection or the user speaks. */
  function request(params: ResponseCreateParams, setDue: () => void): void {
    const handle = session.respond(params, { timeoutMs: createTimeoutMs })
    const forgetRequest = () => void requests.delete(handle)
    requests.set(handle, setDue)
    handle.created.then(forgetRequest, forgetRequest)
    retryWhenLost(session, handle, () => {
      setDue()
      if (!hasStopped()) respond()
    })
  }

  /** The user speaks. A response that is not created yet would interrupt them, so it is cancelled and stays due. */
  function cancelUncreated(): void {
    for (const [handle, setDue] of [...requests]) {
      if (handle.id !== undefined) continue
      requests.delete(handle)
      handle.cancel()
      setDue()
    }
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
    session.on('input_audio_buffer.speech_started', cancelUncreated),
    session.on('input_audio_buffer.committed', ({ item_id }) => open(item_id)),
    session.on('input_audio_buffer.cleared', respond),
    session.on('response.created', ({ response }) => {
      // The app or another feature, such as the tools, has requested it, or this one before the turn. The model would reply to turns that have
      // not passed.
      if (turns.size === 0 || action === 'report' || !isInBand(response)) return
      const [, setDue = setResponseDue] = [...requests].find(([{ id }]) => id === response.id) ?? []
      setDue()
      session.interrupt({ responseId: response.id })
    }),
    session.on('conversation.item.input_audio_transcription.completed', ({ item_id, transcript }) => {
      void judge(item_id, transcript)
    }),
    session.on('conversation.item.input_audio_transcription.failed', ({ item_id }) => {
      void judge(item_id, undefined)
    }),
    // The app or another feature has deleted the turn, such as one that was only noise.
    session.on('conversation.item.deleted', ({ item_id }) => {
      const turn = turns.get(item_id)
      if (!turn) return
      forget(item_id, turn)
      respond()
    }),
    // A new server session does not know the turns that have no transcript yet.
    session.on('session.created', () => {
      for (const [itemId, turn] of [...turns]) if (!turn.isChecking) forget(itemId, turn)
    }),
    session.on('session.updated', respond),
    session.on('status', ({ status }) => {
      if (status === 'open') respond()
    }),
    session.on('close', release),
  ]

  try {
    await changeTurnDetection(session, { create_response: false })
  } catch (error) {
    release()
    throw error
  }
  async function stop(): Promise<void> {
    if (hasStopped()) return
    release()
    if (wasAutomatic) await changeTurnDetection(session, { create_response: true })
  }

  return asAsyncStoppable({ stop })
}

function detectionOf(session: RealtimeSession): TurnDetection | null | undefined {
  const { session: config } = session.getState()
  return config?.type === 'realtime' ? config.audio?.input?.turn_detection : undefined
}
