import { defineErrors, isErrorOf, type MessageTable } from '../../errors.js'

/** Data of a {@link WebhookError} by code. It contains no secrets and no content of the webhook. */
export interface WebhookErrorData {
  /** A required header is missing. */
  MISSING_HEADER: {
    /** Name of the header. */
    header: string
  }
  /** A header is invalid. */
  INVALID_HEADER: {
    /** Name of the header. */
    header: string
    /** What is wrong, such as `occurs more than once`. */
    problem: string
  }
  /** The timestamp differs from the current time by more than the tolerance. */
  STALE_TIMESTAMP: {
    /** Age of the webhook by its timestamp, in milliseconds. Negative for a timestamp in the future. */
    ageMs: number
    /** The tolerance, in milliseconds. */
    toleranceMs: number
  }
  /** No signature matches the body and one of the secrets. */
  INVALID_SIGNATURE: {
    /** Number of signatures in the header. */
    signatures: number
    /** Number of secrets that were tried. */
    secrets: number
  }
  /** A webhook with this id was received before. */
  REPLAYED: {
    /** Id of the webhook. */
    id: string
  }
  /** The signature is valid, but the body does not match the protocol. */
  INVALID_PAYLOAD: {
    /** Path in the body. Empty for the body itself. */
    path: string
    /** The expected value, such as `a string`. */
    expected: string
    /** The kind of value that was found. */
    found: string
  }
  /** An option is missing or invalid. */
  INVALID_OPTION: {
    /** Name of the option. */
    option: string
    /** What is wrong, such as `must be a function`. */
    problem: string
  }
  /** The runtime lacks a feature that verification requires. */
  UNSUPPORTED_RUNTIME: {
    /** The missing feature, such as `crypto.subtle`. */
    missing: string
  }
}

/** Codes of {@link WebhookError}. */
export type WebhookErrorCode = keyof WebhookErrorData

const messages: MessageTable<WebhookErrorData> = {
  MISSING_HEADER: ({ header }) =>
    `The request has no header "${header}". Respond with 400, and check that no proxy removes the header.`,
  INVALID_HEADER: ({ header, problem }) => `The header "${header}" ${problem}. Respond with 400.`,
  STALE_TIMESTAMP: ({ ageMs, toleranceMs }) =>
    `The timestamp of the webhook is ${Math.abs(ageMs)} ms in the ${ageMs < 0 ? 'future' : 'past'}, but the tolerance is ${toleranceMs} ms. Respond with 400, and check the system clock.`,
  INVALID_SIGNATURE: () =>
    'The webhook has no valid signature. Respond with 400, check the secret, and pass the raw body instead of parsed JSON.',
  REPLAYED: ({ id }) => `The webhook ${id} was already received. Respond with 200, and do not handle it again.`,
  INVALID_PAYLOAD: ({ path, expected, found }) =>
    `The webhook has a valid signature, but ${path === '' ? 'its body' : path} must be ${expected} and is ${found}. Respond with 200, and report the difference.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  UNSUPPORTED_RUNTIME: ({ missing }) =>
    `This runtime has no ${missing}. Use Node.js 20 or later, Bun, Deno, Workers, or a browser page in a secure context.`,
}

/** Error of webhook verification. */
export class WebhookError<
  Code extends WebhookErrorCode = WebhookErrorCode,
> extends /* @__PURE__ */ defineErrors<WebhookErrorData>('WebhookError', messages)<Code> {}

/**
 * Returns whether a value is a {@link WebhookError}, optionally with a code. Narrows `data`.
 *
 * @example
 * ```ts
 * try {
 *   await verifyWebhook(body, headers, { secrets })
 * } catch (error) {
 *   return new Response(null, { status: isWebhookError(error, 'REPLAYED') ? 200 : 400 })
 * }
 * ```
 */
export function isWebhookError<Code extends WebhookErrorCode = WebhookErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: WebhookError<C> }[Code] {
  return isErrorOf(value, 'WebhookError', code)
}
