import { decodeBase64Strict } from './base64-fallback.js'

export { encodeBase64 } from '../internal/encode-base64.js'

/** Base64 decoding of ES2026, which some runtimes have and TypeScript's library does not declare yet. */
type NativeConstructor = { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }

/** The used part of Node's Buffer. Other runtimes also have it, without an import. */
interface BufferHost {
  Buffer?: {
    from(memory: ArrayBufferLike, offset: number, length: number): { write(text: string, encoding: 'base64'): number }
    byteLength(text: string, encoding: 'utf8'): number
  }
}

/**
 * Decodes base64 into new bytes, with the rules of `Uint8Array.fromBase64`: the standard alphabet, white space is ignored, and padding is
 * optional.
 * @throws {@link AudioError} INVALID_BASE64 with the position of the first invalid character.
 *
 * @example
 * ```ts
 * const pcm = decodeBase64(event.delta) // of response.output_audio.delta
 * ```
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return decodeNatively(text) ?? decodeWithBuffer(text) ?? decodeBase64Strict(text)
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

/**
 * Node's decoder ignores invalid characters, accepts the URL alphabet, and reads only the low byte of a character. Its result is used only
 * if all characters are ASCII and every character was decoded.
 */
function decodeWithBuffer(text: string): Uint8Array<ArrayBuffer> | undefined {
  const { Buffer } = globalThis as BufferHost
  if (!Buffer) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  if (digits % 4 === 1 || (padding > 0 && text.length % 4 !== 0)) return undefined
  const bytes = new Uint8Array(Math.floor((digits * 3) / 4))
  const written = Buffer.from(bytes.buffer, 0, bytes.length).write(text, 'base64')
  if (written !== bytes.length || text.includes('-') || text.includes('_')) return undefined
  return Buffer.byteLength(text, 'utf8') === text.length ? bytes : undefined
}
