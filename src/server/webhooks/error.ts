import { isErrorOf, type MessageTable, RealtimeError } from '../../errors.js'

/** Data of a {@link WebhookError} by code. It contains no secrets and no content of the webhook. */
export interface WebhookErrorData {
  /** A required header is missing. */
  MISSING_HEADER: { header: string }
  /** A header is invalid. */
  INVALID_HEADER: { header: string; problem: string }
  /** The timestamp differs from now by more than the tolerance. */
  STALE_TIMESTAMP: {
    /** Age by the timestamp of the webhook, in milliseconds. Negative for a timestamp in the future. */
    ageMs: number
    toleranceMs: number
  }
  /** No signature matches the body and one of the secrets. */
  INVALID_SIGNATURE: { signatures: number; secrets: number }
  /** A webhook with this id was claimed before. */
  REPLAYED: { id: string }
  /** The signature is valid, but the body does not match the protocol. */
  INVALID_PAYLOAD: { path: string; expected: string; found: string }
  /** An option is missing or invalid. */
  INVALID_OPTION: { option: string; problem: string }
  /** The runtime lacks a feature that verification requires. */
  UNSUPPORTED_RUNTIME: { missing: string }
}

/** Codes of {@link WebhookError}. */
export type WebhookErrorCode = keyof WebhookErrorData

const messages: MessageTable<WebhookErrorData> = {
  MISSING_HEADER: ({ header }) =>
    `The request has no header "${header}"; respond with 400, and check that no proxy removes the header.`,
  INVALID_HEADER: ({ header, problem }) => `The header "${header}" ${problem}; respond with 400.`,
  STALE_TIMESTAMP: ({ ageMs, toleranceMs }) =>
    `The webhook was sent ${Math.abs(ageMs)} ms ${ageMs < 0 ? 'in the future' : 'ago'}, and ${toleranceMs} ms are allowed; respond with 400, and check the system clock.`,
  INVALID_SIGNATURE: () =>
    'No signature of the webhook is valid; respond with 400, and check the secret and that the raw body is passed, not parsed and serialized again.',
  REPLAYED: ({ id }) => `The webhook ${id} was claimed before; respond with 200 and do not handle it again.`,
  INVALID_PAYLOAD: ({ path, expected, found }) =>
    `The signature of the webhook is valid, but ${path === '' ? 'its body' : path} must be ${expected}, and is ${found}; respond with 200 and report the difference.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  UNSUPPORTED_RUNTIME: ({ missing }) =>
    `This runtime has no ${missing}; use Node.js 20 or later, Bun, Deno, or Workers, or a secure context in a browser.`,
}

/** Error of webhook verification. */
export class WebhookError<Code extends WebhookErrorCode = WebhookErrorCode> extends RealtimeError<
  Code,
  WebhookErrorData[Code]
> {
  constructor(code: Code, data: WebhookErrorData[Code]) {
    super('WebhookError', code, messages[code](data), data)
  }
}

/** Returns whether a value is a {@link WebhookError}, optionally with a code. Narrows `data`. */
export function isWebhookError<Code extends WebhookErrorCode = WebhookErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: WebhookError<C> }[Code] {
  return isErrorOf(value, 'WebhookError', code)
}
