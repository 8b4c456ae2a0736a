import { base64Codes } from '../internal/encode-base64.js'
import { AudioError } from './error.js'

const equals = 61
const unknown = 64
const values = /* @__PURE__ */ createValues()

function createValues(): Uint8Array {
  const table = new Uint8Array(128).fill(unknown)
  for (let value = 0; value < 64; value++) table[base64Codes[value] as number] = value
  return table
}

/**
 * Decodes base64 with the rules of `Uint8Array.fromBase64`, and finds the position of the first invalid character.
 * @throws {@link AudioError} INVALID_BASE64 with the index of the first invalid character.
 */
export function decodeBase64Strict(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil((text.length * 3) / 4))
  let length = 0
  let bits = 0
  let digits = 0
  let index = 0
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const value = code < 128 ? (values[code] as number) : unknown
    if (value === unknown) {
      if (isWhiteSpace(code)) continue
      if (code === equals) break
      throw invalid(text, index)
    }
    bits = (bits << 6) | value
    digits++
    if (digits < 4) continue
    bytes[length++] = bits >> 16
    bytes[length++] = bits >> 8
    bytes[length++] = bits
    bits = 0
    digits = 0
  }
  if (index < text.length) assertPadding(text, index, digits)
  if (digits === 1) throw invalid(text, text.length)
  if (digits === 2) bytes[length++] = bits >> 4
  if (digits === 3) {
    bytes[length++] = bits >> 10
    bytes[length++] = bits >> 2
  }
  return length === bytes.length ? bytes : bytes.slice(0, length)
}

/** After the first `=`, only the padding that completes the last group and white space are allowed. */
function assertPadding(text: string, start: number, digits: number): void {
  if (digits < 2) throw invalid(text, start)
  let missing = 4 - digits
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (isWhiteSpace(code)) continue
    if (code !== equals || missing === 0) throw invalid(text, index)
    missing--
  }
  if (missing > 0) throw invalid(text, text.length)
}

function isWhiteSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 12 || code === 13
}

function invalid(text: string, position: number): AudioError<'INVALID_BASE64'> {
  return new AudioError('INVALID_BASE64', { position, length: text.length })
}
