import { decodeBase64Strict } from './base64-fallback.js'

export { encodeBase64 } from '../internal/encode-base64.js'

/** What some runtimes have and the type library does not know yet: the standard's own base64 (ES2026). */
type NativeConstructor = { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }

/** The part of Node's Buffer that is used; other runtimes have it too, without an import. */
interface BufferHost {
  Buffer?: {
    from(memory: ArrayBufferLike, offset: number, length: number): { write(text: string, encoding: 'base64'): number }
    byteLength(text: string, encoding: 'utf8'): number
  }
}

/**
 * The bytes of a base64 text, in memory of their own. As the standard's `Uint8Array.fromBase64`: the standard alphabet,
 * white space is skipped, padding may be missing.
 * @throws {@link AudioError} INVALID_BASE64, which says where, when the text is anything else.
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
    return undefined // the plain decoder finds out what is wrong, and where
  }
}

/**
 * Node's decoder skips what it does not know, takes the URL alphabet too, and reads only the low byte of a character.
 * So it counts only where none of that can have happened: all characters are ASCII and every one of them became bits.
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
