import { utf8Length } from '../../internal/utf8.js'
import { type FailedCall, ToolError } from './error.js'

/**
 * Encodes a result for the model: strings unchanged, other values as JSON.
 * @throws {ToolError} `RESULT_NOT_JSON`, `RESULT_TOO_LARGE`.
 */
export function encodeResult(call: FailedCall, result: unknown, maxBytes: number): string {
  const text = typeof result === 'string' ? result : result === undefined ? '{"status":"done"}' : toJson(call, result)
  const bytes = utf8Length(text)
  if (bytes > maxBytes) throw new ToolError('RESULT_TOO_LARGE', { ...call, bytes, maxBytes })
  return text
}

function toJson(call: FailedCall, result: unknown): string {
  let json: string | undefined
  try {
    json = JSON.stringify(result)
  } catch (cause) {
    throw new ToolError('RESULT_NOT_JSON', call, { cause })
  }
  // `JSON.stringify` returns `undefined` for functions and symbols.
  if (json === undefined) throw new ToolError('RESULT_NOT_JSON', call)
  return json
}
