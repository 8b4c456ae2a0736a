import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { ResponseHandle } from '../../session/responses/handle.js'
import { interruptsOnSpeech } from '../../session/turn-detection.js'
import { callUserCallback } from './call-user-callback.js'
import { GuardrailError } from './error.js'
import { type Explain, explanationOf } from './explanation.js'
import {
  assertDeadlines,
  type Guardrail,
  type GuardrailFailed,
  type GuardrailTripped,
  type InfoOf,
} from './guardrail.js'
import type { HoldBack } from './hold-back.js'
import { createTimeoutMs, deleteItem, retryWhenLost } from './lost-responses.js'
import { createSentenceBoundary, type Granularity } from './sentence-boundary.js'
import { type Checks, createChecks, type SpokenPart } from './text-checks.js'

/**
 * What happens when a response trips a guardrail. `interrupt` stops it, `report` only calls `onTripped`, and `explain` stops it and requests
 * another response, unless the user speaks.
 */
export type GuardrailAction<Info = unknown> = 'interrupt' | 'report' | Explain<Info>

/** What was done. `none`: the response was done already, or a newer one is running, which is not stopped. */
export type ActionTaken = 'interrupt' | 'explain' | 'report' | 'none'

/** A response tripped a guardrail. */
export interface OutputTripped<Info = unknown> extends GuardrailTripped<Info> {
  readonly action: ActionTaken
}

/** Options of {@link runGuardrails}. */
export interface GuardrailOptions<Info = unknown> {
  /** @defaultValue 'interrupt' */
  readonly action?: GuardrailAction<Info>
  /**
   * When incomplete text is checked: at each complete sentence, at each complete word, or every so many characters. The complete text of a
   * content part is always checked.
   * @defaultValue 'sentence'
   */
  readonly granularity?: Granularity
  /**
   * How long a check waits for more text, in milliseconds.
   * @defaultValue 0
   */
  readonly debounceMs?: number
  /** The `holdBack()` stage of the session. With it, audio is played only after its transcript has passed. */
  readonly holdBack?: HoldBack
  /** Called after the action, at most once per response. */
  readonly onTripped?: (event: OutputTripped<Info>) => void
  /** Called when text passed without a verdict, because a guardrail failed and its `onFailure` is `open`. */
  readonly onFailed?: (event: GuardrailFailed) => void
}

const rememberedExplanations = 32

/**
 * Checks the responses of the model while they form and when they are complete. A verdict applies to its own response only: a late one never
 * stops a newer response. After `stop()`, checks that are running have no effect.
 *
 * @example
 * ```ts
 * const guardrails = runGuardrails(session, [{ name: 'prices', check: ({ text }) => ({ tripped: /\$\d/.test(text) }) }], {
 *   action: { explain: 'Say that you cannot talk about prices, and offer to put the caller through.' },
 *   onTripped: ({ error }) => console.warn(error.message),
 * })
 * ```
 * @throws {GuardrailError} `INVALID_OPTION`, `GATE_TAKEN`.
 */
export function runGuardrails<const Guards extends readonly Guardrail[]>(
  session: RealtimeSession,
  guardrails: Guards,
  options: GuardrailOptions<InfoOf<Guards[number]>> = {},
): Stoppable {
  type Info = InfoOf<Guards[number]>
  const { action = 'interrupt', debounceMs = 0, onFailed } = options
  assertDeadlines(guardrails)
  if (!(typeof debounceMs === 'number' && debounceMs >= 0))
    throw new GuardrailError('INVALID_OPTION', { option: 'debounceMs', problem: 'must be 0 or more' })

  /** Requested explanations that have no id yet. */
  const asked = new Set<ResponseHandle>()
  /** The last responses that were explanations. */
  const explanations: string[] = []

  const checks: Checks = createChecks({
    clock: session.clock,
    guardrails,
    sentenceBoundary: createSentenceBoundary(options.granularity ?? 'sentence'),
    debounceMs,
    judgesWordless: options.holdBack !== undefined,
    onPassed: (part, length, isAll) => verdicts?.pass(part, length, isAll),
    onTripped: (trip) => onTripped(trip as GuardrailTripped<Info>),
    onFailed: (event) => callUserCallback(() => onFailed?.(event)),
  })

  const verdicts = options.holdBack?.guard({
    words: (part, delta) => checks.add(part, 'transcript', delta),
    allWords: (part, text) => checks.finish(part, 'transcript', text),
    dropped({ responseId, itemId }, wasReleased) {
      // Nothing of the item was played, so the model must not assume that the user knows it.
      if (!wasReleased && session.getState().responses.byId[responseId]?.isInBand !== false) deleteItem(session, itemId)
    },
    lost: checks.clear,
  })

  function onTripped(trip: GuardrailTripped<Info>): void {
    const responseId = trip.responseId ?? ''
    const taken = action === 'report' ? 'report' : act(responseId, trip)
    if (action === 'report') verdicts?.free(responseId)
    // After the interruption: `block` delivers the end of the audio, by which the playback tracker would count all of it as played.
    else verdicts?.block(responseId)
    callUserCallback(() => options.onTripped?.({ ...trip, action: taken }))
  }

  function act(responseId: string, trip: GuardrailTripped<Info>): ActionTaken {
    const { status, responses } = session.getState()
    if (status !== 'open') return 'none'
    const { byId, order } = responses
    const response = byId[responseId]
    if (response && !response.isInBand) {
      if (response.isDone) return 'none'
      session.send({ type: 'response.cancel', response_id: responseId })
      return 'interrupt'
    }
    if (response) {
      const newest = order.findLast((id) => byId[id]?.isInBand)
      if (newest !== responseId || response.response.status === 'cancelled') return 'none'
      session.interrupt({ responseId })
    }
    // A response that is held behind an earlier one is not known to the session yet. Its audio is dropped.
    return explain(responseId, trip) ? 'explain' : 'interrupt'
  }

  function explain(responseId: string, trip: GuardrailTripped<Info>): boolean {
    if (typeof action !== 'object' || isExplanation(responseId)) return false
    if (isInterrupting()) return false
    const params = explanationOf(action, trip)
    if (!params) return false
    requestExplanation(params)
    return true
  }

  function requestExplanation(params: ResponseCreateParams): void {
    const handle = session.respond(params, { timeoutMs: createTimeoutMs })
    asked.add(handle)
    const note = () => {
      if (!asked.delete(handle) || handle.id === undefined) return
      explanations.push(handle.id)
      if (explanations.length > rememberedExplanations) explanations.shift()
    }
    handle.created.then(note, note)
    retryWhenLost(session, handle, () => {
      if (subscriptions.length > 0) requestExplanation(params)
    })
  }

  /** Whether the user interrupts. An explanation would talk over them, and the response to their turn follows. */
  function isInterrupting(): boolean {
    const { inputAudio, session: config } = session.getState()
    return inputAudio.isSpeaking && interruptsOnSpeech(config)
  }

  /** The user speaks. Explanations that are not created yet are cancelled. */
  function cancelUncreated(): void {
    if (!isInterrupting()) return
    for (const handle of [...asked]) {
      if (handle.id !== undefined) continue
      asked.delete(handle)
      handle.cancel()
    }
  }

  /** Whether a response is an explanation. Explanations are not explained, which could repeat forever. A held one may have no id yet. */
  function isExplanation(responseId: string): boolean {
    if (explanations.includes(responseId)) return true
    const isUnknown = session.getState().responses.byId[responseId] === undefined
    return [...asked].some(({ id }) => (id === undefined ? isUnknown : id === responseId))
  }

  const subscriptions = [
    session.on('response.output_text.delta', (event) => checks.add(partOf(event), 'text', event.delta)),
    session.on('response.output_text.done', (event) => checks.finish(partOf(event), 'text', event.text)),
    session.on('response.done', ({ response }) => checks.end(response.id)),
    session.on('input_audio_buffer.speech_started', cancelUncreated),
    session.on('close', stop),
    session.on('status', ({ status }) => {
      if (status === 'reconnecting') checks.clear()
    }),
  ]
  if (!verdicts)
    subscriptions.push(
      session.on('response.output_audio_transcript.delta', (event) =>
        checks.add(partOf(event), 'transcript', event.delta),
      ),
      session.on('response.output_audio_transcript.done', (event) =>
        checks.finish(partOf(event), 'transcript', event.transcript),
      ),
    )

  function stop(): void {
    for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
    checks.clear()
    verdicts?.release()
  }
  return asStoppable({ stop })
}

function partOf(event: { response_id: string; item_id: string; content_index: number }): SpokenPart {
  return { responseId: event.response_id, itemId: event.item_id, contentIndex: event.content_index }
}
