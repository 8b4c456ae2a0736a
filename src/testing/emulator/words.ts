import { randomBytes } from '../../internal/id.js'
/** Text in the pieces in which a model streams it: words with the space before them, and punctuation apart. Joined, they are the text. */
export function streamPieces(text: string): string[] {
  return text.match(/\s*[\p{L}\p{N}’'_]{1,12}|\s*[^\s\p{L}\p{N}]+|\s+/gu) ?? []
}

/** JSON text in the pieces in which a model streams the arguments of a call. */
export function argumentPieces(json: string): string[] {
  return json.match(/[\p{L}\p{N}_.-]+|[^\p{L}\p{N}_.-]{1,4}/gu) ?? []
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Noise that hides how long a piece of text is: with it, every delta is at least 16 characters. */
export function obfuscationFor(piece: string): string {
  const length = Math.max(1, 16 - (piece.length % 16))
  let noise = ''
  for (const byte of randomBytes(length)) noise += alphabet[byte % alphabet.length]
  return noise
}
