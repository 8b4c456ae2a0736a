import { isErrorOf, type MessageTable, RealtimeError } from '../../errors.js'

/** Why a guardrail tripped: by its verdict, or because there was none and its `onFailure` is `closed`. */
export type TripReason = 'verdict' | 'threw' | 'deadline' | 'no verdict' | 'no words'

/** The data of each guardrail error. It never contains the text that tripped; the event that carries the error does. */
export interface GuardrailErrorData {
  /** A guardrail tripped. `responseId` is undefined for the user's speech. */
  TRIPPED: { guardrail: string; reason: TripReason; responseId: string | undefined; itemId: string }
  /** Audio cannot be held back, because the transport carries it on media tracks. */
  SOUND_OUT_OF_REACH: { audio: 'media' }
  /** Two calls of `runGuardrails` use the same `holdBack()`. */
  GATE_TAKEN: Record<never, never>
  /** The user's speech cannot be checked, because the session does not transcribe it. */
  NO_TRANSCRIPTION: Record<never, never>
  /** An option has an invalid value. */
  INVALID_OPTION: { option: string; problem: string }
}

export type GuardrailErrorCode = keyof GuardrailErrorData

const reasons: Readonly<Record<TripReason, string>> = {
  verdict: 'tripped',
  threw: 'threw an error, so it tripped because its onFailure is "closed"',
  deadline: 'did not return a verdict before its deadline, so it tripped because its onFailure is "closed"',
  'no verdict': 'did not return a verdict, so it tripped because its onFailure is "closed"',
  'no words': 'had no transcript to check, so it tripped because its onFailure is "closed"',
}

const messages: MessageTable<GuardrailErrorData> = {
  TRIPPED: ({ guardrail, reason, responseId, itemId }) =>
    `The guardrail "${guardrail}" ${reasons[reason]} (${responseId === undefined ? '' : `response ${responseId}, `}item ${itemId}); the event that carries this error contains the text.`,
  SOUND_OUT_OF_REACH: () =>
    'This transport carries audio on media tracks, where it cannot be held back; use a WebSocket, or run the guardrails without holdBack.',
  GATE_TAKEN: () =>
    'Other guardrails use this holdBack() already; stop them first, or pass all guardrails to one call of runGuardrails.',
  NO_TRANSCRIPTION: () =>
    'The session does not transcribe the user, so there is no text to check; set audio.input.transcription first.',
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

/** A guardrail tripped, or was set up with options that cannot work. */
export class GuardrailError<Code extends GuardrailErrorCode = GuardrailErrorCode> extends RealtimeError<
  Code,
  GuardrailErrorData[Code]
> {
  constructor(code: Code, data: GuardrailErrorData[Code], options?: ErrorOptions) {
    super('GuardrailError', code, messages[code](data), data, options)
  }
}

/** Returns whether a value is a {@link GuardrailError}, with the given code if there is one. Narrows `data`. */
export function isGuardrailError<Code extends GuardrailErrorCode = GuardrailErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: GuardrailError<C> }[Code] {
  return isErrorOf(value, 'GuardrailError', code)
}
