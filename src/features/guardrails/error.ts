import { isErrorOf, type MessageTable, RealtimeError } from '../../errors.js'

/** Why a guardrail tripped: by its verdict, or because there was none and its policy is `closed`. */
export type TripReason = 'verdict' | 'threw' | 'deadline' | 'no verdict' | 'no words'

/** What each guardrail error knows. The words that tripped it are in the event that carries the error, never in the error. */
export interface GuardrailErrorData {
  /** Words were blocked, or reported. `responseId` is undefined where they were the caller's. */
  TRIPPED: { guardrail: string; reason: TripReason; responseId: string | undefined; itemId: string }
  /** Sound cannot be held back where it does not travel in the events. */
  SOUND_OUT_OF_REACH: { audio: 'media' }
  /** Two sets of guardrails want to decide over the same held sound. */
  GATE_TAKEN: Record<never, never>
  /** The caller's words cannot be checked, because the session does not transcribe them. */
  NO_TRANSCRIPTION: Record<never, never>
  /** An option has a value that cannot work. */
  INVALID_OPTION: { option: string; problem: string }
}

export type GuardrailErrorCode = keyof GuardrailErrorData

const reasons: Readonly<Record<TripReason, string>> = {
  verdict: 'tripped',
  threw: 'threw, and lets nothing through that it could not check',
  deadline: 'gave no verdict in time, and lets nothing through that it could not check',
  'no verdict': 'answered something that is no verdict, and lets nothing through that it could not check',
  'no words': 'had no words to check, and lets nothing through that it could not check',
}

const messages: MessageTable<GuardrailErrorData> = {
  TRIPPED: ({ guardrail, reason, responseId, itemId }) =>
    `The guardrail "${guardrail}" ${reasons[reason]} (${responseId === undefined ? '' : `response ${responseId}, `}item ${itemId}); the event that carries this error holds the words.`,
  SOUND_OUT_OF_REACH: () =>
    'The sound of this transport travels beside the events, where it cannot be held back; use a WebSocket, or guard without holdBack.',
  GATE_TAKEN: () =>
    'Other guardrails already decide over this held sound; stop them first, or run all guardrails in one call.',
  NO_TRANSCRIPTION: () =>
    'The session does not transcribe the caller, so there are no words to check; set audio.input.transcription first.',
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

/** Words that a guardrail stopped, or a guardrail that cannot work as it was set up. */
export class GuardrailError<Code extends GuardrailErrorCode = GuardrailErrorCode> extends RealtimeError<
  Code,
  GuardrailErrorData[Code]
> {
  constructor(code: Code, data: GuardrailErrorData[Code], options?: ErrorOptions) {
    super('GuardrailError', code, messages[code](data), data, options)
  }
}

/** Whether a value is a {@link GuardrailError}, of the given code if one is given; it narrows `data`. */
export function isGuardrailError<Code extends GuardrailErrorCode = GuardrailErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: GuardrailError<C> }[Code] {
  return isErrorOf(value, 'GuardrailError', code)
}
