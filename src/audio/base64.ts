import { decodeBase64OrPosition } from '../internal/decode-base64.js'
import { AudioError } from './error.js'

export { encodeBase64 } from '../internal/encode-base64.js'

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
  const decoded = decodeBase64OrPosition(text)
  if (typeof decoded === 'number') throw new AudioError('INVALID_BASE64', { position: decoded, length: text.length })
  return decoded
}
