import { defineErrors, isErrorOf, type MessageTable } from '../../errors.js'

/**
 * Why a guardrail tripped: its check returned a verdict, or there was no verdict and its `onFailure` is `closed` (the check threw, missed its
 * deadline, returned nothing, or had no transcript to check).
 */
export type TripReason = 'verdict' | 'threw' | 'deadline' | 'no verdict' | 'no words'

/** Data of a {@link GuardrailError} by code. It never contains the checked text; the event that carries the error does. */
export interface GuardrailErrorData {
  /** A guardrail tripped. */
  TRIPPED: {
    /** Name of the guardrail. */
    guardrail: string
    /** Why it tripped. */
    reason: TripReason
    /** Id of the checked response. `undefined` if the speech of the user was checked. */
    responseId: string | undefined
    /** Id of the checked item. */
    itemId: string
  }
  /** Audio cannot be held back, because the transport carries it on media tracks. */
  SOUND_OUT_OF_REACH: {
    /** Audio mode of the transport. */
    audio: 'media'
  }
  /** Two calls of `runGuardrails` use the same `holdBack()`. */
  GATE_TAKEN: Record<never, never>
  /** The speech of the user cannot be checked, because the session does not transcribe it. */
  NO_TRANSCRIPTION: Record<never, never>
  /** An option has an invalid value. */
  INVALID_OPTION: {
    /** Name of the option. */
    option: string
    /** What is wrong, such as `must be more than 0`. */
    problem: string
  }
}

/** Codes of {@link GuardrailError}. */
export type GuardrailErrorCode = keyof GuardrailErrorData

const reasons: Readonly<Record<TripReason, string>> = {
  verdict: 'tripped',
  threw: 'tripped, because its check threw an error and its onFailure is "closed"',
  deadline: 'tripped, because its check missed the deadline and its onFailure is "closed"',
  'no verdict': 'tripped, because its check returned no verdict and its onFailure is "closed"',
  'no words': 'tripped, because there was no transcript to check and its onFailure is "closed"',
}

const messages: MessageTable<GuardrailErrorData> = {
  TRIPPED: ({ guardrail, reason, responseId, itemId }) =>
    `The guardrail "${guardrail}" ${reasons[reason]} (${responseId === undefined ? '' : `response ${responseId}, `}item ${itemId}). Read the text in the event that contains this error.`,
  SOUND_OUT_OF_REACH: () =>
    'Audio cannot be held back, because this transport carries it on media tracks. Use webSocket(), or run the guardrails without holdBack().',
  GATE_TAKEN: () =>
    'Another runGuardrails() call already uses this holdBack(). Stop it first, or pass all guardrails to one call.',
  NO_TRANSCRIPTION: () =>
    'The session does not transcribe the user, so there is no text to check. Set audio.input.transcription first.',
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

/** Error of a guardrail: it tripped, or it cannot run with these options. */
export class GuardrailError<
  Code extends GuardrailErrorCode = GuardrailErrorCode,
> extends /* @__PURE__ */ defineErrors<GuardrailErrorData>('GuardrailError', messages)<Code> {}

/**
 * Returns whether a value is a {@link GuardrailError}, with the given code if there is one. Narrows `data`.
 *
 * @example
 * ```ts
 * try {
 *   runGuardrails(session, guardrails, options)
 * } catch (error) {
 *   if (isGuardrailError(error, 'INVALID_OPTION')) console.error(error.data.option)
 * }
 * ```
 */
export function isGuardrailError<Code extends GuardrailErrorCode = GuardrailErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: GuardrailError<C> }[Code] {
  return isErrorOf(value, 'GuardrailError', code)
}
