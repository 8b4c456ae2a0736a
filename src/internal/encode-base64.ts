const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const equals = 61

/** Character code of each of the 64 digits. */
export const base64Codes: Uint8Array = /* @__PURE__ */ Uint8Array.from(alphabet, (digit) => digit.charCodeAt(0))

/** `Uint8Array.prototype.toBase64` of ES2026, which the type library does not contain yet. */
type NativeBytes = Uint8Array & { toBase64?: () => string }

/** The members of the global `Buffer` that are used. */
interface BufferHost {
  Buffer?: {
    from(memory: ArrayBufferLike, offset: number, length: number): { toString(encoding: 'base64'): string }
  }
}

/** Encodes bytes as base64 with padding, without line breaks. Uses the native encoder of the runtime if there is one. */
export function encodeBase64(bytes: Uint8Array): string {
  const native: NativeBytes = bytes
  if (native.toBase64) return native.toBase64()
  const { Buffer } = globalThis as BufferHost
  if (Buffer) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
  return encodeBase64Portable(bytes)
}

/** Bytes per call of `String.fromCharCode`. A multiple of three, and below the argument limit of all engines. */
const pieceLength = 6144

/** Encodes base64 in runtimes without a native encoder, such as an AudioWorklet. */
export function encodeBase64Portable(bytes: Uint8Array): string {
  let text = ''
  for (let start = 0; start < bytes.length; start += pieceLength) {
    text += encodePiece(bytes.subarray(start, start + pieceLength))
  }
  return text
}

function encodePiece(bytes: Uint8Array): string {
  const digits = new Array<number>(4 * Math.ceil(bytes.length / 3)).fill(equals)
  let index = 0
  for (let start = 0; start < bytes.length; start += 3) {
    const left = bytes.length - start
    const group =
      ((bytes[start] as number) << 16) |
      ((left > 1 ? (bytes[start + 1] as number) : 0) << 8) |
      (left > 2 ? (bytes[start + 2] as number) : 0)
    digits[index] = base64Codes[group >> 18] as number
    digits[index + 1] = base64Codes[(group >> 12) & 63] as number
    if (left > 1) digits[index + 2] = base64Codes[(group >> 6) & 63] as number
    if (left > 2) digits[index + 3] = base64Codes[group & 63] as number
    index += 4
  }
  return String.fromCharCode(...digits)
}
