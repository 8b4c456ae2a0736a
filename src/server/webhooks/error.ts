import { isErrorOf, type MessageTable, RealtimeError } from '../../errors.js'

/** What each webhook error knows; nothing of it is a secret or content of the webhook. */
export interface WebhookErrorData {
  /** A header that every webhook has is not there. */
  MISSING_HEADER: { header: string }
  /** A header is not what it should be. */
  INVALID_HEADER: { header: string; problem: string }
  /** The webhook was sent too long ago, or in the future. */
  STALE_TIMESTAMP: {
    /** How long ago it was sent by its own account, in milliseconds; negative when that is yet to come. */
    ageMs: number
    toleranceMs: number
  }
  /** None of the signatures was made with one of the secrets, over these very bytes. */
  INVALID_SIGNATURE: { signatures: number; secrets: number }
  /** A webhook with this id was taken before. */
  REPLAYED: { id: string }
  /** The webhook is genuine, and its body is not what the protocol says. */
  INVALID_PAYLOAD: { path: string; expected: string; found: string }
  /** An option is missing or cannot work. */
  INVALID_OPTION: { option: string; problem: string }
  /** This runtime lacks something that verification needs. */
  UNSUPPORTED_RUNTIME: { missing: string }
}

/** The codes of {@link WebhookError}. */
export type WebhookErrorCode = keyof WebhookErrorData

const messages: MessageTable<WebhookErrorData> = {
  MISSING_HEADER: ({ header }) =>
    `The request has no header "${header}"; refuse it with 400, and check that no proxy removes the header.`,
  INVALID_HEADER: ({ header, problem }) => `The header "${header}" ${problem}; refuse the request with 400.`,
  STALE_TIMESTAMP: ({ ageMs, toleranceMs }) =>
    `The webhook was sent ${Math.abs(ageMs)} ms ${ageMs < 0 ? 'in the future' : 'ago'}, and ${toleranceMs} ms are allowed; refuse it with 400, and check the clock of this machine.`,
  INVALID_SIGNATURE: () =>
    'No signature of the webhook fits; refuse it with 400, and check the secret and that the body is passed as it came, not parsed and written again.',
  REPLAYED: ({ id }) => `The webhook ${id} was taken before; answer 200 and do nothing.`,
  INVALID_PAYLOAD: ({ path, expected, found }) =>
    `The webhook is genuine, but ${path === '' ? 'its body' : path} must be ${expected}, and is ${found}; answer 200 and report the difference.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  UNSUPPORTED_RUNTIME: ({ missing }) =>
    `This runtime has no ${missing}; use Node.js 20 or later, Bun, Deno or Workers, and a secure context in a browser.`,
}

/** A webhook is not to be trusted, or the means to find out are missing. */
export class WebhookError<Code extends WebhookErrorCode = WebhookErrorCode> extends RealtimeError<
  Code,
  WebhookErrorData[Code]
> {
  constructor(code: Code, data: WebhookErrorData[Code]) {
    super('WebhookError', code, messages[code](data), data)
  }
}

/** Whether a value is a {@link WebhookError}, of the given code if one is given; it narrows `data`. */
export function isWebhookError<Code extends WebhookErrorCode = WebhookErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: WebhookError<C> }[Code] {
  return isErrorOf(value, 'WebhookError', code)
}
