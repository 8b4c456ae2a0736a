import { base64Codes } from './encode-base64.js'

/** Base64 decoding of ES2026, which some runtimes have and TypeScript's library does not declare yet. */
type NativeConstructor = { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }

/** The used part of Node's Buffer. Other runtimes also have it, without an import. */
interface BufferHost {
  Buffer?: {
    from(memory: ArrayBufferLike, offset: number, length: number): { write(text: string, encoding: 'base64'): number }
    from(text: string, encoding: 'base64'): Uint8Array
  }
}

const equals = 61
const unknown = 64
const values = /* @__PURE__ */ createValues()

function createValues(): Uint8Array {
  const table = new Uint8Array(128).fill(unknown)
  for (let value = 0; value < 64; value++) table[base64Codes[value] as number] = value
  return table
}

/**
 * Decodes base64 into new bytes, with the rules of `Uint8Array.fromBase64`: the standard alphabet, white space is ignored, and padding is
 * optional. Returns the index of the first invalid character for text that is not base64.
 */
export function decodeBase64OrPosition(text: string): Uint8Array<ArrayBuffer> | number {
  return decodeNatively(text) ?? decodeWithBuffer(text) ?? decodeBase64Portable(text)
}

/** Decodes base64 into new bytes. Returns `undefined` for text that is not base64. */
export function tryDecodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const decoded = decodeBase64OrPosition(text)
  return typeof decoded === 'number' ? undefined : decoded
}

/**
 * Decodes base64 into bytes that the caller reads at once and does not pass on: in Node.js they share memory with other buffers, which takes a
 * third of the time of new memory. Returns `undefined` for text that is not base64.
 */
export function decodeBase64Transiently(text: string): Uint8Array | undefined {
  const { Buffer } = globalThis as BufferHost
  const length = strictLength(text)
  if (!Buffer || length === undefined) return tryDecodeBase64(text)
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === length && isStrict(text) ? bytes : tryDecodeBase64(text)
}

function decodeNatively(text: string): Uint8Array<ArrayBuffer> | undefined {
  const { fromBase64 } = Uint8Array as NativeConstructor
  if (!fromBase64) return undefined
  try {
    return fromBase64.call(Uint8Array, text)
  } catch {
    return undefined // The fallback decoder reports what is invalid and where.
  }
}

/** A character of more than one byte. V8 does not search a string that has none, because it stores such strings apart. */
const wideCharacter = /[\u0100-\uffff]/

/**
 * Node's decoder ignores invalid characters, accepts the URL alphabet, and reads only the low byte of a character. Its result is used only
 * if every character has one byte, is not of the URL alphabet, and was decoded.
 */
function decodeWithBuffer(text: string): Uint8Array<ArrayBuffer> | undefined {
  const { Buffer } = globalThis as BufferHost
  if (!Buffer) return undefined
  const length = strictLength(text)
  if (length === undefined) return undefined
  const bytes = new Uint8Array(length)
  const written = Buffer.from(bytes.buffer, 0, length).write(text, 'base64')
  return written === length && isStrict(text) ? bytes : undefined
}

/** Returns the number of bytes of base64 without white space, or `undefined` if base64 cannot have this length. */
function strictLength(text: string): number | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  if (digits % 4 === 1 || (padding > 0 && text.length % 4 !== 0)) return undefined
  return Math.floor((digits * 3) / 4)
}

/** Whether a text that Node.js has decoded completely contains no characters that only its decoder accepts. */
function isStrict(text: string): boolean {
  return !text.includes('-') && !text.includes('_') && !wideCharacter.test(text)
}

/** Decodes base64 in runtimes without a native decoder, and finds the first invalid character in every runtime. */
export function decodeBase64Portable(text: string): Uint8Array<ArrayBuffer> | number {
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
      return index
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
  if (index < text.length) {
    const position = invalidPadding(text, index, digits)
    if (position !== undefined) return position
  }
  if (digits === 1) return text.length
  if (digits === 2) bytes[length++] = bits >> 4
  if (digits === 3) {
    bytes[length++] = bits >> 10
    bytes[length++] = bits >> 2
  }
  return length === bytes.length ? bytes : bytes.slice(0, length)
}

/**
 * Returns the index of the first invalid character from the first `=` on. Only the padding that completes the last group and white space
 * are valid there.
 */
function invalidPadding(text: string, start: number, digits: number): number | undefined {
  if (digits < 2) return start
  let missing = 4 - digits
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (isWhiteSpace(code)) continue
    if (code !== equals || missing === 0) return index
    missing--
  }
  return missing > 0 ? text.length : undefined
}

function isWhiteSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 12 || code === 13
}
